// RUN: claw-opt %s --pass-pipeline='vulkan-kernel-abi' | FileCheck %s

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
gpu.module @kernels {
  gpu.func @k(%x: memref<?xf32>, %n: index) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %zero = arith.constant 0.0 : f32
    %b = gpu.block_id x
    %i = arith.addi %b, %n : index
    memref.store %zero, %x[%i] : memref<?xf32>
    gpu.return
  }
}
