// From per-thread kernels to LLVM with AMD's operations: bare pointers, 32-bit indices, no library.
// RUN: claw-opt %s --pass-pipeline='lower-to-rocdl{chip=amdgpu:gfx942}' | FileCheck %s --check-prefixes=CHECK,CDNA
// RUN: claw-opt %s --pass-pipeline='lower-to-rocdl{chip=amdgpu:gfx1100}' | FileCheck %s --check-prefixes=CHECK,RDNA

// CHECK: llvm.mlir.global private @tile() {addr_space = 3 : i32, alignment = 16 : i64}
// CHECK-LABEL: llvm.func @reverse(
// CHECK-SAME: !llvm.ptr<1> {llvm.align = 16 : i64, llvm.noalias, llvm.readonly}
// CHECK-SAME: !llvm.ptr<1> {llvm.align = 16 : i64, llvm.noalias, llvm.writeonly}
// CHECK-SAME: i32
// CHECK-SAME: rocdl.flat_work_group_size = "64,64"
// CHECK-SAME: rocdl.kernel
// CHECK: rocdl.workitem.id.x
// CHECK: llvm.load %{{.*}} : !llvm.ptr<1> -> f32
// CHECK: llvm.call_intrinsic "llvm.exp2"
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<3>
// Only RDNA gains by a barrier that is told what it orders.
// RDNA: llvm.fence syncscope("workgroup") release {llvm.mmra = #mmra_tag}
// RDNA: rocdl.s.barrier
// RDNA: llvm.fence syncscope("workgroup") acquire {llvm.mmra = #mmra_tag}
// CDNA: rocdl.barrier
// CHECK: llvm.load %{{.*}} : !llvm.ptr<3> -> f32
// CHECK: rocdl.update.dpp
// CHECK-NOT: gpu.{{[a-z]+ }}
gpu.module @kernels {
  memref.global "private" @tile : memref<64xf32, #gpu.address_space<workgroup>> {alignment = 16 : i64}
  gpu.func @reverse(%x: memref<?xf32>, %y: memref<?xf32>, %n: index) kernel
      attributes {known_block_size = array<i32: 64, 1, 1>, claw.access = ["read", "write"]} {
    %c1 = arith.constant 1 : i32
    %width = arith.constant 32 : i32
    %c63 = arith.constant 63 : index
    %tile = memref.get_global @tile : memref<64xf32, #gpu.address_space<workgroup>>
    %t = gpu.thread_id x
    %v = memref.load %x[%t] : memref<?xf32>
    %e = math.exp2 %v : f32
    memref.store %e, %tile[%t] : memref<64xf32, #gpu.address_space<workgroup>>
    gpu.barrier
    %o = arith.subi %c63, %t : index
    %w = memref.load %tile[%o] : memref<64xf32, #gpu.address_space<workgroup>>
    %z, %valid = gpu.shuffle xor %w, %c1, %width : f32
    %i = arith.addi %t, %n : index
    memref.store %z, %y[%i] : memref<?xf32>
    gpu.return
  }
}
