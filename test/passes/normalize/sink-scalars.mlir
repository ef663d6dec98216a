// RUN: claw-opt %s -sink-scalars | FileCheck %s

// A scalar that depends on a tensor is computed where it is used; a check of it goes.

// CHECK-LABEL: func.func @scaled(
// CHECK-SAME:    %[[X:.*]]: tensor<4xf32>, %[[S:.*]]: tensor<f32>
// CHECK-NOT:     tensor.extract
// CHECK-NOT:     cf.assert
// CHECK:         linalg.generic
// CHECK:           %[[V:.*]] = tensor.extract %[[S]][]
// CHECK:           %[[D:.*]] = arith.addf %[[V]], %[[V]]
// CHECK:           arith.mulf %{{.*}}, %[[D]]
func.func @scaled(%x: tensor<4xf32>, %s: tensor<f32>, %e: tensor<4xf32>) -> tensor<4xf32> {
  %v = tensor.extract %s[] : tensor<f32>
  %double = arith.addf %v, %v : f32
  %ok = arith.cmpf ogt, %v, %double : f32
  cf.assert %ok, "data"
  %r = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%a: f32, %old: f32):
      %p = arith.mulf %a, %double : f32
      linalg.yield %p : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}
