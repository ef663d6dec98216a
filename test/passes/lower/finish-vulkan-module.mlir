// The version is raised, push constants have no binding, barriers order the memory of all, and
// nothing is contracted; what need not change does not.
// RUN: claw-opt %s -finish-vulkan-module -split-input-file | FileCheck %s

// CHECK: spirv.module Logical GLSL450 requires #spirv.vce<v1.4, [Shader, Int64], [SPV_KHR_storage_buffer_storage_class]>
// CHECK-DAG: spirv.GlobalVariable @x bind(0, 0) : !spirv.ptr<!spirv.struct<(!spirv.rtarray<f32, stride=4> [0])>, StorageBuffer>
// CHECK-DAG: spirv.GlobalVariable @p : !spirv.ptr<!spirv.struct<(!spirv.array<2 x i32, stride=4> [0])>, PushConstant>
// CHECK: spirv.ControlBarrier <Workgroup>, <Workgroup>, <AcquireRelease|UniformMemory|WorkgroupMemory>
// CHECK: spirv.FMul %{{.*}} {no_contraction} : f32
// CHECK: spirv.FAdd %{{.*}} {no_contraction} : f32
// CHECK: spirv.FSub %{{.*}} {no_contraction} : f32
// CHECK: spirv.FNegate %{{.*}} {no_contraction} : f32
// CHECK: spirv.GL.Fma %{{.*}} {no_contraction} : f32
// CHECK: spirv.FDiv %{{[^{]*}} : f32
// CHECK: spirv.IMul %{{[^{]*}} : i32
gpu.module @kernels {
  spirv.module Logical GLSL450 requires #spirv.vce<v1.0, [Shader, Int64], [SPV_KHR_storage_buffer_storage_class]> {
    spirv.GlobalVariable @x bind(0, 0) : !spirv.ptr<!spirv.struct<(!spirv.rtarray<f32, stride=4> [0])>, StorageBuffer>
    spirv.GlobalVariable @p bind(0, 1) : !spirv.ptr<!spirv.struct<(!spirv.array<2 x i32, stride=4> [0])>, PushConstant>
    spirv.func @k(%a: f32, %i: i32) "None" {
      spirv.ControlBarrier <Workgroup>, <Workgroup>, <AcquireRelease|WorkgroupMemory>
      %0 = spirv.FMul %a, %a : f32
      %1 = spirv.FAdd %0, %a : f32
      %2 = spirv.FSub %1, %a : f32
      %3 = spirv.FNegate %2 : f32
      %4 = spirv.GL.Fma %3, %a, %0 : f32
      %5 = spirv.FDiv %4, %a : f32
      %6 = spirv.IMul %i, %i : i32
      spirv.Return
    }
  }
}

// -----

// A later version stays.
// CHECK: requires #spirv.vce<v1.5,
gpu.module @kernels {
  spirv.module Logical GLSL450 requires #spirv.vce<v1.5, [Shader], []> {
  }
}
