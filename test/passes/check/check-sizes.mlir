// RUN: claw-opt %s -split-input-file -check-sizes | FileCheck %s

// Two sizes that are not known have to be one.
// CHECK-LABEL: @elementwise
// CHECK: %[[N:.*]] = tensor.dim %arg0, %{{.*}}
// CHECK: %[[M:.*]] = tensor.dim %arg1, %{{.*}}
// CHECK: %[[SAME:.*]] = arith.cmpi eq, %[[M]], %[[N]]
// CHECK: cf.assert %[[SAME]], "arith.addf: dimension 0 of operand 1 must be dimension 0 of operand 0"
// CHECK-NOT: cf.assert
// CHECK: arith.addf
func.func @elementwise(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %0 = arith.addf %x, %y : tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// -----

// One that is known decides; a contraction is checked along each of its loops.
// CHECK-LABEL: @contraction
// CHECK-DAG: "linalg.matmul: dimension 0 of operand 2 must be dimension 0 of operand 0"
// CHECK-DAG: "linalg.matmul: dimension 1 of operand 0 must be 8"
// CHECK: linalg.matmul
func.func @contraction(%x: tensor<?x?xf32>, %y: tensor<8x5xf32>, %z: tensor<?x5xf32>) -> tensor<?x5xf32> {
  %0 = linalg.matmul ins(%x, %y : tensor<?x?xf32>, tensor<8x5xf32>) outs(%z : tensor<?x5xf32>) -> tensor<?x5xf32>
  return %0 : tensor<?x5xf32>
}

// -----

// A window's dimensions are computed from several loops, and are not compared; known sizes neither.
// CHECK-LABEL: @others
// CHECK-NOT: cf.assert
func.func @others(%x: tensor<?xf32>, %y: tensor<4x3xf32>, %z: tensor<4x3xf32>) -> (tensor<5xf32>, tensor<4x3xf32>) {
  %w = tensor.empty() : tensor<3xf32>
  %e = tensor.empty() : tensor<5xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(o, w) -> (o + w)>, affine_map<(o, w) -> (w)>, affine_map<(o, w) -> (o)>], iterator_types = ["parallel", "reduction"]} ins(%x, %w : tensor<?xf32>, tensor<3xf32>) outs(%e : tensor<5xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.addf %a, %c : f32
    linalg.yield %1 : f32
  } -> tensor<5xf32>
  %2 = arith.addf %y, %z : tensor<4x3xf32>
  return %0, %2 : tensor<5xf32>, tensor<4x3xf32>
}
