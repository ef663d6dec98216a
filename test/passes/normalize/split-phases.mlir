// RUN: claw-opt %s -split-phases -split-input-file | FileCheck %s

// Two taps of two elements each: no sum has a zero in it, and nothing is left over.

// CHECK-DAG: #[[$X:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d2, d1 + d3)>
// CHECK-DAG: #[[$W:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d4, d0, d2, d3)>
// CHECK-DAG: #[[$R:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d4, d0, d1)>
// CHECK-LABEL: func.func @transposed(
// CHECK-SAME:    %[[X:.*]]: tensor<8x16xf32>, %[[W:.*]]: tensor<6x8x2xf32>, %[[B:.*]]: tensor<6x32xf32>
// CHECK:         %[[V:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x6x8x1xf32>)
// CHECK:           tensor.extract %[[W]]
// CHECK:         %[[S:.*]] = linalg.generic {indexing_maps = [#[[$X]], #[[$W]], #[[$R]]]
// CHECK-SAME:      ins(%[[X]], %[[V]] : tensor<8x16xf32>, tensor<2x6x8x1xf32>)
// CHECK:         %[[I:.*]] = linalg.generic {{.*}} ins(%[[S]] : tensor<2x6x16xf32>) outs(%{{.*}} : tensor<6x16x2xf32>)
// CHECK:         %[[C:.*]] = tensor.collapse_shape %[[I]] {{\[\[}}0], [1, 2]]
// CHECK:         linalg.generic {{.*}} ins(%[[B]], %[[C]] : tensor<6x32xf32>, tensor<6x32xf32>)
func.func @transposed(%x: tensor<8x16xf32>, %w: tensor<6x8x2xf32>, %b: tensor<6x32xf32>)
    -> tensor<6x32xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x33xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<8x33xf32>) -> tensor<8x33xf32>
  %s = tensor.insert_slice %x into %f[0, 1] [8, 16] [1, 2]
    : tensor<8x16xf32> into tensor<8x33xf32>
  %r = linalg.generic {
      indexing_maps = [affine_map<(f, p, c, k) -> (c, p + k)>, affine_map<(f, p, c, k) -> (f, c, k)>,
                       affine_map<(f, p, c, k) -> (f, p)>],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%s, %w : tensor<8x33xf32>, tensor<6x8x2xf32>) outs(%b : tensor<6x32xf32>) {
    ^bb0(%a: f32, %v: f32, %t: f32):
      %0 = arith.mulf %a, %v : f32
      %1 = arith.addf %t, %0 : f32
      linalg.yield %1 : f32
  } -> tensor<6x32xf32>
  return %r : tensor<6x32xf32>
}

// -----

// Into what is not zero: as it is.

// CHECK-LABEL: func.func @ones(
// CHECK:         tensor.insert_slice
// CHECK:         linalg.generic
// CHECK-NOT:     linalg.generic
func.func @ones(%x: tensor<8x16xf32>, %w: tensor<6x8x2xf32>, %b: tensor<6x32xf32>)
    -> tensor<6x32xf32> {
  %z = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<8x33xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<8x33xf32>) -> tensor<8x33xf32>
  %s = tensor.insert_slice %x into %f[0, 1] [8, 16] [1, 2]
    : tensor<8x16xf32> into tensor<8x33xf32>
  %r = linalg.generic {
      indexing_maps = [affine_map<(f, p, c, k) -> (c, p + k)>, affine_map<(f, p, c, k) -> (f, c, k)>,
                       affine_map<(f, p, c, k) -> (f, p)>],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%s, %w : tensor<8x33xf32>, tensor<6x8x2xf32>) outs(%b : tensor<6x32xf32>) {
    ^bb0(%a: f32, %v: f32, %t: f32):
      %0 = arith.mulf %a, %v : f32
      %1 = arith.addf %t, %0 : f32
      linalg.yield %1 : f32
  } -> tensor<6x32xf32>
  return %r : tensor<6x32xf32>
}
