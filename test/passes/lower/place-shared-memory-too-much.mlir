// Every chip has its own limit: 64 KB on most of AMD, but gfx950 has 160, and NVIDIA asks at the launch.
// RUN: not claw-opt %s -place-shared-memory=chip=amdgpu:gfx942 2>&1 | FileCheck %s --check-prefix=SMALL
// RUN: claw-opt %s -place-shared-memory=chip=amdgpu:gfx950 | FileCheck %s --check-prefix=STATIC
// RUN: claw-opt %s -place-shared-memory=chip=nvptx:sm_80 | FileCheck %s --check-prefix=DYNAMIC

// SMALL: error: 'gpu.func' op needs 65552 bytes of shared memory, but a workgroup of amdgpu:gfx942 has 65536; choose a smaller tile or fewer stages
// STATIC: memref.global "private" @tile
// STATIC: gpu.func @k{{.*}}claw.static_shared = 65552
// STATIC: memref.get_global @tile
// DYNAMIC-NOT: @tile
// DYNAMIC: gpu.func @k{{.*}}claw.dynamic_shared = 65552
gpu.module @kernels {
  memref.global "private" @tile : memref<16388xf32, #gpu.address_space<workgroup>> {alignment = 16 : i64}
  gpu.func @k(%x: memref<?xf32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %i = gpu.thread_id x
    %tile = memref.get_global @tile : memref<16388xf32, #gpu.address_space<workgroup>>
    %v = memref.load %x[%i] : memref<?xf32>
    memref.store %v, %tile[%i] : memref<16388xf32, #gpu.address_space<workgroup>>
    gpu.return
  }
}
