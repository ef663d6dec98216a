// Arithmetic of i1 becomes logic, and a float is true where its integer part is not 0.
// RUN: claw-opt %s -booleans-to-logic | FileCheck %s

#id = affine_map<(i) -> (i)>
// CHECK-LABEL: func.func @arithmetic
// CHECK: ^bb0(%[[A:.*]]: i1, %[[B:.*]]: i1, %{{.*}}: i1):
// CHECK-NEXT: %[[S:.*]] = arith.xori %[[A]], %[[B]] : i1
// CHECK-NEXT: %[[P:.*]] = arith.andi %[[S]], %[[B]] : i1
// CHECK-NEXT: %[[ONE:.*]] = arith.constant true
// CHECK-NEXT: %[[N:.*]] = arith.xori %[[A]], %[[ONE]] : i1
// CHECK-NEXT: %[[L:.*]] = arith.andi %[[P]], %[[N]] : i1
// CHECK-NEXT: linalg.yield %[[L]] : i1
func.func @arithmetic(%x: tensor<4xi1>, %y: tensor<4xi1>) -> tensor<4xi1> {
  %e = tensor.empty() : tensor<4xi1>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %y : tensor<4xi1>, tensor<4xi1>) outs(%e : tensor<4xi1>) {
  ^bb0(%a: i1, %b: i1, %o: i1):
    %s = arith.addi %a, %b : i1
    %p = arith.muli %s, %b : i1
    %l = arith.cmpi slt, %p, %a : i1
    linalg.yield %l : i1
  } -> tensor<4xi1>
  return %r : tensor<4xi1>
}

// CHECK-LABEL: func.func @floats
// CHECK: ^bb0(%[[A:.*]]: f32, %{{.*}}: i1):
// CHECK-NEXT: %[[M:.*]] = math.absf %[[A]] : f32
// CHECK-NEXT: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-NEXT: %[[T:.*]] = arith.cmpf oge, %[[M]], %[[ONE]] : f32
// CHECK-NEXT: %[[F:.*]] = arith.constant false
// CHECK-NEXT: %[[R:.*]] = arith.select %[[F]], %[[T]], %[[T]] : i1
func.func @floats(%x: tensor<4xf32>) -> tensor<4xi1> {
  %e = tensor.empty() : tensor<4xi1>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xi1>) {
  ^bb0(%a: f32, %o: i1):
    %t = arith.fptosi %a : f32 to i1
    %f = arith.cmpf false, %a, %a : f32
    %s = arith.select %f, %t, %t : i1
    linalg.yield %s : i1
  } -> tensor<4xi1>
  return %r : tensor<4xi1>
}

// Wider integers stay.
// CHECK-LABEL: func.func @others
// CHECK: arith.addi %{{.*}} : i8
// CHECK-NEXT: arith.cmpi slt, %{{.*}} : i8
func.func @others(%x: tensor<4xi8>) -> tensor<4xi1> {
  %e = tensor.empty() : tensor<4xi1>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xi8>) outs(%e : tensor<4xi1>) {
  ^bb0(%a: i8, %o: i1):
    %s = arith.addi %a, %a : i8
    %t = arith.cmpi slt, %s, %a : i8
    linalg.yield %t : i1
  } -> tensor<4xi1>
  return %r : tensor<4xi1>
}
