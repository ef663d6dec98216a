// What a chip can run passes as it is.
// RUN: claw-opt %s -check-chip=chip=nvptx:sm_80 | FileCheck %s
// RUN: claw-opt %s -check-chip=chip=spirv:opencl | FileCheck %s
// RUN: claw-opt %s -check-chip=chip=host:x86-64-v4 | FileCheck %s

// CHECK-LABEL: func.func private @fits(%{{.*}}: memref<?x4096xf16>, %{{.*}}: memref<2147483647xi8>, %{{.*}}: index)
// CHECK-NEXT: return
func.func private @fits(%x: memref<?x4096xf16>, %y: memref<2147483647xi8>, %n: index) attributes {claw.kernel} {
  return
}
