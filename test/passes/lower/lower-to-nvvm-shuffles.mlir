// The sum of 32 f32 and the maximum of 32 i32, a row a warp of 32 lanes.
// RUN: claw-opt %s --pass-pipeline='lower-to-nvvm{chip=nvptx:sm_80}' | FileCheck %s

// CHECK-LABEL: llvm.func @reduce
// CHECK-COUNT-10: nvvm.shfl.sync bfly
module attributes {gpu.container_module} {
  gpu.module @kernels {
    gpu.func @reduce(%x: memref<?xf32>, %k: memref<?xi32>, %s: memref<?xf32>, %m: memref<?xi32>, %n: index)
        kernel attributes {known_block_size = array<i32: 32, 1, 1>, claw.access = ["read", "read", "write", "write"]} {
      %c0 = arith.constant 0 : index
      %c32 = arith.constant 32 : index
      %width = arith.constant 32 : i32
      %zero = arith.constant 0.0 : f32
      %t = gpu.thread_id x
      %b = gpu.block_id x
      %first = arith.muli %b, %c32 : index
      %i = arith.addi %first, %t : index
      %inside = arith.cmpi slt, %i, %n : index
      %least = arith.constant -2147483648 : i32
      %v, %w = scf.if %inside -> (f32, i32) {
        %p = memref.load %x[%i] : memref<?xf32>
        %q = memref.load %k[%i] : memref<?xi32>
        scf.yield %p, %q : f32, i32
      } else {
        scf.yield %zero, %least : f32, i32
      }
      %o16 = arith.constant 16 : i32
      %o8 = arith.constant 8 : i32
      %o4 = arith.constant 4 : i32
      %o2 = arith.constant 2 : i32
      %o1 = arith.constant 1 : i32
      %v16, %p16 = gpu.shuffle xor %v, %o16, %width : f32
      %s16 = arith.addf %v, %v16 : f32
      %v8, %p8 = gpu.shuffle xor %s16, %o8, %width : f32
      %s8 = arith.addf %s16, %v8 : f32
      %v4, %p4 = gpu.shuffle xor %s8, %o4, %width : f32
      %s4 = arith.addf %s8, %v4 : f32
      %v2, %p2 = gpu.shuffle xor %s4, %o2, %width : f32
      %s2 = arith.addf %s4, %v2 : f32
      %v1, %p1 = gpu.shuffle xor %s2, %o1, %width : f32
      %s1 = arith.addf %s2, %v1 : f32
      %w16, %q16 = gpu.shuffle xor %w, %o16, %width : i32
      %m16 = arith.maxsi %w, %w16 : i32
      %w8, %q8 = gpu.shuffle xor %m16, %o8, %width : i32
      %m8 = arith.maxsi %m16, %w8 : i32
      %w4, %q4 = gpu.shuffle xor %m8, %o4, %width : i32
      %m4 = arith.maxsi %m8, %w4 : i32
      %w2, %q2 = gpu.shuffle xor %m4, %o2, %width : i32
      %m2 = arith.maxsi %m4, %w2 : i32
      %w1, %q1 = gpu.shuffle xor %m2, %o1, %width : i32
      %m1 = arith.maxsi %m2, %w1 : i32
      %lead = arith.cmpi eq, %t, %c0 : index
      scf.if %lead {
        memref.store %s1, %s[%b] : memref<?xf32>
        memref.store %m1, %m[%b] : memref<?xi32>
      }
      gpu.return
    }
  }
}
