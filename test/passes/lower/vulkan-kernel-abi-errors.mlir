// Push constants are 32 bits each, and every device has room for 32 of them.
// RUN: claw-opt %s -vulkan-kernel-abi -split-input-file -verify-diagnostics

gpu.module @kernels {
  // expected-error @below {{needs 132 bytes of push constants for its sizes; Vulkan devices offer 128: make some of the sizes static}}
  gpu.func @many(%0: index, %1: index, %2: index, %3: index, %4: index, %5: index, %6: index,
      %7: index, %8: index, %9: index, %10: index, %11: index, %12: index, %13: index, %14: index,
      %15: index, %16: index, %17: index, %18: index, %19: index, %20: index, %21: index,
      %22: index, %23: index, %24: index, %25: index, %26: index, %27: index, %28: index,
      %29: index, %30: index, %31: index) kernel {
    gpu.return
  }
}

// -----

gpu.module @kernels {
  // expected-error @below {{takes a scalar of f32; expected index}}
  gpu.func @float(%x: memref<?xf32>, %a: f32) kernel {
    gpu.return
  }
}
