// RUN: claw-opt %s -normalize-linalg -form-kernels | FileCheck %s

// A convolution reads what its padding surrounds, which is in no memory; what follows joins it.
// CHECK: #[[X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d3, d1 * 2 + d4, d2 * 2 + d5)>
// CHECK-LABEL: func.func @conv(
// CHECK: call @conv_matmul_{{.*}}(%{{.*}}, %{{.*}}, %{{.*}}) : (memref<3x?x?xf32>, memref<8x3x3x3xf32>, memref<8x?x?xf32>)
func.func @conv(%x: tensor<1x3x?x?xf32>, %w: tensor<8x3x3x3xf32>, %e: tensor<1x8x?x?xf32>) -> tensor<1x8x?x?xf32> {
  %z = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %z : f32
  } : tensor<1x3x?x?xf32> to tensor<1x3x?x?xf32>
  %zeros = linalg.fill ins(%z : f32) outs(%e : tensor<1x8x?x?xf32>) -> tensor<1x8x?x?xf32>
  %r = linalg.conv_2d_nchw_fchw {strides = dense<2> : tensor<2xi64>}
    ins(%p, %w : tensor<1x3x?x?xf32>, tensor<8x3x3x3xf32>) outs(%zeros : tensor<1x8x?x?xf32>) -> tensor<1x8x?x?xf32>
  %s = math.tanh %r : tensor<1x8x?x?xf32>
  return %s : tensor<1x8x?x?xf32>
}

// What only says how large the window is has no contents; padding that is asked for is a copy.
// CHECK-LABEL: func.func @pool(
// CHECK: call @[[COPY:pool_map_.*]](%{{.*}}) : (memref<4x16xf32>, memref<4x18xf32>)
// CHECK: call @[[POOL:pool_reduce_.*]](%{{.*}}) : (memref<4x16xf32>, memref<4x16xf32>)
func.func @pool(%x: tensor<4x16xf32>) -> (tensor<4x16xf32>, tensor<4x18xf32>) {
  %z = arith.constant 0xFF800000 : f32
  %p = tensor.pad %x low[0, 1] high[0, 1] {
  ^bb0(%a: index, %b: index):
    tensor.yield %z : f32
  } : tensor<4x16xf32> to tensor<4x18xf32>
  %w = tensor.empty() : tensor<3xf32>
  %e = tensor.empty() : tensor<4x16xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(c, i, k) -> (c, i + k)>, affine_map<(c, i, k) -> (k)>,
                                        affine_map<(c, i, k) -> (c, i)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%p, %w : tensor<4x18xf32>, tensor<3xf32>) outs(%f : tensor<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %m: f32):
    %s = arith.maximumf %m, %a : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %r, %p : tensor<4x16xf32>, tensor<4x18xf32>
}

// CHECK: func.func private @conv_matmul_{{.*}}(%[[IN:.*]]: memref<3x?x?xf32>, {{.*}}claw.lane = "vector"
// CHECK: %[[XT:.*]] = bufferization.to_tensor %[[IN]]
// CHECK: %[[P:.*]] = tensor.pad %[[XT]] low[0, 1, 1] high[0, 1, 1]
// CHECK: linalg.generic {indexing_maps = [#[[X]], {{.*}}ins(%[[P]],
// CHECK: math.tanh
// CHECK: func.func private @[[COPY]]({{.*}}claw.lane = "vector"
// CHECK: %[[P:.*]] = tensor.pad %{{.*}} low[0, 1] high[0, 1]
// CHECK: linalg.generic {{.*}} ins(%[[P]] :
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: linalg.yield %[[A]]
// CHECK: func.func private @[[POOL]]({{.*}}claw.lane = "vector"
// CHECK: %[[W:.*]] = tensor.empty() : tensor<3xf32>
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[W]] : tensor<4x18xf32>, tensor<3xf32>)
