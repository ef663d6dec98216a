// Right operations pass as they are.  What is refused is in claw-verify-structure.mlir,
// claw-verify-types.mlir and claw-verify-shapes.mlir, by what is wrong.
// RUN: claw-opt %s -claw-verify | FileCheck %s

// CHECK-LABEL: func.func @main(
// CHECK: %[[P:.*]] = claw.matmul %arg0, %arg1 : (tensor<?x64xf16>, tensor<64x100xf16>) -> tensor<?x100xf32>
// CHECK: %[[S:.*]] = claw.binary %[[P]], %arg2 {kind = "add"} : (tensor<?x100xf32>, tensor<?x100xf32>) -> tensor<?x100xf32>
// CHECK: claw.reduce %[[S]] {axes = array<i64: 1>, keepdims, kind = "max"} : (tensor<?x100xf32>) -> tensor<?x1xf32>
func.func @main(%x: tensor<?x64xf16>, %w: tensor<64x100xf16>, %y: tensor<?x100xf32>) -> tensor<?x1xf32> {
  %p = claw.matmul %x, %w : (tensor<?x64xf16>, tensor<64x100xf16>) -> tensor<?x100xf32>
  %s = claw.binary %p, %y {kind = "add"} : (tensor<?x100xf32>, tensor<?x100xf32>) -> tensor<?x100xf32>
  %r = claw.reduce %s {kind = "max", axes = array<i64: 1>, keepdims} : (tensor<?x100xf32>) -> tensor<?x1xf32>
  return %r : tensor<?x1xf32>
}
