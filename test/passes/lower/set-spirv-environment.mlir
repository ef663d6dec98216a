// The module says what SPIR-V it may become, each kernel how large its workgroups are.
// RUN: claw-opt %s -set-spirv-environment=chip=spirv:opencl | FileCheck %s --check-prefixes=CHECK,OPENCL
// RUN: claw-opt %s -set-spirv-environment=chip=spirv:vulkan | FileCheck %s --check-prefixes=CHECK,VULKAN

// OPENCL: module attributes {spirv.target_env = #spirv.target_env<#spirv.vce<v1.2, [Kernel, Addresses, {{.*}}Vector16{{.*}}], []>, api=OpenCL
// VULKAN: module attributes {spirv.target_env = #spirv.target_env<#spirv.vce<v1.5, [Shader, {{.*}}StorageBuffer16BitAccess{{.*}}], [SPV_KHR_storage_buffer_storage_class, {{.*}}]>, api=Vulkan
// CHECK: gpu.func @row({{.*}}spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [64, 1, 1]>
// CHECK: gpu.func @box({{.*}}spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [8, 4, 2]>
gpu.module @kernels {
  gpu.func @row(%x: memref<?xf32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
  gpu.func @box(%x: memref<?xf32>) kernel attributes {known_block_size = array<i32: 8, 4, 2>} {
    gpu.return
  }
}
