// RUN: claw-opt %s -drop-unread-results | FileCheck %s

// Only the maximum is read: its place is not computed.

// CHECK-LABEL: func.func @maximum(
// CHECK-SAME:    %[[X:.*]]: tensor<8xf32>, %[[M:.*]]: tensor<f32>, %{{.*}}: tensor<index>
// CHECK:         %[[R:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<8xf32>) outs(%[[M]] : tensor<f32>)
// CHECK-NOT:       linalg.index
// CHECK:           %[[LARGER:.*]] = arith.maximumf
// CHECK-NEXT:      linalg.yield %[[LARGER]] : f32
// CHECK:         return %[[R]]
func.func @maximum(%x: tensor<8xf32>, %m: tensor<f32>, %p: tensor<index>) -> tensor<f32> {
  %r:2 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>, affine_map<(i) -> ()>],
      iterator_types = ["reduction"]}
      ins(%x : tensor<8xf32>) outs(%m, %p : tensor<f32>, tensor<index>) {
    ^bb0(%a: f32, %max: f32, %place: index):
      %i = linalg.index 0 : index
      %is = arith.cmpf ogt, %a, %max : f32
      %larger = arith.maximumf %a, %max : f32
      %at = arith.select %is, %i, %place : index
      linalg.yield %larger, %at : f32, index
  } -> (tensor<f32>, tensor<index>)
  return %r#0 : tensor<f32>
}

// Only the place is read: the maximum that it is found by stays.

// CHECK-LABEL: func.func @place(
// CHECK:         %[[R:.*]]:2 = linalg.generic
// CHECK:           linalg.yield %{{.*}}, %{{.*}} : f32, index
// CHECK:         return %[[R]]#1
func.func @place(%x: tensor<8xf32>, %m: tensor<f32>, %p: tensor<index>) -> tensor<index> {
  %r:2 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>, affine_map<(i) -> ()>],
      iterator_types = ["reduction"]}
      ins(%x : tensor<8xf32>) outs(%m, %p : tensor<f32>, tensor<index>) {
    ^bb0(%a: f32, %max: f32, %place: index):
      %i = linalg.index 0 : index
      %is = arith.cmpf ogt, %a, %max : f32
      %larger = arith.maximumf %a, %max : f32
      %at = arith.select %is, %i, %place : index
      linalg.yield %larger, %at : f32, index
  } -> (tensor<f32>, tensor<index>)
  return %r#1 : tensor<index>
}
