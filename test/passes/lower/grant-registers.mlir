// Kernels of narrow elements, products of i64, and long sums get a limit: ptxas then does not spill
// for occupancy.  It is what a thread holds at once and 16 besides, no less than 128, and what more
// the workgroups that a unit then has leave to each.
// RUN: claw-opt %s -grant-registers | FileCheck %s

// Nothing is held: 128, with which a unit has two workgroups of 256 threads, or four of 128.
// CHECK: gpu.func @narrow{{.*}}nvvm.maxnreg = 128 : i32
// CHECK: gpu.func @long{{.*}}nvvm.maxnreg = 128 : i32
// CHECK: gpu.func @bytes{{.*}}nvvm.maxnreg = 128 : i32
// CHECK: gpu.func @blocks{{.*}}nvvm.maxnreg = 128 : i32
// 128 are carried: 144, of which there are enough for three workgroups of 128 threads, and for one
// of 256, which may have all.
// CHECK: gpu.func @three{{.*}}nvvm.maxnreg = 168 : i32
// CHECK: gpu.func @one{{.*}}nvvm.maxnreg = 255 : i32
// All threads that there can be: a half for each.
// CHECK: gpu.func @many{{.*}}nvvm.maxnreg = 64 : i32
// CHECK: gpu.func @wide
// CHECK-NOT: nvvm.maxnreg
gpu.module @kernels {
  gpu.func @narrow(%a: memref<?xf16>, %c: memref<?xf32>, %n: index) kernel
      attributes {claw.schedule = {thread = [8, 8], tile = [128, 128, 32], warps = 8},
                  known_block_size = array<i32: 256, 1, 1>} {
    gpu.return
  }
  gpu.func @long(%a: memref<?xi64>, %c: memref<?xi64>) kernel
      attributes {claw.schedule = {thread = [4, 8], tile = [64, 64, 16], warps = 4},
                  known_block_size = array<i32: 128, 1, 1>} {
    gpu.return
  }
  gpu.func @bytes(%a: memref<?xi8>, %b: memref<?xf32>) kernel
      attributes {known_block_size = array<i32: 128, 1, 1>} {
    gpu.return
  }
  gpu.func @blocks(%a: memref<?xf32>, %n: index) kernel
      attributes {known_block_size = array<i32: 128, 1, 1>} {
    %c1 = arith.constant 1 : index
    scf.for %i = %c1 to %n step %c1 {
      scf.for %j = %i to %n step %c1 {
      }
    }
    gpu.return
  }
  gpu.func @three(%a: memref<?xf16>, %x: vector<128xf32>, %n: index) kernel
      attributes {known_block_size = array<i32: 128, 1, 1>} {
    %c1 = arith.constant 1 : index
    %r = scf.for %i = %c1 to %n step %c1 iter_args(%s = %x) -> (vector<128xf32>) {
      %t = arith.addf %s, %s : vector<128xf32>
      scf.yield %t : vector<128xf32>
    }
    %c = vector.extract %r[0] : f32 from vector<128xf32>
    %h = arith.truncf %c : f32 to f16
    memref.store %h, %a[%n] : memref<?xf16>
    gpu.return
  }
  gpu.func @one(%a: memref<?xf16>, %x: vector<128xf32>, %n: index) kernel
      attributes {known_block_size = array<i32: 256, 1, 1>} {
    %c1 = arith.constant 1 : index
    %r = scf.for %i = %c1 to %n step %c1 iter_args(%s = %x) -> (vector<128xf32>) {
      %t = arith.addf %s, %s : vector<128xf32>
      scf.yield %t : vector<128xf32>
    }
    %c = vector.extract %r[0] : f32 from vector<128xf32>
    %h = arith.truncf %c : f32 to f16
    memref.store %h, %a[%n] : memref<?xf16>
    gpu.return
  }
  gpu.func @many(%a: memref<?xf16>) kernel
      attributes {known_block_size = array<i32: 1024, 1, 1>} {
    gpu.return
  }
  gpu.func @wide(%a: memref<?xf32>, %c: memref<?xf32>) kernel
      attributes {claw.schedule = {thread = [8, 8], tile = [128, 128, 16], warps = 8},
                  known_block_size = array<i32: 256, 1, 1>} {
    gpu.return
  }
  gpu.func @exp(%a: memref<?xf32>, %x: f32) kernel
      attributes {known_block_size = array<i32: 128, 1, 1>} {
    %y = math.exp %x : f32
    gpu.return
  }
  gpu.func @double(%a: memref<?xf64>, %b: memref<?xf16>) kernel
      attributes {known_block_size = array<i32: 128, 1, 1>} {
    gpu.return
  }
}
