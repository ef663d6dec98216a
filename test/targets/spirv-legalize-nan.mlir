// RUN: claw-opt %s --pass-pipeline='legalize-nan' | FileCheck %s

// CHECK-LABEL: gpu.func @k
// CHECK: %[[BITS:.*]] = arith.bitcast %[[A:.*]] : vector<4xf32> to vector<4xi32>
// CHECK: %[[MAGNITUDE:.*]] = arith.andi %[[BITS]]
// CHECK: arith.cmpi ugt, %[[MAGNITUDE]]
// CHECK: %[[GREATER:.*]] = arith.cmpf ogt
// CHECK: arith.select
// CHECK-NOT: arith.cmpf uno
// CHECK-NOT: maximumf
gpu.module @kernels {
  gpu.func @k(%x: memref<?xf32>, %o: memref<?xf32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %t = gpu.thread_id x
    %a = vector.load %x[%t] : memref<?xf32>, vector<4xf32>
    %b = vector.load %o[%t] : memref<?xf32>, vector<4xf32>
    %u = arith.cmpf uno, %a, %a : vector<4xf32>
    %m = arith.maximumf %a, %b : vector<4xf32>
    %r = arith.select %u, %b, %m : vector<4xi1>, vector<4xf32>
    vector.store %r, %o[%t] : memref<?xf32>, vector<4xf32>
    gpu.return
  }
}
