// MLIR's conversion leaves its module beside the old one for Vulkan, and inside of it for OpenCL;
// either way nothing stays but the converted one, in a gpu.module that says its target.
// RUN: claw-opt %s -isolate-spirv-module | FileCheck %s
// RUN: sed -e '/^.. beside-begin/,/^.. beside-end/d' -e 's/^  \/\/ inside //' %s | claw-opt - -isolate-spirv-module | FileCheck %s

// CHECK-NOT: gpu.func
// CHECK: gpu.module @kernels [#spirv.target_env<#spirv.vce<v1.5, [Shader], []>{{.*}}>]
// CHECK-NEXT: spirv.module @__spv__kernels Logical GLSL450
// CHECK-NEXT: spirv.func @k()
// CHECK-NOT: gpu.func
// CHECK-NOT: gpu.module
module attributes {spirv.target_env = #spirv.target_env<#spirv.vce<v1.5, [Shader], []>, #spirv.resource_limits<>>} {
gpu.module @kernels {
  // inside spirv.module @__spv__kernels Logical GLSL450 { spirv.func @k() "None" { spirv.Return } }
  gpu.func @k() kernel {
    gpu.return
  }
}
// beside-begin
spirv.module @__spv__kernels Logical GLSL450 {
  spirv.func @k() "None" {
    spirv.Return
  }
}
// beside-end
}
