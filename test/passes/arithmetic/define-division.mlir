// Division by 0 gives 0, the least integer by -1 wraps, and shifts by too much leave nothing.
// RUN: claw-opt %s -define-division | FileCheck %s

#id = affine_map<(i) -> (i)>
// CHECK-LABEL: func.func @unsigned
// CHECK: ^bb0(%[[A:.*]]: i32, %[[B:.*]]: i32, %{{.*}}: i32):
// CHECK-NEXT: %[[C0:.*]] = arith.constant 0 : i32
// CHECK-NEXT: %[[Z:.*]] = arith.cmpi eq, %[[B]], %[[C0]] : i32
// CHECK-NEXT: %[[C1:.*]] = arith.constant 1 : i32
// CHECK-NEXT: %[[D:.*]] = arith.select %[[Z]], %[[C1]], %[[B]] : i32
// CHECK-NEXT: %[[Q:.*]] = arith.divui %[[A]], %[[D]] : i32
// CHECK: %[[R:.*]] = arith.select %[[Z]], %{{.*}}, %[[Q]] : i32
// CHECK-NEXT: linalg.yield %[[R]] : i32
func.func @unsigned(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %e = tensor.empty() : tensor<4xi32>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %y : tensor<4xi32>, tensor<4xi32>) outs(%e : tensor<4xi32>) {
  ^bb0(%a: i32, %b: i32, %o: i32):
    %q = arith.divui %a, %b : i32
    linalg.yield %q : i32
  } -> tensor<4xi32>
  return %r : tensor<4xi32>
}

// CHECK-LABEL: func.func @signed_remainder
// CHECK: %[[Z:.*]] = arith.cmpi eq, %[[B:.*]], %{{.*}} : i32
// CHECK: %[[M:.*]] = arith.cmpi eq, %[[B]], %{{.*}} : i32
// CHECK: %[[L:.*]] = arith.cmpi eq, %[[A:.*]], %{{.*}} : i32
// CHECK: %[[W:.*]] = arith.andi %[[M]], %[[L]] : i1
// CHECK: %[[BAD:.*]] = arith.ori %[[Z]], %[[W]] : i1
// CHECK: %[[D:.*]] = arith.select %[[BAD]], %{{.*}}, %[[B]] : i32
// CHECK: %[[R:.*]] = arith.remsi %[[A]], %[[D]] : i32
// CHECK-NEXT: linalg.yield %[[R]] : i32
func.func @signed_remainder(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %e = tensor.empty() : tensor<4xi32>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %y : tensor<4xi32>, tensor<4xi32>) outs(%e : tensor<4xi32>) {
  ^bb0(%a: i32, %b: i32, %o: i32):
    %q = arith.remsi %a, %b : i32
    linalg.yield %q : i32
  } -> tensor<4xi32>
  return %r : tensor<4xi32>
}

// What surely divides is left alone: a constant, a value whose range says so, one that the program
// has seen to.
// CHECK-LABEL: func.func @sure
// CHECK: ^bb0
// CHECK-NOT: arith.cmpi eq, %{{.*}}, %{{.*}} : i64
// CHECK: arith.divsi %{{.*}}, %{{.*}} : i64
// CHECK-NOT: arith.select
// CHECK: arith.floordivsi %{{.*}}, %{{.*}} : i64
// CHECK: %[[MINE:.*]] = arith.select
// CHECK-NEXT: arith.divui %{{.*}}, %[[MINE]] : i64
// CHECK-NEXT: linalg.yield
func.func @sure(%x: tensor<4xi64>, %y: tensor<4xi8>) -> tensor<4xi64> {
  %e = tensor.empty() : tensor<4xi64>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %y : tensor<4xi64>, tensor<4xi8>) outs(%e : tensor<4xi64>) {
  ^bb0(%a: i64, %b: i8, %o: i64):
    %three = arith.constant 3 : i64
    %many = arith.constant 129 : i64
    %one = arith.constant 1 : i64
    %zero = arith.constant 0 : i64
    %q = arith.divsi %a, %three : i64
    %w = arith.extsi %b : i8 to i64
    %p = arith.addi %w, %many : i64
    %s = arith.floordivsi %q, %p : i64
    %is_zero = arith.cmpi eq, %a, %zero : i64
    %d = arith.select %is_zero, %one, %a : i64
    %t = arith.divui %s, %d : i64
    linalg.yield %t : i64
  } -> tensor<4xi64>
  return %r : tensor<4xi64>
}

// CHECK-LABEL: func.func @shifts
// CHECK: ^bb0(%[[A:.*]]: i16, %[[B:.*]]: i16, %{{.*}}: i16):
// CHECK: %[[FITS:.*]] = arith.cmpi ult, %[[B]], %{{.*}} : i16
// CHECK-NEXT: %[[S:.*]] = arith.shli %[[A]], %[[B]] : i16
// CHECK: %[[L:.*]] = arith.select %[[FITS]], %[[S]], %{{.*}} : i16
// CHECK: %[[N:.*]] = arith.minui %[[B]], %{{.*}} : i16
// CHECK-NEXT: arith.shrsi %[[L]], %[[N]] : i16
func.func @shifts(%x: tensor<4xi16>, %y: tensor<4xi16>) -> tensor<4xi16> {
  %e = tensor.empty() : tensor<4xi16>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %y : tensor<4xi16>, tensor<4xi16>) outs(%e : tensor<4xi16>) {
  ^bb0(%a: i16, %b: i16, %o: i16):
    %l = arith.shli %a, %b : i16
    %s = arith.shrsi %l, %b : i16
    linalg.yield %s : i16
  } -> tensor<4xi16>
  return %r : tensor<4xi16>
}
