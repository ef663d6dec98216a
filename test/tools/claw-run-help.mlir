// The help teaches: devices, what is done without --inputs, the environment, and examples.
// RUN: claw-run --help | FileCheck %s
// RUN: claw-run --list-devices | FileCheck %s --check-prefix=DEVICES

// CHECK: Usage: claw-run [OPTIONS] FILE.mlir|FILE.claw
// CHECK: --device D
// CHECK: --check D
// CHECK: opencl:N    the N-th OpenCL device that takes SPIR-V
// CHECK: CLAWC_NUM_THREADS
// CHECK: claw-run kernel.mlir -device=vulkan -check=host

// DEVICES: host:0
// DEVICES: opencl
// DEVICES: vulkan
// DEVICES: cuda
// DEVICES: hip
