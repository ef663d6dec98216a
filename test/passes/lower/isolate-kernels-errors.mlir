// All kernels are in one gpu.module, or the bundle would miss some.
// RUN: claw-opt %s -isolate-kernels -split-input-file -verify-diagnostics

// expected-error @unknown {{holds 0 gpu.module operations; expected one that holds all kernels}}
func.func @main() {
  return
}

// -----

// expected-error @unknown {{holds 2 gpu.module operations; expected one that holds all kernels}}
gpu.module @a {
}
gpu.module @b {
}
