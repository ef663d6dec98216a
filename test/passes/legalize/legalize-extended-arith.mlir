// Carries and upper halves of products, in operations on the type itself.
// RUN: claw-opt %s -legalize-extended-arith | FileCheck %s

// A sum that is less than what was added to has gone over.
// CHECK-LABEL: func.func @carry(
// CHECK-SAME: %[[A:.*]]: vector<4xi32>, %[[B:.*]]: vector<4xi32>
// CHECK-NEXT: %[[S:.*]] = arith.addi %[[A]], %[[B]] : vector<4xi32>
// CHECK-NEXT: %[[C:.*]] = arith.cmpi ult, %[[S]], %[[A]] : vector<4xi32>
// CHECK-NEXT: return %[[S]], %[[C]]
func.func @carry(%a: vector<4xi32>, %b: vector<4xi32>) -> (vector<4xi32>, vector<4xi1>) {
  %s, %c = arith.addui_extended %a, %b : vector<4xi32>, vector<4xi1>
  return %s, %c : vector<4xi32>, vector<4xi1>
}

// The product of halves: (a1 2^16 + a0) (b1 2^16 + b0).
// CHECK-LABEL: func.func @unsigned(
// CHECK-SAME: %[[A:.*]]: i32, %[[B:.*]]: i32
// CHECK: %[[LOW:.*]] = arith.muli %[[A]], %[[B]] : i32
// CHECK: %[[HALF:.*]] = arith.constant 16 : i32
// CHECK: %[[MASK:.*]] = arith.constant 65535 : i32
// CHECK: %[[A0:.*]] = arith.andi %[[A]], %[[MASK]]
// CHECK: %[[A1:.*]] = arith.shrui %[[A]], %[[HALF]]
// CHECK: %[[B0:.*]] = arith.andi %[[B]], %[[MASK]]
// CHECK: %[[B1:.*]] = arith.shrui %[[B]], %[[HALF]]
// CHECK: %[[P:.*]] = arith.muli %[[A0]], %[[B0]]
// CHECK: %[[K:.*]] = arith.shrui %[[P]], %[[HALF]]
// CHECK: %[[P:.*]] = arith.muli %[[A1]], %[[B0]]
// CHECK: %[[FIRST:.*]] = arith.addi %[[P]], %[[K]]
// CHECK: %[[P:.*]] = arith.muli %[[A0]], %[[B1]]
// CHECK: %[[F0:.*]] = arith.andi %[[FIRST]], %[[MASK]]
// CHECK: %[[SECOND:.*]] = arith.addi %[[P]], %[[F0]]
// CHECK: %[[P:.*]] = arith.muli %[[A1]], %[[B1]]
// CHECK: %[[F1:.*]] = arith.shrui %[[FIRST]], %[[HALF]]
// CHECK: %[[UPPER:.*]] = arith.addi %[[P]], %[[F1]]
// CHECK: %[[S1:.*]] = arith.shrui %[[SECOND]], %[[HALF]]
// CHECK: %[[HIGH:.*]] = arith.addi %[[UPPER]], %[[S1]]
// CHECK-NEXT: return %[[LOW]], %[[HIGH]]
func.func @unsigned(%a: i32, %b: i32) -> (i32, i32) {
  %l, %h = arith.mului_extended %a, %b : i32
  return %l, %h : i32, i32
}

// A negative operand counts 2^64 too much: the other one comes off the upper half.
// CHECK-LABEL: func.func @signed(
// CHECK-SAME: %[[A:.*]]: i64, %[[B:.*]]: i64
// CHECK: arith.constant 32 : i64
// CHECK: arith.constant 4294967295 : i64
// CHECK: %[[C:.*]] = arith.constant 63 : i64
// CHECK: %[[SIGN:.*]] = arith.shrsi %[[A]], %[[C]]
// CHECK: %[[TOO_MUCH:.*]] = arith.andi %[[SIGN]], %[[B]]
// CHECK: %[[HIGH:.*]] = arith.subi %{{.*}}, %[[TOO_MUCH]]
// CHECK: %[[SIGN:.*]] = arith.shrsi %[[B]]
// CHECK: %[[TOO_MUCH:.*]] = arith.andi %[[SIGN]], %[[A]]
// CHECK: %[[R:.*]] = arith.subi %[[HIGH]], %[[TOO_MUCH]]
// CHECK-NEXT: return %{{.*}}, %[[R]]
func.func @signed(%a: i64, %b: i64) -> (i64, i64) {
  %l, %h = arith.mulsi_extended %a, %b : i64
  return %l, %h : i64, i64
}

// CHECK-LABEL: func.func @ordinary(
// CHECK-NEXT: arith.addi
// CHECK-NEXT: arith.muli
// CHECK-NEXT: return
func.func @ordinary(%a: i32, %b: i32) -> i32 {
  %s = arith.addi %a, %b : i32
  %p = arith.muli %s, %b : i32
  return %p : i32
}
