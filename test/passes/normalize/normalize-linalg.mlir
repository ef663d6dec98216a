// RUN: claw-opt %s -normalize-linalg | FileCheck %s

// Transposes and widening casts are read through.
// CHECK: #[[$MK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK: #[[$NK:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>

// CHECK-LABEL: func.func @transposed_weights(
// CHECK-SAME:    %[[X:.*]]: tensor<3x8xf16>, %[[W:.*]]: tensor<5x8xf32>
// CHECK-NOT:     permutation
// CHECK:         linalg.generic {indexing_maps = [#[[$MK]], #[[$NK]], {{.*}}"reduction"]}
// CHECK-SAME:      ins(%[[X]], %[[W]] : tensor<3x8xf16>, tensor<5x8xf32>)
// CHECK:           arith.extf
func.func @transposed_weights(%x: tensor<3x8xf16>, %w: tensor<5x8xf32>) -> tensor<3x5xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x5xf32>
  %t = tensor.empty() : tensor<8x5xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<3x5xf32>) -> tensor<3x5xf32>
  %wide = arith.extf %x : tensor<3x8xf16> to tensor<3x8xf32>
  %wt = linalg.transpose ins(%w : tensor<5x8xf32>) outs(%t : tensor<8x5xf32>) permutation = [1, 0]
  %p = linalg.matmul ins(%wide, %wt : tensor<3x8xf32>, tensor<8x5xf32>)
    outs(%f : tensor<3x5xf32>) -> tensor<3x5xf32>
  return %p : tensor<3x5xf32>
}

// A product that goes on from a tensor starts from zero; the sum is an epilogue.

// CHECK-LABEL: func.func @accumulate(
// CHECK:         linalg.generic {{.*}}"reduction"]
// CHECK:         linalg.generic {{.*}}["parallel", "parallel"]
// CHECK:           arith.addf
func.func @accumulate(%x: tensor<3x8xf32>, %w: tensor<8x5xf32>, %c: tensor<3x5xf32>)
    -> tensor<3x5xf32> {
  %p = linalg.matmul ins(%x, %w : tensor<3x8xf32>, tensor<8x5xf32>)
    outs(%c : tensor<3x5xf32>) -> tensor<3x5xf32>
  return %p : tensor<3x5xf32>
}

// What moves data reads each element of the result where it comes from.

// CHECK-LABEL: func.func @slice(
// CHECK:         linalg.generic
// CHECK:           %[[I:.*]] = linalg.index 0
// CHECK:           arith.muli %[[I]], %c2
// CHECK:           tensor.extract
func.func @slice(%x: tensor<9xf32>) -> tensor<3xf32> {
  %r = tensor.extract_slice %x[1] [3] [2] : tensor<9xf32> to tensor<3xf32>
  return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @concat(
// CHECK:         linalg.generic
// CHECK:           scf.if
// CHECK:             tensor.extract
// CHECK:           } else {
// CHECK:             tensor.extract
func.func @concat(%x: tensor<2xf32>, %y: tensor<3xf32>) -> tensor<5xf32> {
  %r = tensor.concat dim(0) %x, %y : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>
  return %r : tensor<5xf32>
}

// A scalar that depends on a tensor is computed where it is used.

// CHECK-LABEL: func.func @scaled(
// CHECK-NEXT:    tensor.empty
// CHECK-NEXT:    linalg.generic
// CHECK:           tensor.extract
func.func @scaled(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xf32> {
  %v = tensor.extract %s[] : tensor<f32>
  %r = tensor.splat %v : tensor<4xf32>
  return %r : tensor<4xf32>
}
