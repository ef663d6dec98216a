// Where the conversion has left nothing, or not one module, it has not run.
// RUN: claw-opt %s -isolate-spirv-module -split-input-file -verify-diagnostics

// expected-error @unknown {{holds not one gpu.module and one spirv.module}}
gpu.module @kernels {
}

// -----

// expected-error @unknown {{holds not one gpu.module and one spirv.module}}
spirv.module Logical GLSL450 {
}
