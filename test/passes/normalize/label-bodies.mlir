// Of generics with the same maps, of which there are many, those have the same label whose bodies
// are the same: MLIR's CSE, which does not look into bodies first, compares only these.
// RUN: claw-opt %s -label-bodies | FileCheck %s
// RUN: claw-opt %s -label-bodies -cse | FileCheck %s --check-prefix=CSE

// CHECK-LABEL: func.func @slices(
// CHECK:         %[[E:.*]] = tensor.empty()
// CHECK-NEXT:    linalg.generic {doc = "body 0", {{.*}}} outs(%[[E]]
// CHECK:         linalg.generic {doc = "body 1", {{.*}}} outs(%[[E]]
// CHECK:         linalg.generic {doc = "body 0", {{.*}}} outs(%[[E]]
// CHECK:         linalg.generic {doc = "body 2", {{.*}}} outs(%[[E]]
// CHECK:         linalg.generic {doc = "body 1", {{.*}}} outs(%[[E]]
// CSE-LABEL:   func.func @slices(
// CSE-COUNT-3:   linalg.generic
// CSE-NOT:       linalg.generic
// CSE:           return %[[A:.*]], %[[B:.*]], %[[A]], %[[C:.*]], %[[B]] :
#id = affine_map<(i) -> (i)>
#one = {indexing_maps = [#id], iterator_types = ["parallel"]}
func.func @slices(%x: tensor<4x2xf32>, %y: tensor<4x2xf32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic #one outs(%e : tensor<4xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %v = tensor.extract %x[%i, %c0] : tensor<4x2xf32>
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %1 = linalg.generic #one outs(%e : tensor<4xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %v = tensor.extract %x[%i, %c1] : tensor<4x2xf32>
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %2 = linalg.generic #one outs(%e : tensor<4xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %v = tensor.extract %x[%i, %c0] : tensor<4x2xf32>
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %3 = linalg.generic #one outs(%e : tensor<4xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %v = tensor.extract %y[%i, %c0] : tensor<4x2xf32>
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %4 = linalg.generic #one outs(%e : tensor<4xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %v = tensor.extract %x[%i, %c1] : tensor<4x2xf32>
    linalg.yield %v : f32
  } -> tensor<4xf32>
  return %0, %1, %2, %3, %4
      : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// Two are compared soon enough, and a label of before goes.
// CHECK-LABEL: func.func @few(
// CHECK-NOT:     doc
// CHECK:         return
func.func @few(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {doc = "body 7", indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %r = math.exp %v : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
