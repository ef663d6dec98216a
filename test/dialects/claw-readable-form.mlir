// RUN: claw-opt %s | FileCheck %s
// RUN: claw-opt %s | claw-opt - | FileCheck %s
// RUN: claw-opt %s --mlir-print-op-generic | FileCheck %s --check-prefix=GENERIC

// Both forms parse; the readable one is printed.
// CHECK-LABEL: func.func @both
// CHECK: %[[P:.*]] = claw.matmul %arg0, %arg1 {transpose_rhs} : (tensor<4x8xf16>, tensor<16x8xf16>) -> tensor<4x16xf32>
// CHECK: claw.unary %[[P]] {kind = "relu"} : (tensor<4x16xf32>) -> tensor<4x16xf32>
// GENERIC: "claw.matmul"(%{{.*}}, %{{.*}}) {transpose_rhs}
func.func @both(%a: tensor<4x8xf16>, %b: tensor<16x8xf16>) -> tensor<4x16xf32> {
  %0 = claw.matmul %a, %b {transpose_rhs} : (tensor<4x8xf16>, tensor<16x8xf16>) -> tensor<4x16xf32>
  %1 = "claw.unary"(%0) {kind = "relu"} : (tensor<4x16xf32>) -> tensor<4x16xf32>
  return %1 : tensor<4x16xf32>
}

// Comments and strings are left alone: claw.matmul %a, %b.
// CHECK-LABEL: func.func @text
// CHECK-SAME: doc = "claw.matmul %a, %b // no comment"
func.func @text() attributes {doc = "claw.matmul %a, %b // no comment"} {
  return
}

// Operations without operands, and with sizes.
// CHECK-LABEL: func.func @sizes
// CHECK: claw.constant {value = dense<1.000000e+00> : tensor<4xf32>} : () -> tensor<4xf32>
// CHECK: claw.iota %arg0 {axis = 0 : i64} : (index) -> tensor<?xi32>
// CHECK: claw.broadcast %{{.*}}, %arg0 {dims = array<i64: 1>} : (tensor<4xf32>, index) -> tensor<?x4xf32>
func.func @sizes(%n: index) -> tensor<?x4xf32> {
  %0 = claw.constant {value = dense<1.0> : tensor<4xf32>} : () -> tensor<4xf32>
  %1 = claw.iota %n {axis = 0} : (index) -> tensor<?xi32>
  %2 = claw.broadcast %0, %n {dims = array<i64: 1>} : (tensor<4xf32>, index) -> tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}
