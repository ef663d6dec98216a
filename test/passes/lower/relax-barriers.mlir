// A barrier orders global memory too only where threads may talk through it, and RDNA alone gains.
// RUN: claw-opt %s -relax-barriers=chip=amdgpu:gfx1100 | FileCheck %s
// RUN: claw-opt %s -relax-barriers=chip=amdgpu:gfx1200 | FileCheck %s
// RUN: claw-opt %s -relax-barriers=chip=amdgpu:gfx942 | FileCheck %s --check-prefix=CDNA

// CHECK-LABEL: @through_shared
// CHECK: amdgpu.lds_barrier
// CHECK: scf.if
// CHECK-NEXT: amdgpu.lds_barrier
// CHECK-NOT: gpu.barrier
// A buffer that is read and written, and one of which nothing is said, may carry values.
// CHECK-LABEL: @through_global
// CHECK-NEXT: gpu.barrier
// CHECK-LABEL: @unsaid
// CHECK-NEXT: gpu.barrier
// CDNA-COUNT-4: gpu.barrier
// CDNA-NOT: lds_barrier
gpu.module @kernels {
  gpu.func @through_shared(%x: memref<?xf32>, %y: memref<?xf32>, %c: i1) kernel
      attributes {known_block_size = array<i32: 64, 1, 1>, claw.access = ["read", "write"]} {
    gpu.barrier
    scf.if %c {
      gpu.barrier
    }
    gpu.return
  }
  gpu.func @through_global(%x: memref<?xf32>, %y: memref<?xf32>) kernel
      attributes {known_block_size = array<i32: 64, 1, 1>, claw.access = ["read", "readwrite"]} {
    gpu.barrier
    gpu.return
  }
  gpu.func @unsaid(%x: memref<?xf32>, %y: memref<?xf32>) kernel
      attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.barrier
    gpu.return
  }
}
