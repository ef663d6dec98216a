// RUN: claw-opt %s --pass-pipeline='legalize-spirv-memory{chip=spirv:vulkan},scalarize-memory,vulkan-kernel-abi,lower-to-spirv-vulkan{chip=spirv:vulkan}' | FileCheck %s

// Buffers are bindings, scalars are push constants without one, capabilities are only those needed, and
// entry points list what they use, which takes version 1.4.

// CHECK: spirv.module @{{.*}} Logical GLSL450 requires #spirv.vce<v1.4, [Shader, Matrix], [SPV_KHR_storage_buffer_storage_class]>
// CHECK-DAG: spirv.GlobalVariable @k_arg_0 bind(0, 0) : !spirv.ptr<!spirv.struct<(!spirv.rtarray<f32, stride=4> [0])>, StorageBuffer>
// CHECK-DAG: spirv.GlobalVariable @k_arg_1 bind(0, 1) : !spirv.ptr<!spirv.struct<(!spirv.rtarray<f32, stride=4> [0])>, StorageBuffer>
// CHECK-DAG: spirv.GlobalVariable @k_arg_2 : !spirv.ptr<!spirv.struct<(!spirv.array<2 x i32, stride=4> [0])>, PushConstant>
// CHECK: spirv.func @k() "None"
// CHECK: %[[HERE:.*]] = spirv.ULessThan %{{.*}}, %{{.*}} : i32
// CHECK: spirv.mlir.selection
// CHECK: spirv.BranchConditional %[[HERE]]
// CHECK: spirv.ControlBarrier <Workgroup>, <Workgroup>, <AcquireRelease|UniformMemory|WorkgroupMemory>
// CHECK: spirv.FMul %{{.*}}, %{{.*}} {no_contraction}
// CHECK: spirv.EntryPoint "GLCompute" @k{{.*}}@k_arg_2
// CHECK: spirv.ExecutionMode @k "LocalSize", 64, 1, 1
gpu.module @kernels {
  memref.global "private" @s : memref<64xf32, #gpu.address_space<workgroup>> {alignment = 16}
  gpu.func @k(%x: memref<?xf32>, %o: memref<?xf32>, %n: index) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %s = memref.get_global @s : memref<64xf32, #gpu.address_space<workgroup>>
    %t = gpu.thread_id x
    %b = gpu.block_id x
    %i = arith.muli %b, %n : index
    %v = memref.load %x[%i] : memref<?xf32>
    memref.store %v, %s[%t] : memref<64xf32, #gpu.address_space<workgroup>>
    gpu.barrier
    %w = memref.load %s[%n] : memref<64xf32, #gpu.address_space<workgroup>>
    %y = arith.mulf %v, %w : f32
    memref.store %y, %o[%i] : memref<?xf32>
    gpu.return
  }
}
