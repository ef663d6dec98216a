// RUN: claw-opt %s --pass-pipeline='legalize-spirv-memory{chip=spirv:opencl},lower-to-spirv-opencl{chip=spirv:opencl}' | FileCheck %s

// Pointers and 64-bit scalars, wide accesses as aligned as they are known to be, barriers that order
// all memory, and no contraction of a multiplication and an addition.

// CHECK: gpu.module @kernels [#spirv.target_env
// CHECK: spirv.module @{{.*}} Physical64 OpenCL requires #spirv.vce<v1.0, [Int64, Addresses, Kernel], []>
// CHECK-DAG: spirv.GlobalVariable @[[SHARED:.*]] : !spirv.ptr<!spirv.array<256 x f32>, Workgroup>
// CHECK: spirv.func @k(%[[X:.*]]: !spirv.ptr<f32, CrossWorkgroup>, %{{.*}}: !spirv.ptr<f32, CrossWorkgroup>, %[[N:.*]]: i64)
// CHECK: %[[P:.*]] = spirv.Bitcast %{{.*}} : !spirv.ptr<f32, CrossWorkgroup> to !spirv.ptr<vector<4xf32>, CrossWorkgroup>
// CHECK: spirv.Load "CrossWorkgroup" %[[P]] ["Aligned", 4] : vector<4xf32>
// CHECK: spirv.Store "Workgroup" %{{.*}}, %{{.*}} ["Aligned", 16] : vector<4xf32>
// CHECK: spirv.ControlBarrier <Workgroup>, <Workgroup>, <AcquireRelease|WorkgroupMemory|CrossWorkgroupMemory>
// CHECK: spirv.mlir.loop
// CHECK: spirv.SLessThan %{{.*}}, %[[N]] : i64
// CHECK: spirv.CL.fma
// CHECK: spirv.EntryPoint "Kernel" @k
// CHECK: spirv.ExecutionMode @k "LocalSize", 64, 1, 1
// CHECK: spirv.ExecutionMode @k "ContractionOff"
gpu.module @kernels {
  memref.global "private" @s : memref<256xf32, #gpu.address_space<workgroup>> {alignment = 16}
  gpu.func @k(%x: memref<?xf32>, %o: memref<?xf32>, %n: index) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %s = memref.get_global @s : memref<256xf32, #gpu.address_space<workgroup>>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %t = gpu.thread_id x
    %i = arith.muli %t, %c4 : index
    %v = vector.load %x[%i] {alignment = 4 : i64} : memref<?xf32>, vector<4xf32>
    vector.store %v, %s[%i] {alignment = 16 : i64} : memref<256xf32, #gpu.address_space<workgroup>>, vector<4xf32>
    gpu.barrier
    %r = scf.for %k = %c0 to %n step %c1 iter_args(%a = %v) -> (vector<4xf32>) {
      %w = vector.load %s[%k] {alignment = 4 : i64} : memref<256xf32, #gpu.address_space<workgroup>>, vector<4xf32>
      %f = math.fma %w, %v, %a : vector<4xf32>
      scf.yield %f : vector<4xf32>
    }
    vector.store %r, %o[%i] {alignment = 4 : i64} : memref<?xf32>, vector<4xf32>
    gpu.return
  }
}
