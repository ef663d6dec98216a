// RUN: claw-opt %s -lower-moves | FileCheck %s

// Tiles that divide are dimensions of their own, put in order.

// CHECK-DAG: #[[TURNED:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, d2, d0, d3)>

// CHECK-LABEL: func.func @pack(
// CHECK-SAME:    %[[X:.*]]: tensor<10x24xf32>
// CHECK:         %[[V:.*]] = tensor.expand_shape %[[X]] {{\[\[}}0, 1], [2, 3]] {{.*}} into tensor<5x2x3x8xf32>
// CHECK:         %[[R:.*]] = linalg.generic {indexing_maps = [#[[TURNED]], {{.*}} ins(%[[V]] : tensor<5x2x3x8xf32>) outs(%{{.*}} : tensor<3x5x2x8xf32>)
// CHECK:         return %[[R]]
func.func @pack(%x: tensor<10x24xf32>) -> tensor<3x5x2x8xf32> {
  %e = tensor.empty() : tensor<3x5x2x8xf32>
  %r = linalg.pack %x outer_dims_perm = [1, 0] inner_dims_pos = [0, 1] inner_tiles = [2, 8]
      into %e : tensor<10x24xf32> -> tensor<3x5x2x8xf32>
  return %r : tensor<3x5x2x8xf32>
}

// CHECK-LABEL: func.func @unpack(
// CHECK-SAME:    %[[X:.*]]: tensor<3x5x2x8xf32>
// CHECK:         %[[V:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<3x5x2x8xf32>) outs(%{{.*}} : tensor<5x2x3x8xf32>)
// CHECK:         %[[R:.*]] = tensor.collapse_shape %[[V]] {{\[\[}}0, 1], [2, 3]]
// CHECK:         return %[[R]]
func.func @unpack(%x: tensor<3x5x2x8xf32>) -> tensor<10x24xf32> {
  %e = tensor.empty() : tensor<10x24xf32>
  %r = linalg.unpack %x outer_dims_perm = [1, 0] inner_dims_pos = [0, 1] inner_tiles = [2, 8]
      into %e : tensor<3x5x2x8xf32> -> tensor<10x24xf32>
  return %r : tensor<10x24xf32>
}

// A rest is padded where it is read.

// CHECK-LABEL: func.func @ragged(
// CHECK-SAME:    %[[X:.*]]: tensor<20xf32>, %[[P:.*]]: f32
// CHECK:         linalg.generic
// CHECK:           arith.muli %{{.*}}, %c8
// CHECK:           arith.cmpi ult
// CHECK:           scf.if
// CHECK:             tensor.extract %[[X]]
// CHECK:             scf.yield %[[P]]
func.func @ragged(%x: tensor<20xf32>, %p: f32) -> tensor<3x8xf32> {
  %e = tensor.empty() : tensor<3x8xf32>
  %r = linalg.pack %x padding_value(%p : f32) inner_dims_pos = [0] inner_tiles = [8]
      into %e : tensor<20xf32> -> tensor<3x8xf32>
  return %r : tensor<3x8xf32>
}
