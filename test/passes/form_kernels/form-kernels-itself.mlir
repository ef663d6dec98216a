// RUN: claw-opt %s -normalize-linalg -form-kernels | FileCheck %s

// What is read twice, its dimensions merged in one way and in another, is two views of one buffer.

// CHECK-LABEL: func.func @itself(
// CHECK-SAME:    %[[X:.*]]: memref<5x5x5xf32>)
// CHECK:         %[[V:.*]] = memref.collapse_shape %[[X]] {{\[\[}}0, 1], [2]] {{.*}} into memref<25x5xf32>
// CHECK:         call @itself_matmul_0(%[[V]], %[[X]], %{{.*}})
// CHECK:       func.func private @itself_matmul_0(
// CHECK-SAME:    claw.lane = "vector"
func.func @itself(%x: tensor<5x5x5xf32>) -> tensor<5x5x5x5xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x5x5x5xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<5x5x5x5xf32>) -> tensor<5x5x5x5xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(a, b, c, d, k) -> (a, b, k)>,
      affine_map<(a, b, c, d, k) -> (c, k, d)>, affine_map<(a, b, c, d, k) -> (a, b, c, d)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %x : tensor<5x5x5xf32>, tensor<5x5x5xf32>) outs(%f : tensor<5x5x5x5xf32>) {
  ^bb0(%l: f32, %m: f32, %o: f32):
    %p = arith.mulf %l, %m : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<5x5x5x5xf32>
  return %r : tensor<5x5x5x5xf32>
}
