// RUN: claw-opt %s -define-indices -normalize-linalg -form-kernels -split-input-file | FileCheck %s

// A table is a whole buffer of the kernel; its sizes are asked for outside of the body.

// CHECK-LABEL: func.func @rows(
// CHECK-SAME:    %[[X:.*]]: memref<?x8xf32>, %[[I:.*]]: memref<?xi64>)
// CHECK:         call @rows_map_0(%[[I]], %[[X]], %{{.*}})
// CHECK:       func.func private @rows_map_0(%[[AT:.*]]: memref<?xi64>, %[[TABLE:.*]]: memref<?x8xf32>, %{{.*}}: memref<?x8xf32>)
// CHECK-SAME:    claw.kind = "elementwise", claw.lane = "vector"
// CHECK:         %[[T:.*]] = bufferization.to_tensor %[[TABLE]]
// CHECK:         memref.dim %[[TABLE]]
// CHECK:         linalg.generic
// CHECK-NOT:       tensor.dim
// CHECK:           tensor.extract %[[T]][
// CHECK:           math.exp
#row = affine_map<(i, j) -> (i)>
#both = affine_map<(i, j) -> (i, j)>
func.func @rows(%x: tensor<?x8xf32>, %at: tensor<?xi64>) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %at, %c0 : tensor<?xi64>
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %r = linalg.generic {indexing_maps = [#row, #both], iterator_types = ["parallel", "parallel"]}
      ins(%at : tensor<?xi64>) outs(%e : tensor<?x8xf32>) {
  ^bb0(%a: i64, %o: f32):
    %p = arith.index_cast %a : i64 to index
    %j = linalg.index 1 : index
    %v = tensor.extract %x[%p, %j] : tensor<?x8xf32>
    linalg.yield %v : f32
  } -> tensor<?x8xf32>
  %s = math.exp %r : tensor<?x8xf32>
  return %s : tensor<?x8xf32>
}

// -----

// What makes a table ends before elements of it are read: no tile has all of it.  Beside a table the
// same tensor may be read as any other; the kernel gets it twice.

// CHECK-LABEL: func.func @made(
// CHECK:         call @made_map_0(%{{.*}}, %[[Y:.*]]) : (memref<16xf32>, memref<16xf32>) -> ()
// CHECK:         call @made_map_1(%{{.*}}, %[[Y]], %[[Y]], %{{.*}}) : (memref<16xi32>, memref<16xf32>, memref<16xf32>, memref<16xf32>) -> ()
// CHECK:       func.func private @made_map_1(
// CHECK-SAME:    claw.lane = "vector"
// CHECK:         tensor.extract
// CHECK:         arith.addf
#id = affine_map<(i) -> (i)>
func.func @made(%x: tensor<16xf32>, %at: tensor<16xi32>) -> tensor<16xf32> {
  %y = math.exp %x : tensor<16xf32>
  %e = tensor.empty() : tensor<16xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%at : tensor<16xi32>) outs(%e : tensor<16xf32>) {
  ^bb0(%a: i32, %o: f32):
    %p = arith.index_cast %a : i32 to index
    %v = tensor.extract %y[%p] : tensor<16xf32>
    linalg.yield %v : f32
  } -> tensor<16xf32>
  %s = arith.addf %y, %r : tensor<16xf32>
  return %s : tensor<16xf32>
}

// -----

// A reduction does not join what reads a table.

// CHECK-LABEL: func.func @summed(
// CHECK:         call @summed_map_0
// CHECK:         call @summed_reduce_1
// CHECK:       func.func private @summed_map_0(
// CHECK:       func.func private @summed_reduce_1(
#none = affine_map<(i) -> ()>
#id = affine_map<(i) -> (i)>
func.func @summed(%x: tensor<16xf32>, %at: tensor<16xi32>) -> tensor<f32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<16xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%at : tensor<16xi32>) outs(%e : tensor<16xf32>) {
  ^bb0(%a: i32, %o: f32):
    %p = arith.index_cast %a : i32 to index
    %v = tensor.extract %x[%p] : tensor<16xf32>
    linalg.yield %v : f32
  } -> tensor<16xf32>
  %g = tensor.empty() : tensor<f32>
  %f = linalg.fill ins(%z : f32) outs(%g : tensor<f32>) -> tensor<f32>
  %s = linalg.generic {indexing_maps = [#id, #none], iterator_types = ["reduction"]}
      ins(%r : tensor<16xf32>) outs(%f : tensor<f32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.addf %a, %o : f32
    linalg.yield %t : f32
  } -> tensor<f32>
  return %s : tensor<f32>
}
