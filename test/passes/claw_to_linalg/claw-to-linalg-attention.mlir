// RUN: claw-opt %s -claw-to-linalg | FileCheck %s

// Scores, scale and mask, softmax, weights rounded to f16, weighted sum.  Heads that share a key are
// a dimension of their own, so no key is copied.
// CHECK-LABEL: func.func @grouped_heads
// CHECK: %[[Q:.*]] = tensor.expand_shape %arg0 {{.*}} into tensor<1x2x4x?x64xf16>
// CHECK: %[[SCORES:.*]] = linalg.generic {{.*}} ins(%[[Q]], %arg1 : tensor<1x2x4x?x64xf16>, tensor<1x2x?x64xf16>)
// CHECK: linalg.generic {{.*}} ins(%[[SCORES]]
// CHECK: arith.constant 1.250000e-01 : f32
// CHECK: %[[ROW:.*]] = linalg.index 3
// CHECK: %[[COLUMN:.*]] = linalg.index 4
// CHECK: arith.cmpi ule, %[[COLUMN]], %[[ROW]]
// CHECK: arith.maximumf
// CHECK: math.exp
// CHECK: arith.divf
// CHECK: arith.truncf {{.*}} : f32 to f16
// CHECK: linalg.generic
// CHECK: tensor.collapse_shape
func.func @grouped_heads(%q: tensor<1x8x?x64xf16>, %k: tensor<1x2x?x64xf16>, %v: tensor<1x2x?x64xf16>)
    -> tensor<1x8x?x64xf16> {
  %0 = claw.attention %q, %k, %v {causal}
    : (tensor<1x8x?x64xf16>, tensor<1x2x?x64xf16>, tensor<1x2x?x64xf16>) -> tensor<1x8x?x64xf16>
  return %0 : tensor<1x8x?x64xf16>
}
