// A remainder from the quotient, and a truncation from the floor of the magnitude.
// RUN: claw-opt %s -legalize-spirv-arith | FileCheck %s

// CHECK-LABEL: func.func @remainder(
// CHECK-SAME: %[[A:.*]]: i32, %[[B:.*]]: i32
// CHECK-NEXT: %[[Q:.*]] = arith.divsi %[[A]], %[[B]] : i32
// CHECK-NEXT: %[[M:.*]] = arith.muli %[[Q]], %[[B]] : i32
// CHECK-NEXT: %[[R:.*]] = arith.subi %[[A]], %[[M]] : i32
// CHECK-NEXT: return %[[R]]
func.func @remainder(%a: i32, %b: i32) -> i32 {
  %r = arith.remsi %a, %b : i32
  return %r : i32
}

// CHECK-LABEL: func.func @truncation(
// CHECK-SAME: %[[X:.*]]: vector<4xf16>
// CHECK-NEXT: %[[M:.*]] = math.absf %[[X]] : vector<4xf16>
// CHECK-NEXT: %[[F:.*]] = math.floor %[[M]] : vector<4xf16>
// CHECK-NEXT: %[[R:.*]] = math.copysign %[[F]], %[[X]] : vector<4xf16>
// CHECK-NEXT: return %[[R]]
func.func @truncation(%x: vector<4xf16>) -> vector<4xf16> {
  %r = math.trunc %x : vector<4xf16>
  return %r : vector<4xf16>
}

// Without signs there is nothing to mend; remainders of floats are not this pass's.
// CHECK-LABEL: func.func @others(
// CHECK-NEXT: arith.remui %{{.*}} : i8
// CHECK-NEXT: arith.remf %{{.*}} : f32
// CHECK-NEXT: math.floor
// CHECK-NEXT: return
func.func @others(%a: i8, %b: i8, %x: f32) -> (i8, f32, f32) {
  %r = arith.remui %a, %b : i8
  %f = arith.remf %x, %x : f32
  %g = math.floor %f : f32
  return %r, %f, %g : i8, f32, f32
}
