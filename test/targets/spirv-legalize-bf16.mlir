// RUN: claw-opt %s --pass-pipeline='legalize-bf16' | FileCheck %s

// CHECK-LABEL: gpu.func @k(%{{.*}}: memref<?xi16>, %{{.*}}: memref<?xi16>)
// CHECK-DAG: %[[ONE:.*]] = arith.constant 16256 : i16
// CHECK: %[[V:.*]] = memref.load %{{.*}} : memref<?xi16>
// CHECK: %[[WIDE:.*]] = arith.extui %[[V]] : i16 to i32
// CHECK: %[[HIGH:.*]] = arith.shli %[[WIDE]], %{{.*}} : i32
// CHECK: %[[A:.*]] = arith.bitcast %[[HIGH]] : i32 to f32
// CHECK: arith.extui %[[ONE]] : i16 to i32
// CHECK: %[[SUM:.*]] = arith.addf %[[A]], %{{.*}} : f32
// CHECK: %[[BITS:.*]] = arith.bitcast %[[SUM]] : f32 to i32
// CHECK: %[[NAN:.*]] = arith.cmpi ugt
// CHECK: arith.select %[[NAN]]
// CHECK: %[[R:.*]] = arith.trunci %{{.*}} : i32 to i16
// CHECK: memref.store %[[R]], %{{.*}} : memref<?xi16>
// CHECK-NOT: bf16
gpu.module @kernels {
  gpu.func @k(%x: memref<?xbf16>, %o: memref<?xbf16>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %one = arith.constant 1.0 : bf16
    %t = gpu.thread_id x
    %v = memref.load %x[%t] : memref<?xbf16>
    %s = arith.addf %v, %one : bf16
    memref.store %s, %o[%t] : memref<?xbf16>
    gpu.return
  }
}
