// RUN: claw-opt %s -propagate-reshapes -canonicalize | FileCheck %s

// The product is computed on separate rows, so that what follows can be part of its kernel.

// CHECK-LABEL: func.func @after_a_product(
// CHECK:         %[[X:.*]] = tensor.expand_shape %arg0 {{\[\[}}0, 1], [2]]
// CHECK:         %[[P:.*]] = linalg.generic {{.*}}["parallel", "parallel", "parallel", "reduction"]
// CHECK-SAME:      ins(%[[X]], %arg1 :
// CHECK:         linalg.generic {{.*}} ins(%[[P]], %arg2 :
func.func @after_a_product(%x: tensor<24x8xf32>, %w: tensor<8x4xf32>, %y: tensor<2x12x4xf32>)
    -> tensor<2x12x4xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<24x4xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<24x4xf32>) -> tensor<24x4xf32>
  %p = linalg.generic {
      indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                       affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<24x8xf32>, tensor<8x4xf32>) outs(%f : tensor<24x4xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %0 = arith.mulf %a, %b : f32
      %1 = arith.addf %c, %0 : f32
      linalg.yield %1 : f32
  } -> tensor<24x4xf32>
  %v = tensor.expand_shape %p [[0, 1], [2]] output_shape [2, 12, 4]
    : tensor<24x4xf32> into tensor<2x12x4xf32>
  %g = tensor.empty() : tensor<2x12x4xf32>
  %r = linalg.generic {
      indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j, k)>,
                       affine_map<(i, j, k) -> (i, j, k)>],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%v, %y : tensor<2x12x4xf32>, tensor<2x12x4xf32>) outs(%g : tensor<2x12x4xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %0 = arith.addf %a, %b : f32
      linalg.yield %0 : f32
  } -> tensor<2x12x4xf32>
  return %r : tensor<2x12x4xf32>
}

// What reads a collapsed result is computed on its separate dimensions; a view of an argument is
// memory, and stays.

// CHECK-LABEL: func.func @after_a_view(
// CHECK:         %[[A:.*]] = tensor.collapse_shape %arg0
// CHECK:         %[[E:.*]] = linalg.generic {{.*}} ins(%[[A]] : tensor<24xf32>)
// CHECK:         return %[[E]]
func.func @after_a_view(%x: tensor<4x6xf32>) -> tensor<24xf32> {
  %e = tensor.empty() : tensor<24xf32>
  %v = tensor.collapse_shape %x [[0, 1]] : tensor<4x6xf32> into tensor<24xf32>
  %r = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%v : tensor<24xf32>) outs(%e : tensor<24xf32>) {
    ^bb0(%a: f32, %c: f32):
      %0 = math.exp %a : f32
      linalg.yield %0 : f32
  } -> tensor<24xf32>
  return %r : tensor<24xf32>
}
