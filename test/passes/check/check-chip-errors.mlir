// Types that a chip has not, and buffers that its indices do not reach, are refused by name.
// RUN: split-file %s %t
// RUN: claw-opt %t/size.mlir -check-chip=chip=nvptx:sm_80 -split-input-file -verify-diagnostics
// RUN: claw-opt %t/size-of-host.mlir -check-chip=chip=host:x86-64-v4 | FileCheck %t/size-of-host.mlir
// RUN: claw-opt %t/type.mlir -check-chip=chip=host:x86-64-v2 -split-input-file -verify-diagnostics

//--- size.mlir
// expected-error @below {{takes a buffer of 2147483648 elements; kernels for nvptx:sm_80 count with 32 bits, 2147483647 elements at most: split the tensor}}
func.func private @one_too_many(%x: memref<2147483648xi8>) attributes {claw.kernel} {
  return
}

// -----

// Sizes that are not known until the launch count as one: at least so many there are.
// expected-error @below {{takes a buffer of 10000000000 elements}}
func.func private @product(%x: memref<100000x?x100000xf32>) attributes {claw.kernel} {
  return
}

//--- size-of-host.mlir
// CHECK: func.func private @k(%{{.*}}: memref<100000x100000xf32>)
func.func private @k(%x: memref<100000x100000xf32>) attributes {claw.kernel} {
  return
}

//--- type.mlir
// expected-error @below {{needs f16, which host:x86-64-v2 has not; it has bf16, f32, f64, i1, i16, i32, i64, i8}}
func.func private @half(%n: index, %x: memref<4xf32>, %y: memref<?xf16>) attributes {claw.kernel} {
  return
}

// -----

// Not only kernels: what the host reads goes through them.
// expected-error @below {{needs f16}}
func.func @main(%x: memref<4xf16>) {
  return
}
