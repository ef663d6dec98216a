// RUN: claw-opt %s -claw-to-linalg | FileCheck %s

// CHECK-DAG: #[[IMAGE:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d2 * 2 + d5, d3 * 2 + d6)>
// CHECK-DAG: #[[FILTER:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d4, d5, d6)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>

// CHECK-LABEL: func.func @conv2d
// CHECK: %[[PAD:.*]] = tensor.pad %arg0 low[0, 0, 1, 1] high[0, 0, 1, 1]
// CHECK: linalg.generic {indexing_maps = [#[[IMAGE]], #[[FILTER]], #[[OUT]]]
// CHECK-SAME: ins(%[[PAD]], %arg1 : tensor<1x3x10x10xf32>, tensor<16x3x3x3xf32>)
func.func @conv2d(%x: tensor<1x3x8x8xf32>, %w: tensor<16x3x3x3xf32>) -> tensor<1x16x4x4xf32> {
  %0 = claw.conv2d %x, %w {padding = array<i64: 1, 1>, stride = array<i64: 2, 2>}
    : (tensor<1x3x8x8xf32>, tensor<16x3x3x3xf32>) -> tensor<1x16x4x4xf32>
  return %0 : tensor<1x16x4x4xf32>
}

// CHECK-LABEL: func.func @grouped
// CHECK: tensor.expand_shape %arg0 {{.*}} into tensor<1x2x2x8x8xf32>
// CHECK: tensor.expand_shape %arg1 {{.*}} into tensor<2x3x2x3x3xf32>
// CHECK: linalg.generic
// CHECK: tensor.collapse_shape {{.*}} into tensor<1x6x6x6xf32>
func.func @grouped(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3x3xf32>) -> tensor<1x6x6x6xf32> {
  %0 = claw.conv2d %x, %w {groups = 2} : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x6x6xf32>
  return %0 : tensor<1x6x6x6xf32>
}

// Padding never wins: it is -inf.
// CHECK-LABEL: func.func @max_pool
// CHECK: tensor.pad
// CHECK: arith.constant 0xFF800000 : f32
// CHECK: tensor.yield
// CHECK: arith.maximumf
func.func @max_pool(%x: tensor<?x3x?x8xf32>) -> tensor<?x3x?x4xf32> {
  %0 = claw.pool2d %x {kind = "max", kernel = [3, 3], stride = [2, 2], padding = [1, 1]}
    : (tensor<?x3x?x8xf32>) -> tensor<?x3x?x4xf32>
  return %0 : tensor<?x3x?x4xf32>
}
