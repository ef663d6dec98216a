// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=nvptx:sm_80},stage-operands{chip=nvptx:sm_80},distribute{chip=nvptx:sm_80}' | FileCheck %s --check-prefix=GPU
// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=spirv:vulkan},stage-operands{chip=spirv:vulkan},distribute{chip=spirv:vulkan}' | FileCheck %s --check-prefix=VULKAN
// RUN: sed 's/warps = 4/warps = 1/' %s | claw-opt - --pass-pipeline='assign-layouts{chip=host},stage-operands{chip=host},distribute{chip=host}' | FileCheck %s --check-prefix=HOST

// Lanes by shuffles, then the four warps through shared memory; one thread writes.
// GPU: memref.global "private" @sum_shared0 : memref<4xf32, #gpu.address_space<workgroup>> {alignment = 16 : i64}
// GPU-LABEL: gpu.func @sum
// GPU-COUNT-5: gpu.shuffle xor
// GPU-NOT: gpu.shuffle
// GPU: scf.if
// GPU: memref.store %{{.*}} : memref<4xf32, #gpu.address_space<workgroup>>
// GPU: gpu.barrier
// GPU: vector.load %{{.*}} : memref<4xf32, #gpu.address_space<workgroup>>, vector<4xf32>
// GPU-NOT: gpu.barrier
// GPU: arith.cmpi eq
// GPU-NEXT: scf.if
// GPU-NEXT: memref.store

// VULKAN-LABEL: gpu.func @sum
// VULKAN-NOT: gpu.shuffle
// VULKAN: gpu.barrier
// VULKAN-NOT: gpu.shuffle

// HOST-NOT: memref.global
// HOST-LABEL: gpu.func @sum
// HOST-NOT: gpu.barrier
// HOST: arith.addf %{{.*}} : vector<16xf32>
// HOST: arith.addf %{{.*}} : vector<8xf32>
// HOST: arith.addf %{{.*}} : vector<4xf32>
// HOST: arith.addf %{{.*}} : vector<2xf32>
// HOST: arith.addf %{{.*}} : f32
// HOST-NOT: gpu.barrier
// HOST: gpu.return
func.func private @sum(%x: memref<8x512xf32>, %y: memref<8xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "reduction",
                claw.schedule = {tile = [1, 512], warps = 4},
                claw.grid = affine_map<() -> (8)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  %zero = arith.constant dense<0.0> : vector<1xf32>
  %i = gpu.block_id x
  %v = vector.transfer_read %x[%i, %c0], %pad {in_bounds = [true, true]} : memref<8x512xf32>, vector<1x512xf32>
  %s = vector.multi_reduction <add>, %v, %zero [1] : vector<1x512xf32> to vector<1xf32>
  vector.transfer_write %s, %y[%i] {in_bounds = [true]} : vector<1xf32>, memref<8xf32>
  return
}
