// What needs more than one thread is refused.
// RUN: claw-opt %s -kernels-to-functions -split-input-file -verify-diagnostics

gpu.module @kernels {
  gpu.func @shuffle(%x: memref<?xf32>) kernel attributes {known_block_size = array<i32: 1, 1, 1>} {
    %one = arith.constant 1 : i32
    %i = gpu.block_id x
    %v = memref.load %x[%i] : memref<?xf32>
    // expected-error @below {{'gpu.shuffle' op is for many threads; a kernel of the host has one}}
    %w, %valid = gpu.shuffle xor %v, %one, %one : f32
    memref.store %w, %x[%i] : memref<?xf32>
    gpu.return
  }
}

// -----

gpu.module @kernels {
  gpu.func @size(%x: memref<?xindex>) kernel {
    %c0 = arith.constant 0 : index
    // expected-error @below {{'gpu.block_dim' op is for many threads; a kernel of the host has one}}
    %n = gpu.block_dim x
    memref.store %n, %x[%c0] : memref<?xindex>
    gpu.return
  }
}
