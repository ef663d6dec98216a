// The whole pipeline on a body: pairs, truth values, divisions.
// RUN: claw-opt %s -define-arithmetic | FileCheck %s

#id = affine_map<(i) -> (i)>
// CHECK-LABEL: func.func @body
// CHECK-NOT: addui_extended
// CHECK: %[[SUM:.*]] = arith.addi %[[A:.*]], %[[B:.*]] : i32
// CHECK-NEXT: %[[CARRY:.*]] = arith.cmpi ult, %[[SUM]], %[[A]] : i32
// CHECK: %[[TWICE:.*]] = arith.xori %[[CARRY]], %[[CARRY]] : i1
// CHECK: %[[D:.*]] = arith.select %{{.*}}, %{{.*}}, %[[B]] : i32
// CHECK: arith.remui %[[SUM]], %[[D]] : i32
func.func @body(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %e = tensor.empty() : tensor<4xi32>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %y : tensor<4xi32>, tensor<4xi32>) outs(%e : tensor<4xi32>) {
  ^bb0(%a: i32, %b: i32, %o: i32):
    %s, %c = arith.addui_extended %a, %b : i32, i1
    %t = arith.addi %c, %c : i1
    %q = arith.remui %s, %b : i32
    %v = arith.select %t, %q, %a : i32
    linalg.yield %v : i32
  } -> tensor<4xi32>
  return %r : tensor<4xi32>
}
