// Small types become bytes, which callers see as what they were, and are computed in wider ones.
// RUN: claw-opt %s -widen-small-types -split-input-file | FileCheck %s

#id = affine_map<(i) -> (i)>
// CHECK-LABEL: func.func @floats
// CHECK-SAME: (%[[X:.*]]: tensor<4xi8> {claw.type = f8E5M2}) -> (tensor<4xi8> {claw.type = f8E4M3FN})
// CHECK: ^bb0(%[[A:.*]]: i8, %{{.*}}: i8):
// CHECK: %[[W:.*]] = arith.extui %[[A]] : i8 to i32
// CHECK: %[[F:.*]] = arith.bitcast %{{.*}} : i32 to f32
// CHECK: arith.bitcast %[[F]] : f32 to i32
// CHECK: %[[R:.*]] = arith.trunci %{{.*}} : i32 to i8
// CHECK-NEXT: linalg.yield %[[R]] : i8
func.func @floats(%x: tensor<4xf8E5M2>) -> tensor<4xf8E4M3FN> {
  %e = tensor.empty() : tensor<4xf8E4M3FN>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf8E5M2>) outs(%e : tensor<4xf8E4M3FN>) {
  ^bb0(%a: f8E5M2, %o: f8E4M3FN):
    %s = arith.extf %a : f8E5M2 to f32
    %t = arith.truncf %s : f32 to f8E4M3FN
    linalg.yield %t : f8E4M3FN
  } -> tensor<4xf8E4M3FN>
  return %r : tensor<4xf8E4M3FN>
}

// -----

#id = affine_map<(i) -> (i)>
// CHECK-LABEL: func.func @integers
// CHECK: arith.constant dense<[1, -8, 7]> : tensor<3xi8>
// CHECK: %[[S:.*]] = arith.addi %{{.*}}, %{{.*}} : i8
// CHECK: %[[L:.*]] = arith.shli %[[S]], %{{.*}} : i8
// CHECK-NEXT: %[[R:.*]] = arith.shrsi %[[L]], %{{.*}} : i8
// CHECK-NEXT: linalg.yield %[[R]] : i8
func.func @integers(%x: tensor<3xi4>) -> tensor<3xi4> {
  %c = arith.constant dense<[1, -8, 7]> : tensor<3xi4>
  %e = tensor.empty() : tensor<3xi4>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %c : tensor<3xi4>, tensor<3xi4>) outs(%e : tensor<3xi4>) {
  ^bb0(%a: i4, %b: i4, %o: i4):
    %s = arith.addi %a, %b : i4
    linalg.yield %s : i4
  } -> tensor<3xi4>
  return %r : tensor<3xi4>
}

// -----

// Without any, nothing changes.
// CHECK-LABEL: func.func @others
// CHECK-NEXT: linalg.transpose
func.func @others(%x: tensor<2x3xi8>, %e: tensor<3x2xi8>) -> tensor<3x2xi8> {
  %t = linalg.transpose ins(%x : tensor<2x3xi8>) outs(%e : tensor<3x2xi8>) permutation = [1, 0]
  return %t : tensor<3x2xi8>
}
