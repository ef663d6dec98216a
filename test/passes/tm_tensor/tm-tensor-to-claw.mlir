// RUN: claw-opt %s -tm-tensor-to-claw -claw-verify | FileCheck %s
// RUN: clawc %s -emit=claw --verify-levels | FileCheck %s

// CHECK-LABEL: func.func @put
// CHECK: %[[R:.*]] = claw.scatter %arg0, %arg1, %arg2 {dims = array<i64: 0>, kind = "assign"} : (tensor<8xf32>, tensor<5x1xi64>, tensor<5x1xf32>) -> tensor<8xf32>
// CHECK-NEXT: return %[[R]]
func.func @put(%x: tensor<8xf32>, %i: tensor<5x1xi64>, %u: tensor<5x1xf32>) -> tensor<8xf32> {
  %0 = tm_tensor.scatter {dimension_map = array<i64: 0>} unique_indices(true) ins(%u, %i : tensor<5x1xf32>, tensor<5x1xi64>) outs(%x : tensor<8xf32>) {
  ^bb0(%new: f32, %old: f32):
    tm_tensor.yield %new : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// A count adds 1, whatever the updates hold.
// CHECK-LABEL: func.func @count
// CHECK: %[[ONE:.*]] = arith.constant 1 : i64
// CHECK: %[[ONES:.*]] = linalg.fill ins(%[[ONE]] : i64)
// CHECK: claw.scatter %arg0, %arg1, %[[ONES]] {dims = array<i64: 0>, kind = "sum"}
func.func @count(%x: tensor<?xi64>, %i: tensor<?x1xi64>, %u: tensor<?xi64>) -> tensor<?xi64> {
  %one = arith.constant 1 : i64
  %0 = tm_tensor.scatter {dimension_map = array<i64: 0>} unique_indices(false) ins(%u, %i : tensor<?xi64>, tensor<?x1xi64>) outs(%x : tensor<?xi64>) {
  ^bb0(%new: i64, %old: i64):
    %1 = arith.addi %old, %one : i64
    tm_tensor.yield %1 : i64
  } -> tensor<?xi64>
  return %0 : tensor<?xi64>
}

// What is combined with the old value is computed before.
// CHECK-LABEL: func.func @scaled
// CHECK: %[[S:.*]] = linalg.generic {{.*}} ins(%arg2 : tensor<5xf32>)
// CHECK: arith.mulf
// CHECK: claw.scatter %arg0, %arg1, %[[S]] {dims = array<i64: 0>, kind = "max"}
func.func @scaled(%x: tensor<8xf32>, %i: tensor<5x1xi64>, %u: tensor<5xf32>) -> tensor<8xf32> {
  %two = arith.constant 2.0 : f32
  %0 = tm_tensor.scatter {dimension_map = array<i64: 0>} unique_indices(false) ins(%u, %i : tensor<5xf32>, tensor<5x1xi64>) outs(%x : tensor<8xf32>) {
  ^bb0(%new: f32, %old: f32):
    %1 = arith.mulf %new, %two : f32
    %2 = arith.maximumf %1, %old : f32
    tm_tensor.yield %2 : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// A region that is no kind goes into the body of a generic: one update after the other.
// CHECK-LABEL: func.func @mixed
// CHECK-NOT: claw.scatter
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]{{.*}} outs(%arg0 : tensor<8xf32>)
// CHECK: ^bb0(%[[KEY:.*]]: i32, %[[NEW:.*]]: f32, %[[OLD:.*]]: f32):
// CHECK: %[[HIT:.*]] = arith.cmpi eq, %[[KEY]]
// CHECK: %[[D:.*]] = arith.subf %[[OLD]], %[[NEW]]
// CHECK: %[[M:.*]] = arith.mulf %[[D]], %[[OLD]]
// CHECK: arith.select %[[HIT]], %[[M]], %[[OLD]]
func.func @mixed(%x: tensor<8xf32>, %i: tensor<5x1xi64>, %u: tensor<5xf32>) -> tensor<8xf32> {
  %0 = tm_tensor.scatter {dimension_map = array<i64: 0>} unique_indices(false) ins(%u, %i : tensor<5xf32>, tensor<5x1xi64>) outs(%x : tensor<8xf32>) {
  ^bb0(%new: f32, %old: f32):
    %1 = arith.subf %old, %new : f32
    %2 = arith.mulf %1, %old : f32
    tm_tensor.yield %2 : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// A window that is smaller than what is not indexed begins at 0 there.
// CHECK-LABEL: func.func @partial
// CHECK: %[[I:.*]] = tensor.pad %arg1 low[0, 0] high[0, 1]
// CHECK: claw.scatter %arg0, %[[I]], %arg2 {dims = array<i64: 0, 1>, kind = "assign"}
func.func @partial(%x: tensor<8x6xf32>, %i: tensor<5x1xi64>, %u: tensor<5x4xf32>) -> tensor<8x6xf32> {
  %0 = tm_tensor.scatter {dimension_map = array<i64: 0>} unique_indices(false) ins(%u, %i : tensor<5x4xf32>, tensor<5x1xi64>) outs(%x : tensor<8x6xf32>) {
  ^bb0(%new: f32, %old: f32):
    tm_tensor.yield %new : f32
  } -> tensor<8x6xf32>
  return %0 : tensor<8x6xf32>
}

// CHECK-LABEL: func.func @attention
// CHECK: claw.attention %arg0, %arg1, %arg2, %arg3 {scale = 5.000000e-01 : f64} : (tensor<2x5x4xf32>, tensor<2x6x4xf32>, tensor<2x6x3xf32>, tensor<2x5x6xi1>) -> tensor<2x5x3xf32>
func.func @attention(%q: tensor<2x5x4xf32>, %k: tensor<2x6x4xf32>, %v: tensor<2x6x3xf32>, %m: tensor<2x5x6xi1>) -> tensor<2x5x3xf32> {
  %e = tensor.empty() : tensor<2x5x3xf32>
  %0 = tm_tensor.attention {scale = 0.5 : f64} ins(%q, %k, %v, %m : tensor<2x5x4xf32>, tensor<2x6x4xf32>, tensor<2x6x3xf32>, tensor<2x5x6xi1>) outs(%e : tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
  return %0 : tensor<2x5x3xf32>
}

// CHECK-LABEL: func.func @many_leading
// CHECK: %[[Q:.*]] = tensor.collapse_shape %arg0 {{\[\[}}0, 1, 2], [3], [4]]
// CHECK: %[[R:.*]] = claw.attention %[[Q]], {{.*}} -> tensor<?x5x3xf32>
// CHECK: tensor.expand_shape %[[R]]
func.func @many_leading(%q: tensor<2x?x3x5x4xf32>, %v: tensor<2x?x3x5x3xf32>) -> tensor<2x?x3x5x3xf32> {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<2x?x3x5x4xf32>
  %e = tensor.empty(%n) : tensor<2x?x3x5x3xf32>
  %0 = tm_tensor.attention ins(%q, %q, %v : tensor<2x?x3x5x4xf32>, tensor<2x?x3x5x4xf32>, tensor<2x?x3x5x3xf32>) outs(%e : tensor<2x?x3x5x3xf32>) -> tensor<2x?x3x5x3xf32>
  return %0 : tensor<2x?x3x5x3xf32>
}

// CHECK-LABEL: func.func @scan
// CHECK: claw.scan %arg0 {axis = 1 : i64, exclusive = false, kind = "sum"} : (tensor<3x7xf32>) -> tensor<3x7xf32>
func.func @scan(%x: tensor<3x7xf32>, %o: tensor<3x7xf32>, %a: tensor<3xf32>) -> tensor<3x7xf32> {
  %0:2 = tm_tensor.scan dimension(1) inclusive(true) ins(%x : tensor<3x7xf32>) outs(%o, %a : tensor<3x7xf32>, tensor<3xf32>) {
  ^bb0(%held: f32, %new: f32):
    %1 = arith.addf %new, %held : f32
    tm_tensor.yield %1 : f32
  } -> tensor<3x7xf32>, tensor<3xf32>
  return %0#0 : tensor<3x7xf32>
}

// An exclusive scan begins with the second init, which holds the last element afterwards.
// CHECK-LABEL: func.func @exclusive
// CHECK: %[[S:.*]] = claw.scan %arg0 {axis = 0 : i64, exclusive = true, kind = "max"}
// CHECK: %[[R:.*]] = linalg.generic {{.*}} ins(%arg2, %[[S]] : tensor<i32>, tensor<?xi32>)
// CHECK: arith.maxsi
// CHECK: %[[A:.*]] = linalg.generic {{.*}} ins(%arg2 : tensor<i32>)
// CHECK: tensor.extract %[[R]]
// CHECK: return %[[R]], %[[A]]
func.func @exclusive(%x: tensor<?xi32>, %o: tensor<?xi32>, %a: tensor<i32>) -> (tensor<?xi32>, tensor<i32>) {
  %0:2 = tm_tensor.scan dimension(0) inclusive(false) ins(%x : tensor<?xi32>) outs(%o, %a : tensor<?xi32>, tensor<i32>) {
  ^bb0(%held: i32, %new: i32):
    %1 = arith.maxsi %held, %new : i32
    tm_tensor.yield %1 : i32
  } -> tensor<?xi32>, tensor<i32>
  return %0#0, %0#1 : tensor<?xi32>, tensor<i32>
}

// CHECK-LABEL: func.func @in_order
// CHECK-NOT: claw.scan
// CHECK: linalg.generic {{.*}}iterator_types = ["reduction"]{{.*}} outs(%{{.*}}, %arg2 : tensor<7xf32>, tensor<f32>)
// CHECK: %[[H:.*]] = arith.mulf %[[OLD:.*]], %{{.*}}
// CHECK: arith.addf %[[H]], %in
func.func @in_order(%x: tensor<7xf32>, %o: tensor<7xf32>, %a: tensor<f32>) -> tensor<7xf32> {
  %half = arith.constant 0.5 : f32
  %0:2 = tm_tensor.scan dimension(0) inclusive(true) ins(%x : tensor<7xf32>) outs(%o, %a : tensor<7xf32>, tensor<f32>) {
  ^bb0(%held: f32, %new: f32):
    %1 = arith.mulf %held, %half : f32
    %2 = arith.addf %1, %new : f32
    tm_tensor.yield %2 : f32
  } -> tensor<7xf32>, tensor<f32>
  return %0#0 : tensor<7xf32>
}

// The operand that is compared is sorted, the others are carried.
// CHECK-LABEL: func.func @sort
// CHECK: %[[R:.*]]:2 = claw.sort %arg1, %arg0 {axis = 0 : i64, descending = true} : (tensor<?xf32>, tensor<?xi64>) -> (tensor<?xf32>, tensor<?xi64>)
// CHECK: return %[[R]]#1, %[[R]]#0
func.func @sort(%i: tensor<?xi64>, %x: tensor<?xf32>) -> (tensor<?xi64>, tensor<?xf32>) {
  %0:2 = tm_tensor.sort dimension(0) outs(%i, %x : tensor<?xi64>, tensor<?xf32>) {
  ^bb0(%a: i64, %b: i64, %p: f32, %q: f32):
    %1 = arith.cmpf ole, %q, %p : f32
    tm_tensor.yield %1 : i1
  } -> tensor<?xi64>, tensor<?xf32>
  return %0#0, %0#1 : tensor<?xi64>, tensor<?xf32>
}

// CHECK-LABEL: func.func @by_another_order
// CHECK-NOT: claw.sort
// CHECK: scf.for
// CHECK: math.absi
func.func @by_another_order(%x: tensor<2xi32>) -> tensor<2xi32> {
  %0 = tm_tensor.sort dimension(0) outs(%x : tensor<2xi32>) {
  ^bb0(%p: i32, %q: i32):
    %1 = math.absi %p : i32
    %2 = math.absi %q : i32
    %3 = arith.cmpi slt, %1, %2 : i32
    tm_tensor.yield %3 : i1
  } -> tensor<2xi32>
  return %0 : tensor<2xi32>
}

// CHECK-LABEL: func.func @topk
// CHECK: claw.topk %arg0 {axis = 1 : i64, k = 3 : i64, smallest = true} : (tensor<4x9xf32>) -> (tensor<4x3xf32>, tensor<4x3xi32>)
func.func @topk(%x: tensor<4x9xf32>) -> (tensor<4x3xf32>, tensor<4x3xi32>) {
  %inf = arith.constant dense<0x7F800000> : tensor<4x3xf32>
  %last = arith.constant dense<2147483647> : tensor<4x3xi32>
  %0:2 = tm_tensor.topk dimension(1) ins(%x : tensor<4x9xf32>) outs(%inf, %last : tensor<4x3xf32>, tensor<4x3xi32>) {
  ^bb0(%p: f32, %q: f32):
    %1 = arith.cmpf olt, %p, %q : f32
    tm_tensor.yield %1 : i1
  } -> tensor<4x3xf32>, tensor<4x3xi32>
  return %0#0, %0#1 : tensor<4x3xf32>, tensor<4x3xi32>
}

// Inits that may take a place are candidates behind the elements.
// CHECK-LABEL: func.func @with_inits
// CHECK-NOT: claw.topk
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<4x12xf32>)
func.func @with_inits(%x: tensor<4x9xf32>, %v: tensor<4x3xf32>, %i: tensor<4x3xi32>) -> (tensor<4x3xf32>, tensor<4x3xi32>) {
  %0:2 = tm_tensor.topk dimension(1) ins(%x : tensor<4x9xf32>) outs(%v, %i : tensor<4x3xf32>, tensor<4x3xi32>) {
  ^bb0(%p: f32, %q: f32):
    %1 = arith.cmpf ogt, %p, %q : f32
    tm_tensor.yield %1 : i1
  } -> tensor<4x3xf32>, tensor<4x3xi32>
  return %0#0, %0#1 : tensor<4x3xf32>, tensor<4x3xi32>
}
