// RUN: split-file %s %t
// RUN: not claw-opt %t/shared.mlir --pass-pipeline='legalize-spirv-memory{chip=spirv:vulkan},lower-to-spirv-vulkan{chip=spirv:vulkan}' 2>&1 | FileCheck %t/shared.mlir
// RUN: not claw-opt %t/type.mlir --pass-pipeline='lower-to-spirv-opencl{chip=spirv:opencl}' 2>&1 | FileCheck %t/type.mlir
// RUN: not claw-opt %t/shuffle.mlir --pass-pipeline='lower-to-spirv-opencl{chip=spirv:opencl}' 2>&1 | FileCheck %t/shuffle.mlir
// RUN: not claw-opt %t/rank.mlir --pass-pipeline='legalize-spirv-memory{chip=spirv:opencl}' 2>&1 | FileCheck %t/rank.mlir

//--- shared.mlir
gpu.module @kernels {
  memref.global "private" @s : memref<16384xf32, #gpu.address_space<workgroup>> {alignment = 16}
  // CHECK: error: {{.*}}needs 65536 bytes of shared memory; vulkan has 32768 a workgroup: choose a smaller tile
  gpu.func @k(%x: memref<?xf32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %s = memref.get_global @s : memref<16384xf32, #gpu.address_space<workgroup>>
    %t = gpu.thread_id x
    %v = memref.load %s[%t] : memref<16384xf32, #gpu.address_space<workgroup>>
    memref.store %v, %x[%t] : memref<?xf32>
    gpu.return
  }
}

//--- type.mlir
gpu.module @kernels {
  gpu.func @k(%x: memref<?xi4>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %t = gpu.thread_id x
    // CHECK: error: {{.*}}uses i4, which opencl does not have
    %v = memref.load %x[%t] : memref<?xi4>
    memref.store %v, %x[%t] : memref<?xi4>
    gpu.return
  }
}

//--- shuffle.mlir
gpu.module @kernels {
  gpu.func @k(%x: memref<?xi32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %t = gpu.thread_id x
    %c1 = arith.constant 1 : i32
    %c32 = arith.constant 32 : i32
    // CHECK: error: {{.*}}exchanges values in a warp; opencl guarantees no warps
    %v, %ok = gpu.shuffle xor %c1, %c1, %c32 : i32
    memref.store %v, %x[%t] : memref<?xi32>
    gpu.return
  }
}

//--- rank.mlir
gpu.module @kernels {
  // CHECK: error: {{.*}}takes memref<4x4xf32>; expected a 1-D memref
  gpu.func @k(%x: memref<4x4xf32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
}
