// Buffers of unknown size become static ones, with what LLVM may assume; scalars stay as they are.
// RUN: claw-opt %s -bound-buffers -split-input-file | FileCheck %s --check-prefixes=CHECK,GPU
// RUN: claw-opt %s --pass-pipeline='bound-buffers{index-bits=64 space= alignment=0}' -split-input-file | FileCheck %s --check-prefixes=CHECK,HOST

// GPU-LABEL: gpu.func @access
// GPU-SAME: (%[[X:.*]]: memref<2147483647xf32, #gpu.address_space<global>> {llvm.align = 16 : i64, llvm.noalias, llvm.readonly},
// GPU-SAME: %[[N:.*]]: index,
// GPU-SAME: %[[Y:.*]]: memref<2147483647xbf16, #gpu.address_space<global>> {llvm.align = 16 : i64, llvm.noalias, llvm.writeonly},
// GPU-SAME: %{{.*}}: memref<2147483647xi8, #gpu.address_space<global>> {llvm.align = 16 : i64, llvm.noalias})

// With indices of 64 bits a buffer may hold 2^48 elements; a processor has one address space, and
// buffers that are a caller's arrays, aligned as their elements are.
// HOST-LABEL: gpu.func @access
// HOST-SAME: (%[[X:.*]]: memref<281474976710656xf32> {llvm.align = 4 : i64, llvm.noalias, llvm.readonly},
// HOST-SAME: %[[N:.*]]: index,
// HOST-SAME: %[[Y:.*]]: memref<281474976710656xbf16> {{{.*}}llvm.writeonly}

// Loads and stores follow.
// GPU: memref.load %[[X]][%[[N]]] : memref<2147483647xf32, #gpu.address_space<global>>
// HOST: memref.load %[[X]][%[[N]]] : memref<281474976710656xf32>
// CHECK-NOT: memref<?x
gpu.module @kernels {
  gpu.func @access(%x: memref<?xf32>, %n: index, %y: memref<?xbf16>, %z: memref<?xi8>) kernel
      attributes {claw.access = ["read", "write", "readwrite"]} {
    %v = memref.load %x[%n] : memref<?xf32>
    %r = arith.truncf %v : f32 to bf16
    memref.store %r, %y[%n] : memref<?xbf16>
    gpu.return
  }
}

// -----

// Where nothing says how buffers are used, they may be read and written.
// CHECK-LABEL: gpu.func @unsaid
// CHECK-SAME: {llvm.align = {{16|8}} : i64, llvm.noalias}) kernel
gpu.module @kernels {
  gpu.func @unsaid(%x: memref<?xf64>) kernel {
    gpu.return
  }
}
