// A barrier orders global memory too only where threads may talk through it, and RDNA alone gains.
// RUN: claw-opt %s --pass-pipeline='relax-barriers{chip=amdgpu:gfx1100}' | FileCheck %s
// RUN: claw-opt %s --pass-pipeline='relax-barriers{chip=amdgpu:gfx942}' | FileCheck %s --check-prefix=CDNA

// CHECK-LABEL: @through_shared
// CHECK: amdgpu.lds_barrier
// CHECK-LABEL: @through_global
// CHECK: gpu.barrier
// CDNA-NOT: lds_barrier
gpu.module @kernels {
  gpu.func @through_shared(%x: memref<?xf32>, %y: memref<?xf32>) kernel
      attributes {known_block_size = array<i32: 64, 1, 1>, claw.access = ["read", "write"]} {
    gpu.barrier
    gpu.return
  }
  gpu.func @through_global(%x: memref<?xf32>, %y: memref<?xf32>) kernel
      attributes {known_block_size = array<i32: 64, 1, 1>, claw.access = ["read", "readwrite"]} {
    gpu.barrier
    gpu.return
  }
}
