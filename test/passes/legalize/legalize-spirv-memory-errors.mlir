// Buffers of several dimensions have no one pointer to an element.
// RUN: claw-opt %s -legalize-spirv-memory -split-input-file -verify-diagnostics

gpu.module @kernels {
  // expected-error @below {{takes memref<4x4xf32>; expected a 1-D memref}}
  gpu.func @k(%x: memref<?xf32>, %y: memref<4x4xf32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
}
