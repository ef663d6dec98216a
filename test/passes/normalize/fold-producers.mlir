// RUN: claw-opt %s -fold-producers -canonicalize | FileCheck %s

// A 1 x 1 window is none: the sums in the map go.

// CHECK: #[[$INPUT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2)>
// CHECK-LABEL: func.func @window(
// CHECK:         linalg.generic {indexing_maps = [#[[$INPUT]],
func.func @window(%x: tensor<5x4xf32>, %w: tensor<3x4x1xf32>) -> tensor<5x3xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x3xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<5x3xf32>) -> tensor<5x3xf32>
  %r = linalg.generic {
      indexing_maps = [affine_map<(i, o, c, k) -> (i + k, c)>,
                       affine_map<(i, o, c, k) -> (o, c, k)>, affine_map<(i, o, c, k) -> (i, o)>],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<5x4xf32>, tensor<3x4x1xf32>) outs(%f : tensor<5x3xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %0 = arith.mulf %a, %b : f32
      %1 = arith.addf %c, %0 : f32
      linalg.yield %1 : f32
  } -> tensor<5x3xf32>
  return %r : tensor<5x3xf32>
}

// A broadcast is read from its source; one that alone says how often a loop runs stays.

// CHECK-LABEL: func.func @sum_of_a_broadcast(
// CHECK:         %[[B:.*]] = linalg.generic {{.*}} ins(%arg0
// CHECK:         linalg.generic {{.*}} ins(%[[B]]
func.func @sum_of_a_broadcast(%x: tensor<4xf32>, %e: tensor<4x?xf32>) -> tensor<4xf32> {
  %z = arith.constant 0.0 : f32
  %s = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%z : f32) outs(%s : tensor<4xf32>) -> tensor<4xf32>
  %b = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4x?xf32>) {
    ^bb0(%a: f32, %c: f32):
      linalg.yield %a : f32
  } -> tensor<4x?xf32>
  %r = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%b : tensor<4x?xf32>) outs(%f : tensor<4xf32>) {
    ^bb0(%a: f32, %c: f32):
      %0 = arith.addf %a, %c : f32
      linalg.yield %0 : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}
