// Kernels of narrow elements, products of i64, and erf get a limit: ptxas then does not spill for
// occupancy.  It is what a thread holds for long, and 96 besides, or all that the chip has.
// RUN: claw-opt %s -grant-registers | FileCheck %s

// Accumulators: 8 x 8 of one register, 4 x 8 of two.
// CHECK: gpu.func @narrow{{.*}}nvvm.maxnreg = 160 : i32
// CHECK: gpu.func @long{{.*}}nvvm.maxnreg = 160 : i32
// CHECK: gpu.func @most{{.*}}nvvm.maxnreg = 255 : i32
// Elements of another kernel: 32.
// CHECK: gpu.func @no_contraction{{.*}}nvvm.maxnreg = 128 : i32
// CHECK: gpu.func @bytes{{.*}}nvvm.maxnreg = 128 : i32
// CHECK: gpu.func @erf{{.*}}nvvm.maxnreg = 128 : i32
// CHECK: gpu.func @blocks{{.*}}nvvm.maxnreg = 128 : i32
// CHECK: gpu.func @wide
// CHECK-NOT: nvvm.maxnreg
gpu.module @kernels {
  gpu.func @narrow(%a: memref<?xf16>, %c: memref<?xf32>, %n: index) kernel
      attributes {claw.schedule = {thread = [8, 8], tile = [128, 128, 32], warps = 8}} {
    gpu.return
  }
  gpu.func @long(%a: memref<?xi64>, %c: memref<?xi64>) kernel
      attributes {claw.schedule = {thread = [4, 8], tile = [64, 64, 16], warps = 4}} {
    gpu.return
  }
  gpu.func @most(%a: memref<?xbf16>, %c: memref<?xbf16>) kernel
      attributes {claw.schedule = {thread = [16, 16], tile = [128, 128, 16], warps = 2}} {
    gpu.return
  }
  gpu.func @no_contraction(%a: memref<?xf16>) kernel
      attributes {claw.schedule = {tile = [1024], warps = 4}} {
    gpu.return
  }
  gpu.func @bytes(%a: memref<?xi8>, %b: memref<?xf32>) kernel {
    gpu.return
  }
  gpu.func @erf(%a: memref<?xf32>, %x: f32) kernel {
    %y = math.erf %x : f32
    gpu.return
  }
  gpu.func @blocks(%a: memref<?xf32>, %n: index) kernel {
    %c1 = arith.constant 1 : index
    scf.for %i = %c1 to %n step %c1 {
      scf.for %j = %i to %n step %c1 {
      }
    }
    gpu.return
  }
  gpu.func @wide(%a: memref<?xf32>, %c: memref<?xf32>) kernel
      attributes {claw.schedule = {thread = [8, 8], tile = [128, 128, 16], warps = 8}} {
    gpu.return
  }
  gpu.func @exp(%a: memref<?xf32>, %x: f32) kernel {
    %y = math.exp %x : f32
    gpu.return
  }
  gpu.func @double(%a: memref<?xf64>, %b: memref<?xf16>) kernel {
    gpu.return
  }
}
