// Constants that differ from element to element are not expected at this level.
// RUN: claw-opt %s -legalize-bf16 -split-input-file -verify-diagnostics

gpu.module @kernels {
  gpu.func @k(%x: memref<?xbf16>, %i: index) kernel {
    // expected-error @below {{is a bf16 constant that is neither a scalar nor a splat}}
    %c = arith.constant dense<[1.0, 2.0]> : vector<2xbf16>
    vector.store %c, %x[%i] : memref<?xbf16>, vector<2xbf16>
    gpu.return
  }
}
