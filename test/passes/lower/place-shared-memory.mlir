// Over 48 KB of shared memory must be asked for at the launch; the other kernel stays as it is.
// RUN: claw-opt %s --pass-pipeline='place-shared-memory{chip=nvptx:sm_80}' | FileCheck %s
// RUN: claw-opt %s --pass-pipeline='lower-to-nvvm{chip=nvptx:sm_80}' | FileCheck %s --check-prefix=LLVM
// RUN: not claw-opt %s --pass-pipeline='place-shared-memory{chip=spirv:opencl}' 2>&1 | FileCheck %s --check-prefix=SMALL

// CHECK: memref.global @dynamic_shared : memref<0xi8, #gpu.address_space<workgroup>> {alignment = 16 : i64}
// CHECK-NOT: @a
// CHECK: memref.global "private" @c
// CHECK-LABEL: gpu.func @big
// CHECK-SAME: claw.dynamic_shared = 53264
// CHECK: memref.view %{{.*}}[%c0{{.*}}][]
// CHECK: memref.view %{{.*}}[%c49152{{.*}}][]
// CHECK: memref.view %{{.*}}[%c49168{{.*}}][]
// CHECK-LABEL: gpu.func @small
// CHECK-SAME: claw.static_shared = 4096
// CHECK: memref.get_global @c

// LLVM: llvm.mlir.global external @dynamic_shared() {addr_space = 3 : i32, alignment = 16 : i64}

// SMALL: needs 53264 bytes of shared memory, but a workgroup of spirv:opencl has 32768
module attributes {gpu.container_module} {
  gpu.module @kernels {
    memref.global "private" @a : memref<12288xf32, #gpu.address_space<workgroup>> {alignment = 16 : i64}
    memref.global "private" @b : memref<3xf16, #gpu.address_space<workgroup>> {alignment = 16 : i64}
    memref.global "private" @c : memref<1024xf32, #gpu.address_space<workgroup>> {alignment = 16 : i64}
    gpu.func @big(%x: memref<?xf32>) kernel attributes {known_block_size = array<i32: 256, 1, 1>} {
      %c0 = arith.constant 0 : index
      %c4 = arith.constant 4 : index
      %h = arith.constant 1.0 : f16
      %t = gpu.thread_id x
      %i = arith.muli %t, %c4 : index
      %a = memref.get_global @a : memref<12288xf32, #gpu.address_space<workgroup>>
      %b = memref.get_global @b : memref<3xf16, #gpu.address_space<workgroup>>
      %c = memref.get_global @c : memref<1024xf32, #gpu.address_space<workgroup>>
      %v = vector.load %x[%i] {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
      vector.store %v, %a[%i] {alignment = 16 : i64} : memref<12288xf32, #gpu.address_space<workgroup>>, vector<4xf32>
      vector.store %v, %c[%i] {alignment = 16 : i64} : memref<1024xf32, #gpu.address_space<workgroup>>, vector<4xf32>
      memref.store %h, %b[%c0] : memref<3xf16, #gpu.address_space<workgroup>>
      gpu.barrier
      %c1020 = arith.constant 1020 : index
      %j = arith.subi %c1020, %i : index
      %w = vector.load %a[%j] {alignment = 16 : i64} : memref<12288xf32, #gpu.address_space<workgroup>>, vector<4xf32>
      %u = vector.load %c[%j] {alignment = 16 : i64} : memref<1024xf32, #gpu.address_space<workgroup>>, vector<4xf32>
      %s = arith.addf %w, %u : vector<4xf32>
      %e = memref.load %b[%c0] : memref<3xf16, #gpu.address_space<workgroup>>
      %ef = arith.extf %e : f16 to f32
      %eb = vector.broadcast %ef : f32 to vector<4xf32>
      %q = arith.addf %s, %eb : vector<4xf32>
      vector.store %q, %x[%i] {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
      gpu.return
    }
    gpu.func @small(%x: memref<?xf32>) kernel attributes {known_block_size = array<i32: 256, 1, 1>} {
      %c0 = arith.constant 0 : index
      %t = gpu.thread_id x
      %c = memref.get_global @c : memref<1024xf32, #gpu.address_space<workgroup>>
      %v = memref.load %x[%t] : memref<?xf32>
      memref.store %v, %c[%t] : memref<1024xf32, #gpu.address_space<workgroup>>
      gpu.barrier
      %w = memref.load %c[%c0] : memref<1024xf32, #gpu.address_space<workgroup>>
      memref.store %w, %x[%t] : memref<?xf32>
      gpu.return
    }
  }
}
