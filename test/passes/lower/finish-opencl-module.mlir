// Barriers order the memory of all, and a multiplication and an addition stay two roundings.
// RUN: claw-opt %s -finish-opencl-module | FileCheck %s

// CHECK: spirv.func @k
// CHECK: spirv.ControlBarrier <Workgroup>, <Workgroup>, <AcquireRelease|WorkgroupMemory|CrossWorkgroupMemory>
// CHECK-NEXT: spirv.FMul %{{.*}}, %{{.*}} : f32
// Each entry point says it for all operations of its kernel.
// CHECK: spirv.EntryPoint "Kernel" @k
// CHECK: spirv.EntryPoint "Kernel" @other
// CHECK: spirv.ExecutionMode @k "ContractionOff"
// CHECK: spirv.ExecutionMode @other "ContractionOff"
gpu.module @kernels {
  spirv.module Physical64 OpenCL {
    spirv.func @k(%x: f32) "None" {
      spirv.ControlBarrier <Workgroup>, <Workgroup>, <AcquireRelease|WorkgroupMemory>
      %y = spirv.FMul %x, %x : f32
      spirv.Return
    }
    spirv.func @other() "None" {
      spirv.Return
    }
    spirv.EntryPoint "Kernel" @k
    spirv.EntryPoint "Kernel" @other
  }
}
