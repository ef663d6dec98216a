// Where a shader may assume that there are no NaNs, they are found by their bits: all bits of the
// exponent, and one of the fraction.
// RUN: claw-opt %s -legalize-nan | FileCheck %s

// CHECK-LABEL: func.func @unordered(
// CHECK-SAME: %[[A:.*]]: f32)
// CHECK: %[[SIGN_OFF:.*]] = arith.constant 2147483647 : i32
// CHECK: %[[BITS:.*]] = arith.bitcast %[[A]] : f32 to i32
// CHECK: %[[MAGNITUDE:.*]] = arith.andi %[[BITS]], %[[SIGN_OFF]]
// CHECK: %[[INFINITY:.*]] = arith.constant 2139095040 : i32
// CHECK: %[[NAN:.*]] = arith.cmpi ugt, %[[MAGNITUDE]], %[[INFINITY]]
// CHECK: return %[[NAN]]
func.func @unordered(%a: f32) -> i1 {
  %u = arith.cmpf uno, %a, %a : f32
  return %u : i1
}

// x != x asks the same; either of two may be one; ordered is the contrary.
// CHECK-LABEL: func.func @not_itself(
// CHECK: arith.constant 31744 : i16
// CHECK: arith.cmpi ugt
// CHECK-NOT: arith.cmpf
func.func @not_itself(%a: f16) -> i1 {
  %u = arith.cmpf une, %a, %a : f16
  return %u : i1
}

// CHECK-LABEL: func.func @ordered(
// CHECK: arith.constant dense<9218868437227405312> : vector<2xi64>
// CHECK: %[[A:.*]] = arith.cmpi ugt
// CHECK: %[[B:.*]] = arith.cmpi ugt
// CHECK: %[[EITHER:.*]] = arith.ori %[[A]], %[[B]]
// CHECK: %[[NEITHER:.*]] = arith.xori %[[EITHER]]
// CHECK: return %[[NEITHER]]
func.func @ordered(%a: vector<2xf64>, %b: vector<2xf64>) -> vector<2xi1> {
  %o = arith.cmpf ord, %a, %b : vector<2xf64>
  return %o : vector<2xi1>
}

// The larger, or the left if that is a NaN, unless the right is.
// CHECK-LABEL: func.func @maximum(
// CHECK-SAME: %[[A:.*]]: vector<4xf32>, %[[B:.*]]: vector<4xf32>
// CHECK: %[[GREATER:.*]] = arith.cmpf ogt, %[[A]], %[[B]]
// CHECK: arith.bitcast %[[A]]
// CHECK: %[[A_NAN:.*]] = arith.cmpi ugt
// CHECK: %[[KEEP:.*]] = arith.ori %[[GREATER]], %[[A_NAN]]
// CHECK: arith.bitcast %[[B]]
// CHECK: %[[B_NAN:.*]] = arith.cmpi ugt
// CHECK: %[[B_OK:.*]] = arith.xori %[[B_NAN]]
// CHECK: %[[LEFT:.*]] = arith.andi %[[KEEP]], %[[B_OK]]
// CHECK: arith.select %[[LEFT]], %[[A]], %[[B]]
// CHECK-NOT: maximumf
func.func @maximum(%a: vector<4xf32>, %b: vector<4xf32>) -> vector<4xf32> {
  %m = arith.maximumf %a, %b : vector<4xf32>
  return %m : vector<4xf32>
}

// CHECK-LABEL: func.func @minimum(
// CHECK: arith.cmpf olt
// CHECK: arith.select
// CHECK-NOT: minimumf
func.func @minimum(%a: f32, %b: f32) -> f32 {
  %m = arith.minimumf %a, %b : f32
  return %m : f32
}

// What does not ask for NaNs alone stays; maxnumf prefers the number, and is right as it is.
// CHECK-LABEL: func.func @others(
// CHECK-NEXT: arith.cmpf olt
// CHECK-NEXT: arith.cmpf une
// CHECK-NEXT: arith.maxnumf
// CHECK-NEXT: return
func.func @others(%a: f32, %b: f32) -> (i1, i1, f32) {
  %l = arith.cmpf olt, %a, %b : f32
  %n = arith.cmpf une, %a, %b : f32
  %m = arith.maxnumf %a, %b : f32
  return %l, %n, %m : i1, i1, f32
}
