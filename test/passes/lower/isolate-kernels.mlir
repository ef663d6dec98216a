// Only the kernels stay: the host's functions, and what they need, are in the launch plan by now.
// RUN: claw-opt %s -isolate-kernels | FileCheck %s

// CHECK-NOT: memref.global
// CHECK-NOT: func.func
// CHECK: gpu.module @kernels
// CHECK: memref.global "private" @tile
// CHECK: gpu.func @k
// CHECK-NOT: func.func
// CHECK-NOT: gpu.launch_func
module attributes {gpu.container_module} {
  memref.global "private" constant @weights : memref<2xf32> = dense<[1.0, 2.0]>
  func.func @main(%x: memref<?xf32>) {
    %c1 = arith.constant 1 : index
    gpu.launch_func @kernels::@k blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1) args(%x : memref<?xf32>)
    return
  }
  gpu.module @kernels {
    memref.global "private" @tile : memref<8xf32, #gpu.address_space<workgroup>>
    gpu.func @k(%x: memref<?xf32>) kernel {
      gpu.return
    }
  }
  func.func @other() {
    return
  }
}
