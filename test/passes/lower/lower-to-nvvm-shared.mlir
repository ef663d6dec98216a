// Each workgroup of 256 threads reverses its 1024 elements through shared memory.
// RUN: claw-opt %s --pass-pipeline='lower-to-nvvm{chip=nvptx:sm_80}' | FileCheck %s
// RUN: claw-opt %s --pass-pipeline='lower-to-rocdl{chip=amdgpu:gfx1100}' | FileCheck %s --check-prefix=AMD

// CHECK: llvm.mlir.global private @reverse_tile() {addr_space = 3 : i32, alignment = 16 : i64}
// CHECK-LABEL: llvm.func @reverse
// CHECK-SAME: claw.static_shared = 4112
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>

// AMD-LABEL: llvm.func @reverse
// AMD: llvm.fence syncscope("workgroup") release {llvm.mmra = #mmra_tag}
// AMD: rocdl.s.barrier
// AMD: llvm.fence syncscope("workgroup") acquire {llvm.mmra = #mmra_tag}
module attributes {gpu.container_module} {
  gpu.module @kernels {
    memref.global "private" @reverse_odd : memref<3xf32, #gpu.address_space<workgroup>> {alignment = 16 : i64}
    memref.global "private" @reverse_tile : memref<1024xf32, #gpu.address_space<workgroup>> {alignment = 16 : i64}
    gpu.func @reverse(%x: memref<?xf32>, %y: memref<?xf32>)
        kernel attributes {known_block_size = array<i32: 256, 1, 1>, claw.access = ["read", "write"]} {
      %c0 = arith.constant 0 : index
      %c4 = arith.constant 4 : index
      %c255 = arith.constant 255 : index
      %c1024 = arith.constant 1024 : index
      %odd = memref.get_global @reverse_odd : memref<3xf32, #gpu.address_space<workgroup>>
      %tile = memref.get_global @reverse_tile : memref<1024xf32, #gpu.address_space<workgroup>>
      %t = gpu.thread_id x
      %b = gpu.block_id x
      %first = arith.muli %b, %c1024 : index
      %mine = arith.muli %t, %c4 : index
      %i = arith.addi %first, %mine : index
      %v = vector.load %x[%i] {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
      vector.store %v, %tile[%mine] {alignment = 16 : i64} : memref<1024xf32, #gpu.address_space<workgroup>>, vector<4xf32>
      %lead = arith.cmpi eq, %t, %c0 : index
      scf.if %lead {
        %e = vector.extract %v[0] : f32 from vector<4xf32>
        memref.store %e, %odd[%c0] : memref<3xf32, #gpu.address_space<workgroup>>
      }
      gpu.barrier
      %s = arith.subi %c255, %t : index
      %other = arith.muli %s, %c4 : index
      %w = vector.load %tile[%other] {alignment = 16 : i64} : memref<1024xf32, #gpu.address_space<workgroup>>, vector<4xf32>
      %r = vector.shuffle %w, %w [3, 2, 1, 0] : vector<4xf32>, vector<4xf32>
      %o = memref.load %odd[%c0] : memref<3xf32, #gpu.address_space<workgroup>>
      %ob = vector.broadcast %o : f32 to vector<4xf32>
      %q = arith.addf %r, %ob : vector<4xf32>
      vector.store %q, %y[%i] {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
      gpu.return
    }
  }
}
