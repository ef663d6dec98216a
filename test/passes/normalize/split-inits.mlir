// RUN: claw-opt %s -split-inits | FileCheck %s

// A sum that goes on from a tensor starts from zero; the tensor joins at the end.

// CHECK-LABEL: func.func @accumulate(
// CHECK-SAME:    %[[X:.*]]: tensor<4x8xf32>, %[[C:.*]]: tensor<4xf32>
// CHECK:         %[[ZERO:.*]] = arith.constant 0.0
// CHECK:         %[[ZEROS:.*]] = linalg.fill ins(%[[ZERO]] : f32)
// CHECK:         %[[SUM:.*]] = linalg.generic {{.*}}"reduction"]} ins(%[[X]] : {{.*}}) outs(%[[ZEROS]] :
// CHECK:         %[[R:.*]] = linalg.generic {{.*}}["parallel"]} ins(%[[C]], %[[SUM]] :
// CHECK:           arith.addf
// CHECK:         return %[[R]]
func.func @accumulate(%x: tensor<4x8xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %r = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%c : tensor<4xf32>) {
    ^bb0(%a: f32, %acc: f32):
      %s = arith.addf %acc, %a : f32
      linalg.yield %s : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// The smallest i32 is neutral for a signed maximum.

// CHECK-LABEL: func.func @largest(
// CHECK:         arith.constant -2147483648 : i32
// CHECK:         linalg.generic {{.*}}["reduction"]
// CHECK:         linalg.generic {{.*}}iterator_types = []
func.func @largest(%x: tensor<8xi32>, %m: tensor<i32>) -> tensor<i32> {
  %r = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>],
      iterator_types = ["reduction"]}
      ins(%x : tensor<8xi32>) outs(%m : tensor<i32>) {
    ^bb0(%a: i32, %acc: i32):
      %s = arith.maxsi %acc, %a : i32
      linalg.yield %s : i32
  } -> tensor<i32>
  return %r : tensor<i32>
}

// What starts from a fill stays as it is.

// CHECK-LABEL: func.func @from_a_fill(
// CHECK-COUNT-1: linalg.generic
// CHECK-NOT:     linalg.generic
func.func @from_a_fill(%x: tensor<8xf32>, %z: f32) -> tensor<f32> {
  %e = tensor.empty() : tensor<f32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<f32>) -> tensor<f32>
  %r = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>],
      iterator_types = ["reduction"]}
      ins(%x : tensor<8xf32>) outs(%f : tensor<f32>) {
    ^bb0(%a: f32, %acc: f32):
      %s = arith.addf %acc, %a : f32
      linalg.yield %s : f32
  } -> tensor<f32>
  return %r : tensor<f32>
}
