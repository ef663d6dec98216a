// Shuffles by constant distances, as each generation of AMD has them.
// RUN: claw-opt %s --pass-pipeline='shuffle-by-dpp{chip=amdgpu:gfx1100}' | FileCheck %s
// RUN: claw-opt %s --pass-pipeline='shuffle-by-dpp{chip=amdgpu:gfx942}' | FileCheck %s --check-prefix=CDNA

// CHECK: rocdl.permlanex16 %[[X:.*]], %[[X]], %{{.*}}, %{{.*}}, true, false : f32, i32
// CHECK: rocdl.update.dpp %[[X]], %[[X]] with 296, 15, 15, true : f32
// CHECK: rocdl.update.dpp %[[X]], %[[X]] with 356, 15, 15, true : f32
// CHECK: rocdl.update.dpp %[[X]], %[[X]] with 78, 15, 15, true : f32
// CHECK: gpu.shuffle  xor

// CDNA: %[[PATTERN:.*]] = arith.constant 16415 : i32
// CDNA: rocdl.ds_swizzle %{{.*}}, %[[PATTERN]] : (i32, i32) -> i32
// CDNA: rocdl.update.dpp %{{.*}} with 296, 15, 15, true : f32
// CDNA: rocdl.ds_swizzle
// CDNA: rocdl.update.dpp %{{.*}} with 78, 15, 15, true : f32
// CDNA: gpu.shuffle  xor
gpu.module @kernels {
  gpu.func @k(%x: memref<?xf32>, %far: i32) kernel attributes {known_block_size = array<i32: 32, 1, 1>} {
    %i = gpu.thread_id x
    %v = memref.load %x[%i] : memref<?xf32>
    %width = arith.constant 32 : i32
    %c16 = arith.constant 16 : i32
    %c8 = arith.constant 8 : i32
    %c4 = arith.constant 4 : i32
    %c2 = arith.constant 2 : i32
    %a, %pa = gpu.shuffle xor %v, %c16, %width : f32
    %b, %pb = gpu.shuffle xor %v, %c8, %width : f32
    %c, %pc = gpu.shuffle xor %v, %c4, %width : f32
    %d, %pd = gpu.shuffle xor %v, %c2, %width : f32
    %e, %pe = gpu.shuffle xor %v, %far, %width : f32
    %s0 = arith.addf %a, %b : f32
    %s1 = arith.addf %s0, %c : f32
    %s2 = arith.addf %s1, %d : f32
    %s3 = arith.addf %s2, %e : f32
    memref.store %s3, %x[%i] : memref<?xf32>
    gpu.return
  }
}
