// Operations of two results in bodies become operations of one; outside of bodies nothing changes.
// RUN: claw-opt %s -split-pairs | FileCheck %s

#id = affine_map<(i) -> (i)>
// CHECK-LABEL: func.func @carry
// CHECK: ^bb0(%[[A:.*]]: i32, %[[B:.*]]: i32, %{{.*}}: i1):
// CHECK-NEXT: %[[S:.*]] = arith.addi %[[A]], %[[B]] : i32
// CHECK-NEXT: %[[C:.*]] = arith.cmpi ult, %[[S]], %[[A]] : i32
// CHECK-NEXT: linalg.yield %[[C]] : i1
func.func @carry(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi1> {
  %e = tensor.empty() : tensor<4xi1>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %y : tensor<4xi32>, tensor<4xi32>) outs(%e : tensor<4xi1>) {
  ^bb0(%a: i32, %b: i32, %o: i1):
    %s, %c = arith.addui_extended %a, %b : i32, i1
    linalg.yield %c : i1
  } -> tensor<4xi1>
  return %r : tensor<4xi1>
}

// Of truth values the upper half is never set.
// CHECK-LABEL: func.func @bits
// CHECK: ^bb0(%[[A:.*]]: i1, %[[B:.*]]: i1, %{{.*}}: i1):
// CHECK: %[[H:.*]] = arith.xori %[[A]], %[[A]] : i1
// CHECK-NEXT: linalg.yield %[[H]] : i1
func.func @bits(%x: tensor<4xi1>, %y: tensor<4xi1>) -> tensor<4xi1> {
  %e = tensor.empty() : tensor<4xi1>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %y : tensor<4xi1>, tensor<4xi1>) outs(%e : tensor<4xi1>) {
  ^bb0(%a: i1, %b: i1, %o: i1):
    %l, %h = arith.mulsi_extended %a, %b : i1
    linalg.yield %h : i1
  } -> tensor<4xi1>
  return %r : tensor<4xi1>
}

// CHECK-LABEL: func.func @outside
// CHECK-NEXT: math.sincos
func.func @outside(%x: f32) -> f32 {
  %s, %c = math.sincos %x : f32
  return %s : f32
}
