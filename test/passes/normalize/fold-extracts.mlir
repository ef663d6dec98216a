// RUN: claw-opt %s -fold-extracts | FileCheck %s

// The slice of a fill is its scalar everywhere, seen through a view; so what reads the slice is, too.

// CHECK-LABEL: func.func @slice_of_a_fill(
// CHECK-SAME:    %[[S:.*]]: f32
// CHECK-NOT:     tensor.extract
// CHECK:         linalg.yield %[[S]] : f32
// CHECK-NOT:     tensor.extract
// CHECK:         linalg.yield %[[S]] : f32
func.func @slice_of_a_fill(%s: f32) -> tensor<3xf32> {
  %e = tensor.empty() : tensor<2x4xf32>
  %f = linalg.fill ins(%s : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %v = tensor.collapse_shape %f [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
  %o = tensor.empty() : tensor<3xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      outs(%o : tensor<3xf32>) {
  ^bb0(%a: f32):
    %i = linalg.index 0 : index
    %x = tensor.extract %v[%i] : tensor<8xf32>
    linalg.yield %x : f32
  } -> tensor<3xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      outs(%o : tensor<3xf32>) {
  ^bb0(%a: f32):
    %i = linalg.index 0 : index
    %x = tensor.extract %r[%i] : tensor<3xf32>
    linalg.yield %x : f32
  } -> tensor<3xf32>
  return %t : tensor<3xf32>
}

// A splat is as good as a fill, and what has no contents is zero; other tensors are read.

// CHECK-LABEL: func.func @splat_and_empty(
// CHECK-SAME:    %[[X:.*]]: tensor<4xf32>
// CHECK:         linalg.generic
// CHECK-DAG:       %[[TWO:.*]] = arith.constant 2.0{{.*}} : f32
// CHECK-DAG:       %[[ZERO:.*]] = arith.constant 0.0{{.*}} : f32
// CHECK-DAG:       %[[READ:.*]] = tensor.extract %[[X]]
// CHECK:           arith.addf %[[TWO]], %[[ZERO]]
func.func @splat_and_empty(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = arith.constant dense<2.0> : tensor<4xf32>
  %o = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    %i = linalg.index 0 : index
    %1 = tensor.extract %c[%i] : tensor<4xf32>
    %2 = tensor.extract %o[%i] : tensor<4xf32>
    %3 = tensor.extract %x[%i] : tensor<4xf32>
    %4 = arith.addf %1, %2 : f32
    %5 = arith.addf %4, %3 : f32
    linalg.yield %5 : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}
