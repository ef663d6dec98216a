// RUN: claw-opt %s -claw-to-linalg -normalize-linalg -form-kernels -pack-operands=chip=host --split-input-file | FileCheck %s
// RUN: claw-opt %s -claw-to-linalg -normalize-linalg -form-kernels -pack-operands=chip=nvptx --split-input-file | FileCheck %s --check-prefix=GPU

// B comes in panels of 32 columns, and so does all that has its columns; nothing moves for C.
// CHECK-LABEL: func.func @linear
// CHECK:         %[[PACKED:.+]] = memref.alloc() : memref<3x64x32xf32>
// CHECK:         memref.expand_shape %arg1 {{.*}} : memref<64x96xf32> into memref<64x3x32xf32>
// CHECK:         call @linear_matmul_0_pack(%{{.+}}, %[[PACKED]])
// CHECK:         memref.expand_shape %{{.+}} into memref<?x3x32xf32>
// CHECK:         call @linear_matmul_0(%arg0, %[[PACKED]]
// CHECK-LABEL: func.func private @linear_matmul_0(
// CHECK-SAME:    claw.schedule = {order = [1, 2, 0]
// GPU-NOT:     pack
func.func @linear(%a: tensor<?x64xf32>, %b: tensor<64x96xf32>) -> tensor<?x96xf32> {
  %0 = claw.matmul %a, %b : (tensor<?x64xf32>, tensor<64x96xf32>) -> tensor<?x96xf32>
  return %0 : tensor<?x96xf32>
}

// -----

// Few rows do not pay for the copy; columns that do not divide would need padding.
// CHECK-LABEL: func.func @few
// CHECK-NOT:     _pack
func.func @few(%a: tensor<4x64xf32>, %b: tensor<64x96xf32>) -> tensor<4x96xf32> {
  %0 = claw.matmul %a, %b : (tensor<4x64xf32>, tensor<64x96xf32>) -> tensor<4x96xf32>
  return %0 : tensor<4x96xf32>
}

// -----

// CHECK-LABEL: func.func @ragged
// CHECK-NOT:     _pack
func.func @ragged(%a: tensor<64x64xf32>, %b: tensor<64x90xf32>) -> tensor<64x90xf32> {
  %0 = claw.matmul %a, %b : (tensor<64x64xf32>, tensor<64x90xf32>) -> tensor<64x90xf32>
  return %0 : tensor<64x90xf32>
}

// -----

// Constants of the module have no calls.
// CHECK:         memref.global "private" constant @constants_constant_0
// CHECK-LABEL: func.func @constants
// CHECK:         call @constants_matmul_0_pack
func.func @constants(%a: tensor<64x64xf32>, %b: tensor<64x96xf32>) -> (tensor<64x96xf32>, tensor<2xf32>) {
  %0 = claw.matmul %a, %b : (tensor<64x64xf32>, tensor<64x96xf32>) -> tensor<64x96xf32>
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  return %0, %c : tensor<64x96xf32>, tensor<2xf32>
}
