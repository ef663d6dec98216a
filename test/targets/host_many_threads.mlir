// A kernel of the host has one thread, and nothing to shuffle with.
// RUN: not claw-opt %s --pass-pipeline=lower-to-host 2>&1 | FileCheck %s

// CHECK: error: 'gpu.shuffle' op is for many threads; a kernel of the host has one
gpu.module @kernels {
  gpu.func @k(%x: memref<?xf32>) kernel attributes {known_block_size = array<i32: 1, 1, 1>} {
    %one = arith.constant 1 : i32
    %i = gpu.block_id x
    %v = memref.load %x[%i] : memref<?xf32>
    %w, %valid = gpu.shuffle xor %v, %one, %one : f32
    memref.store %w, %x[%i] : memref<?xf32>
    gpu.return
  }
}
