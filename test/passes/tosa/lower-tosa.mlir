// RUN: claw-opt %s -split-input-file -lower-tosa | FileCheck %s
// RUN: claw-opt %s -split-input-file -lower-tosa | FileCheck %s --check-prefix=NONE

// NONE-NOT: tosa.

// Elementwise operations are generics, of the size that broadcasting gives.
// CHECK-LABEL: @elementwise
// CHECK: linalg.generic
// CHECK: arith.addf
// CHECK: linalg.generic
// CHECK: math.tanh
func.func @elementwise(%x: tensor<4x1xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = tosa.add %x, %y : (tensor<4x1xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = tosa.tanh %0 : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// -----

// Contractions have names.
// CHECK-LABEL: @contraction
// CHECK: linalg.batch_matmul
func.func @contraction(%x: tensor<2x4x5xf32>, %y: tensor<2x5x3xf32>) -> tensor<2x4x3xf32> {
  %zero = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %0 = tosa.matmul %x, %y, %zero, %zero : (tensor<2x4x5xf32>, tensor<2x5x3xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<2x4x3xf32>
  return %0 : tensor<2x4x3xf32>
}

// -----

// Shapes are constants of the program, and are gone; so is a part of the padding that nobody reads.
// CHECK-LABEL: @shapes
// CHECK-NEXT: tensor.extract_slice %arg0[0, 1] [2, 3] [1, 1]
// CHECK-NEXT: return
func.func @shapes(%x: tensor<5x6xf32>) -> tensor<2x3xf32> {
  %by = tosa.const_shape {values = dense<[1, 1, 1, 2]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %value = "tosa.const"() {values = dense<3.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %0 = tosa.pad %x, %by, %value : (tensor<5x6xf32>, !tosa.shape<4>, tensor<1xf32>) -> tensor<7x9xf32>
  %start = tosa.const_shape {values = dense<[1, 2]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %size = tosa.const_shape {values = dense<[2, 3]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %1 = tosa.slice %0, %start, %size : (tensor<7x9xf32>, !tosa.shape<2>, !tosa.shape<2>) -> tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}

// -----

// Sizes of arguments are checked: TOSA has no empty tensors.
// CHECK-LABEL: @dynamic
// CHECK: cf.assert {{.*}}, "dimension 0 of argument 0 is 0; TOSA has no empty tensors"
// CHECK: math.tanh
func.func @dynamic(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = tosa.tanh %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// A program of other dialects is not touched.
// CHECK-LABEL: @other
// CHECK-NEXT: %[[A:.*]] = arith.addf %{{.*}}, %{{.*}} : tensor<4xf32>
// CHECK-NEXT: %[[B:.*]] = arith.addf %{{.*}}, %{{.*}} : tensor<4xf32>
func.func @other(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = arith.addf %x, %x : tensor<4xf32>
  %1 = arith.addf %x, %x : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}
