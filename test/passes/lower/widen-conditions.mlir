// A selection of vectors by one condition gets as many conditions as elements.
// RUN: claw-opt %s -widen-conditions | FileCheck %s

// CHECK-LABEL: gpu.func @k(
// CHECK-SAME: %[[C:.*]]: i1, %[[X:.*]]: vector<4xf32>, %[[Y:.*]]: vector<4xf32>, %[[M:.*]]: vector<4xi1>, %[[A:.*]]: f32)
// CHECK: %[[WIDE:.*]] = vector.broadcast %[[C]] : i1 to vector<4xi1>
// CHECK-NEXT: %[[R:.*]] = arith.select %[[WIDE]], %[[X]], %[[Y]] : vector<4xi1>, vector<4xf32>
// Vectors of conditions, and selections of scalars, are as they should be.
// CHECK-NEXT: arith.select %[[M]], %[[R]], %[[Y]] : vector<4xi1>, vector<4xf32>
// CHECK-NEXT: arith.select %[[C]], %[[A]], %[[A]] : f32
// Inside of control flow too.
// CHECK: scf.if
// CHECK-NEXT: %[[WIDE:.*]] = vector.broadcast %[[C]] : i1 to vector<2xi1>
// CHECK-NEXT: arith.select %[[WIDE]], %{{.*}} : vector<2xi1>, vector<2xi8>
gpu.module @kernels {
  gpu.func @k(%c: i1, %x: vector<4xf32>, %y: vector<4xf32>, %m: vector<4xi1>, %a: f32) kernel {
    %r = arith.select %c, %x, %y : vector<4xf32>
    %q = arith.select %m, %r, %y : vector<4xi1>, vector<4xf32>
    %s = arith.select %c, %a, %a : f32
    %z = arith.constant dense<0> : vector<2xi8>
    scf.if %c {
      %i = arith.select %c, %z, %z : vector<2xi8>
    }
    gpu.return
  }
}
