// An index that is data takes the nearest element; what is in range is left alone.
// RUN: claw-opt %s -clamp-indices | FileCheck %s

#id = affine_map<(i) -> (i)>
// CHECK-LABEL: func.func @static
// CHECK: linalg.generic
// CHECK: ^bb0(%[[IN:.*]]: i64, %{{.*}}: f32):
// CHECK: %[[LOW:.*]] = arith.maxsi %[[IN]], %{{.*}} : i64
// CHECK: %[[C9:.*]] = arith.constant 9 : i64
// CHECK: %[[BOTH:.*]] = arith.minsi %[[LOW]], %[[C9]] : i64
// CHECK: %[[P:.*]] = arith.index_cast %[[BOTH]] : i64 to index
// CHECK: tensor.extract %{{.*}}[%[[P]], %{{.*}}] : tensor<10x4xf32>
func.func @static(%x: tensor<10x4xf32>, %i: tensor<4xi64>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%i : tensor<4xi64>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: i64, %o: f32):
    %p = arith.index_cast %a : i64 to index
    %j = linalg.index 0 : index
    %v = tensor.extract %x[%p, %j] : tensor<10x4xf32>
    linalg.yield %v : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// A tensor of unknown size must have elements, unless the loop does not run.
// CHECK-LABEL: func.func @dynamic
// CHECK: %[[SOME:.*]] = arith.cmpi ne, %{{.*}}, %{{.*}} : index
// CHECK: %[[IDLE:.*]] = arith.cmpi eq, %{{.*}}, %{{.*}} : index
// CHECK: %[[FINE:.*]] = arith.ori %[[SOME]], %[[IDLE]] : i1
// CHECK: cf.assert %[[FINE]], "reads an element of a tensor that has none"
// CHECK: linalg.generic
// CHECK: %[[LAST:.*]] = arith.subi %{{.*}}, %{{.*}} : index
// CHECK: arith.minsi %{{.*}}, %[[LAST]] : index
func.func @dynamic(%x: tensor<?xf32>, %i: tensor<?xi32>, %e: tensor<?xf32>) -> tensor<?xf32> {
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%i : tensor<?xi32>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: i32, %o: f32):
    %p = arith.index_cast %a : i32 to index
    %v = tensor.extract %x[%p] : tensor<?xf32>
    linalg.yield %v : f32
  } -> tensor<?xf32>
  return %r : tensor<?xf32>
}

// The index of a loop over the same size, a branch that checks, a range that fits.
// CHECK-LABEL: func.func @in_range
// CHECK-NOT: arith.m{{ax|in}}si
// CHECK-NOT: cf.assert
// CHECK: return
func.func @in_range(%x: tensor<?xf32>, %y: tensor<256xf32>, %k: tensor<?xi8>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %d = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%d) : tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%k : tensor<?xi8>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: i8, %o: f32):
    %i = linalg.index 0 : index
    %v = tensor.extract %x[%i] : tensor<?xf32>
    %c3 = arith.constant 3 : index
    %j = arith.subi %i, %c3 : index
    %inside = arith.cmpi ult, %j, %d : index
    %w = scf.if %inside -> (f32) {
      %u = tensor.extract %x[%j] : tensor<?xf32>
      scf.yield %u : f32
    } else {
      scf.yield %v : f32
    }
    %b = arith.index_castui %a : i8 to index
    %c127 = arith.constant 127 : index
    %n = arith.andi %b, %c127 : index
    %t = tensor.extract %y[%n] : tensor<256xf32>
    %s = arith.addf %w, %t : f32
    linalg.yield %s : f32
  } -> tensor<?xf32>
  return %r : tensor<?xf32>
}

// Where a branch decides whether to read at all, the host cannot tell; 0 is read of nothing.
// CHECK-LABEL: func.func @in_a_branch
// CHECK-NOT: cf.assert
// CHECK: scf.if
// CHECK: %[[V:.*]] = scf.if %{{.*}} -> (f32) {
// CHECK: tensor.extract
// CHECK: } else {
// CHECK-NEXT: arith.constant 0.000000e+00 : f32
func.func @in_a_branch(%x: tensor<?xf32>, %i: tensor<4xi32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%i : tensor<4xi32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: i32, %o: f32):
    %c5 = arith.constant 5 : i32
    %read = arith.cmpi sgt, %a, %c5 : i32
    %v = scf.if %read -> (f32) {
      %p = arith.index_cast %a : i32 to index
      %u = tensor.extract %x[%p] : tensor<?xf32>
      scf.yield %u : f32
    } else {
      scf.yield %o : f32
    }
    linalg.yield %v : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// A branch that holds an index below a minimum of the size and something else, or below a number that is
// no more than the size: nothing is clamped.
// CHECK-LABEL: func.func @below_a_minimum
// CHECK-NOT: arith.m{{ax|in}}si
// CHECK: return
func.func @below_a_minimum(%x: tensor<?xf32>, %y: tensor<100xf32>, %k: tensor<8xindex>, %n: index) -> tensor<8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%k : tensor<8xindex>) outs(%e : tensor<8xf32>) {
  ^bb0(%p: index, %o: f32):
    %c0 = arith.constant 0 : index
    %c90 = arith.constant 90 : index
    %d = tensor.dim %x, %c0 : tensor<?xf32>
    %m = arith.minui %n, %d : index
    %q = arith.minui %p, %m : index
    %below = arith.cmpi ult, %p, %q : index
    %v = scf.if %below -> (f32) {
      %a = tensor.extract %x[%p] : tensor<?xf32>
      scf.yield %a : f32
    } else {
      scf.yield %zero : f32
    }
    %few = arith.minui %n, %c90 : index
    %other = arith.cmpi ult, %p, %few : index
    %w = scf.if %other -> (f32) {
      %a = tensor.extract %y[%p] : tensor<100xf32>
      scf.yield %a : f32
    } else {
      scf.yield %zero : f32
    }
    %s = arith.addf %v, %w : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}

// Below a maximum, or with signs, it may be anything.
// CHECK-LABEL: func.func @not_below
// CHECK-COUNT-2: arith.minsi
func.func @not_below(%y: tensor<100xf32>, %k: tensor<8xindex>, %n: index) -> tensor<8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%k : tensor<8xindex>) outs(%e : tensor<8xf32>) {
  ^bb0(%p: index, %o: f32):
    %c90 = arith.constant 90 : index
    %m = arith.maxui %n, %c90 : index
    %below = arith.cmpi ult, %p, %m : index
    %v = scf.if %below -> (f32) {
      %a = tensor.extract %y[%p] : tensor<100xf32>
      scf.yield %a : f32
    } else {
      scf.yield %zero : f32
    }
    %signed = arith.cmpi slt, %p, %c90 : index
    %w = scf.if %signed -> (f32) {
      %a = tensor.extract %y[%p] : tensor<100xf32>
      scf.yield %a : f32
    } else {
      scf.yield %zero : f32
    }
    %s = arith.addf %v, %w : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}
