// Kernels of narrow elements, products of i64, and erf get a limit: ptxas then does not spill for
// occupancy.
// RUN: claw-opt %s -grant-registers | FileCheck %s

// CHECK: gpu.func @narrow{{.*}}nvvm.maxnreg = 160 : i32
// CHECK: gpu.func @long{{.*}}nvvm.maxnreg = 160 : i32
// CHECK: gpu.func @no_contraction{{.*}}nvvm.maxnreg = 128 : i32
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
  gpu.func @no_contraction(%a: memref<?xf16>) kernel
      attributes {claw.schedule = {tile = [1024], warps = 4}} {
    gpu.return
  }
  gpu.func @wide(%a: memref<?xf32>, %c: memref<?xf32>) kernel
      attributes {claw.schedule = {thread = [8, 8], tile = [128, 128, 16], warps = 8}} {
    gpu.return
  }
}
