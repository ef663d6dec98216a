// What one condition chooses for all narrow elements is chosen by whole registers.
// RUN: claw-opt %s -select-words | FileCheck %s

gpu.module @kernels {
  // CHECK-LABEL: gpu.func @halves
  // CHECK-SAME: %[[X:[a-z0-9]+]]: vector<8xf16>, %[[C:[a-z0-9]+]]: i1
  // CHECK-DAG: %[[A:.*]] = vector.bitcast %[[X]] : vector<8xf16> to vector<4xi32>
  // CHECK-DAG: %[[B:.*]] = vector.bitcast %{{.*}} : vector<8xf16> to vector<4xi32>
  // CHECK: %[[S:.*]] = arith.select %[[C]], %[[A]], %[[B]] : vector<4xi32>
  // CHECK: %[[Y:.*]] = vector.bitcast %[[S]] : vector<4xi32> to vector<8xf16>
  // CHECK: vector.store %[[Y]]
  gpu.func @halves(%o: memref<?xf16>, %x: vector<8xf16>, %c: i1, %i: index) kernel {
    %zero = arith.constant dense<0.0> : vector<8xf16>
    %m = vector.broadcast %c : i1 to vector<8xi1>
    %y = arith.select %m, %x, %zero : vector<8xi1>, vector<8xf16>
    vector.store %y, %o[%i] : memref<?xf16>, vector<8xf16>
    gpu.return
  }

  // Elements that choose for themselves, whole registers, conditions, and what fills no register.
  // CHECK-LABEL: gpu.func @others
  // CHECK-NOT: vector.bitcast
  gpu.func @others(%o: memref<?xf16>, %x: vector<8xf16>, %m: vector<8xi1>, %w: vector<4xf32>,
                   %p: memref<?xf32>, %b: vector<8xi8>, %q: memref<?xi8>, %n: vector<3xi8>,
                   %c: i1, %i: index) kernel {
    %y = arith.select %m, %x, %x : vector<8xi1>, vector<8xf16>
    vector.store %y, %o[%i] : memref<?xf16>, vector<8xf16>
    %z = arith.select %c, %w, %w : vector<4xf32>
    vector.store %z, %p[%i] : memref<?xf32>, vector<4xf32>
    %t = arith.select %c, %n, %n : vector<3xi8>
    vector.store %t, %q[%i] : memref<?xi8>, vector<3xi8>
    gpu.return
  }
}
