// Sizes become push constants, with the number of workgroups behind them; a workgroup's number is made
// of two dimensions, and those past the end do nothing.
// RUN: claw-opt %s -vulkan-kernel-abi | FileCheck %s

// CHECK: gpu.func @k(%{{.*}}: memref<?xf32>, %[[P:.*]]: memref<2xi32, #spirv.storage_class<PushConstant>>) kernel
// CHECK-SAME: claw.push_constants = 8
// CHECK-SAME: claw.total_push_constant = 1
// CHECK: %[[N:.*]] = memref.load %[[P]][%c0]
// CHECK: arith.index_cast %[[N]] : i32 to index
// CHECK: %[[X:.*]] = gpu.block_id x
// CHECK: %[[Y:.*]] = gpu.block_id y
// CHECK: %[[WIDTH:.*]] = gpu.grid_dim x
// CHECK: %[[ROW:.*]] = arith.muli %[[Y]], %[[WIDTH]]
// CHECK: %[[ID:.*]] = arith.addi %[[ROW]], %[[X]]
// CHECK: %[[T:.*]] = memref.load %[[P]][%c1]
// CHECK: %[[TOTAL:.*]] = arith.index_cast %[[T]] : i32 to index
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[ID]], %[[TOTAL]]
// CHECK: scf.if %[[INSIDE]] {
// CHECK:   arith.addi %[[ID]]
// CHECK: }
// CHECK: gpu.return

// A kernel without sizes has the number of workgroups only; 32-bit integers are read as they are.
// CHECK: gpu.func @no_sizes(%{{.*}}: memref<1xi32, #spirv.storage_class<PushConstant>>) kernel
// CHECK-SAME: claw.push_constants = 4
// CHECK: gpu.func @integer(%{{.*}}: memref<?xi32>, %[[P:.*]]: memref<2xi32, #spirv.storage_class<PushConstant>>) kernel
// CHECK: %[[K:.*]] = memref.load %[[P]]
// CHECK-NOT: arith.index_cast %[[K]]
// CHECK: memref.store %[[K]]
gpu.module @kernels {
  gpu.func @k(%x: memref<?xf32>, %n: index) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %zero = arith.constant 0.0 : f32
    %b = gpu.block_id x
    %i = arith.addi %b, %n : index
    memref.store %zero, %x[%i] : memref<?xf32>
    gpu.return
  }
  gpu.func @no_sizes() kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.barrier
    gpu.return
  }
  gpu.func @integer(%x: memref<?xi32>, %k: i32) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %t = gpu.thread_id x
    memref.store %k, %x[%t] : memref<?xi32>
    gpu.return
  }
}
