// RUN: claw-opt %s -claw-to-linalg | FileCheck %s

// CHECK-DAG: #[[LAST:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[SWAP:.*]] = affine_map<(d0, d1) -> (d1, d0)>

// Dimensions that stretch are dropped: what is read is a projection.
// CHECK-LABEL: func.func @stretch
// CHECK: %[[X:.*]] = tensor.collapse_shape %arg0 {{\[\[}}0, 1]] : tensor<1x4xf32> into tensor<4xf32>
// CHECK: linalg.generic {indexing_maps = [#[[LAST]], #{{.*}}]{{.*}} ins(%[[X]] : tensor<4xf32>) outs(%{{.*}} : tensor<3x4xf32>)
func.func @stretch(%x: tensor<1x4xf32>) -> tensor<3x4xf32> {
  %0 = claw.broadcast %x : (tensor<1x4xf32>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @transpose
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #{{.*}}], iterator_types = ["parallel", "parallel"]}
func.func @transpose(%x: tensor<?x4xf32>) -> tensor<4x?xf32> {
  %0 = claw.transpose %x {permutation = array<i64: 1, 0>} : (tensor<?x4xf32>) -> tensor<4x?xf32>
  return %0 : tensor<4x?xf32>
}

// Axes that stay are not collapsed, also if their sizes are only known when the program runs.
// CHECK-LABEL: func.func @heads
// CHECK-NOT: cf.assert
// CHECK-NOT: tensor.collapse_shape
// CHECK: tensor.expand_shape %arg0 {{\[\[}}0], [1], [2, 3]] output_shape [%{{.*}}, %{{.*}}, 8, 64]
func.func @heads(%x: tensor<?x?x512xf32>) -> tensor<?x?x8x64xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c0 : tensor<?x?x512xf32>
  %n = tensor.dim %x, %c1 : tensor<?x?x512xf32>
  %0 = claw.reshape %x, %m, %n : (tensor<?x?x512xf32>, index, index) -> tensor<?x?x8x64xf32>
  return %0 : tensor<?x?x8x64xf32>
}

// CHECK-LABEL: func.func @derived
// CHECK: arith.remui
// CHECK: cf.assert %{{.*}}, "claw.reshape: input's element count must be a multiple of 5"
func.func @derived(%x: tensor<?xf32>) -> tensor<?x5xf32> {
  %0 = claw.reshape %x : (tensor<?xf32>) -> tensor<?x5xf32>
  return %0 : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @iota
// CHECK: linalg.index 1
// CHECK: arith.sitofp {{.*}} : i64 to f32
func.func @iota() -> tensor<2x3xf32> {
  %0 = claw.iota : () -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
