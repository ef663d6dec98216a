// Only buffers of one dimension, and without further views, have a bare pointer to be.
// RUN: claw-opt %s -bound-buffers -split-input-file -verify-diagnostics

gpu.module @kernels {
  // expected-error @below {{has a buffer of type memref<4x?xf32>; expected one dimension}}
  gpu.func @rank(%x: memref<4x?xf32>) kernel {
    gpu.return
  }
}

// -----

gpu.module @kernels {
  gpu.func @view(%x: memref<?xf32>) kernel {
    // expected-error @below {{makes another view of a buffer; expected loads and stores}}
    %y = memref.cast %x : memref<?xf32> to memref<64xf32>
    gpu.return
  }
}
