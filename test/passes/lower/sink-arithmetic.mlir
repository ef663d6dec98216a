// Arithmetic moves down to its first user where the thread then holds fewer registers at once.
// RUN: claw-opt %s -sink-arithmetic | FileCheck %s

gpu.module @kernels {
  // Each chunk is finished and stored before the next begins.
  // CHECK-LABEL: gpu.func @chunks
  // CHECK: %[[X0:.*]] = vector.load
  // CHECK: %[[X1:.*]] = vector.load
  // CHECK: %[[S0:.*]] = math.sin %[[X0]]
  // CHECK: %[[C0:.*]] = math.cos %[[X0]]
  // CHECK: %[[R0:.*]] = arith.mulf %[[S0]], %[[C0]]
  // CHECK: vector.store %[[R0]]
  // CHECK: math.sin %[[X1]]
  // CHECK: math.cos %[[X1]]
  // CHECK: arith.mulf
  // CHECK: vector.store
  gpu.func @chunks(%a: memref<?xf32>, %i: index, %j: index) kernel {
    %x0 = vector.load %a[%i] : memref<?xf32>, vector<32xf32>
    %x1 = vector.load %a[%j] : memref<?xf32>, vector<32xf32>
    %s0 = math.sin %x0 : vector<32xf32>
    %s1 = math.sin %x1 : vector<32xf32>
    %c0 = math.cos %x0 : vector<32xf32>
    %c1 = math.cos %x1 : vector<32xf32>
    %r0 = arith.mulf %s0, %c0 : vector<32xf32>
    %r1 = arith.mulf %s1, %c1 : vector<32xf32>
    vector.store %r0, %a[%i] : memref<?xf32>, vector<32xf32>
    vector.store %r1, %a[%j] : memref<?xf32>, vector<32xf32>
    gpu.return
  }

  // What needs most beside its result comes first: the product, and not the lone value.
  // CHECK-LABEL: gpu.func @operands
  // CHECK: arith.mulf
  // CHECK: arith.extf
  // CHECK: arith.subf
  gpu.func @operands(%a: memref<?xf32>, %h: vector<32xf16>, %i: index) kernel {
    %x = vector.load %a[%i] : memref<?xf32>, vector<32xf32>
    %e = arith.extf %h : vector<32xf16> to vector<32xf32>
    %s = math.sin %x : vector<32xf32>
    %c = math.cos %x : vector<32xf32>
    %p = arith.mulf %s, %c : vector<32xf32>
    %r = arith.subf %e, %p : vector<32xf32>
    vector.store %r, %a[%i] : memref<?xf32>, vector<32xf32>
    gpu.return
  }

  // Sums stay beside the loads that they use up: below them they would hold all that was loaded.
  // CHECK-LABEL: gpu.func @sums
  // CHECK: vector.load
  // CHECK: arith.addf
  // CHECK: vector.load
  // CHECK: arith.addf
  // CHECK: vector.load
  // CHECK: arith.addf
  gpu.func @sums(%a: memref<?xf32>, %z: vector<32xf32>, %i: index) kernel {
    %x0 = vector.load %a[%i] : memref<?xf32>, vector<32xf32>
    %s0 = arith.addf %z, %x0 : vector<32xf32>
    %x1 = vector.load %a[%i] : memref<?xf32>, vector<32xf32>
    %s1 = arith.addf %s0, %x1 : vector<32xf32>
    %x2 = vector.load %a[%i] : memref<?xf32>, vector<32xf32>
    %s2 = arith.addf %s1, %x2 : vector<32xf32>
    vector.store %s2, %a[%i] : memref<?xf32>, vector<32xf32>
    gpu.return
  }

  // With few registers all stays as it is.
  // CHECK-LABEL: gpu.func @few
  // CHECK: math.sin
  // CHECK-NEXT: math.sin
  // CHECK-NEXT: math.cos
  gpu.func @few(%a: memref<?xf32>, %i: index, %j: index) kernel {
    %x0 = vector.load %a[%i] : memref<?xf32>, vector<8xf32>
    %x1 = vector.load %a[%j] : memref<?xf32>, vector<8xf32>
    %s0 = math.sin %x0 : vector<8xf32>
    %s1 = math.sin %x1 : vector<8xf32>
    %c0 = math.cos %x0 : vector<8xf32>
    %c1 = math.cos %x1 : vector<8xf32>
    %r0 = arith.mulf %s0, %c0 : vector<8xf32>
    %r1 = arith.mulf %s1, %c1 : vector<8xf32>
    vector.store %r0, %a[%i] : memref<?xf32>, vector<8xf32>
    vector.store %r1, %a[%j] : memref<?xf32>, vector<8xf32>
    gpu.return
  }
}
