// What the conversion and the device can take stays; how much shared memory a kernel has is noted.
// RUN: claw-opt %s -check-spirv-kernels=chip=spirv:opencl | FileCheck %s
// RUN: claw-opt %s -check-spirv-kernels=chip=spirv:vulkan | FileCheck %s

// CHECK-LABEL: gpu.func @shared(
// CHECK-SAME: claw.static_shared = 264
// CHECK-NEXT: memref.alloc() : memref<64xf32, #spirv.storage_class<Workgroup>>
// CHECK-LABEL: gpu.func @none(
// CHECK-SAME: claw.static_shared = 0
gpu.module @kernels {
  gpu.func @shared(%x: memref<?xf32, #spirv.storage_class<StorageBuffer>>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %s = memref.alloc() : memref<64xf32, #spirv.storage_class<Workgroup>>
    %h = memref.alloc() : memref<4xf16, #spirv.storage_class<Workgroup>>
    %t = gpu.thread_id x
    %v = memref.load %s[%t] : memref<64xf32, #spirv.storage_class<Workgroup>>
    memref.store %v, %x[%t] : memref<?xf32, #spirv.storage_class<StorageBuffer>>
    gpu.return
  }
  gpu.func @none() kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
}
