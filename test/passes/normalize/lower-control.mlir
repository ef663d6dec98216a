// RUN: claw-opt %s -lower-control | FileCheck %s

// A branch for each case, the default in the other side of the last one.

// CHECK-LABEL: func.func @switch(
// CHECK-SAME:    %[[K:.*]]: index, %[[A:.*]]: f32, %[[B:.*]]: f32
// CHECK:         %[[IS2:.*]] = arith.cmpi eq, %[[K]], %c2
// CHECK:         %[[R:.*]] = scf.if %[[IS2]] -> (f32) {
// CHECK-NEXT:      scf.yield %[[A]]
// CHECK-NEXT:    } else {
// CHECK:           %[[IS5:.*]] = arith.cmpi eq, %[[K]], %c5
// CHECK:           %[[S:.*]] = scf.if %[[IS5]] -> (f32) {
// CHECK-NEXT:        scf.yield %[[B]]
// CHECK-NEXT:      } else {
// CHECK-NEXT:        %[[M:.*]] = arith.mulf %[[A]], %[[B]]
// CHECK-NEXT:        scf.yield %[[M]]
// CHECK:           scf.yield %[[S]]
// CHECK:         return %[[R]]
func.func @switch(%k: index, %a: f32, %b: f32) -> f32 {
  %r = scf.index_switch %k -> f32
  case 2 {
    scf.yield %a : f32
  }
  case 5 {
    scf.yield %b : f32
  }
  default {
    %m = arith.mulf %a, %b : f32
    scf.yield %m : f32
  }
  return %r : f32
}

// Only the default, and a region of one block: what is in them.

// CHECK-LABEL: func.func @inside(
// CHECK-NEXT:    %[[M:.*]] = arith.mulf
// CHECK-NEXT:    %[[S:.*]] = arith.addf %[[M]], %[[M]]
// CHECK-NEXT:    return %[[S]]
func.func @inside(%k: index, %a: f32) -> f32 {
  %r = scf.execute_region -> f32 {
    %d = scf.index_switch %k -> f32
    default {
      %m = arith.mulf %a, %a : f32
      scf.yield %m : f32
    }
    scf.yield %d : f32
  }
  %s = arith.addf %r, %r : f32
  return %s : f32
}
