// Every buffer gets a storage class: arguments that of the API, shared memory Workgroup.
// RUN: claw-opt %s -legalize-spirv-memory=chip=spirv:opencl | FileCheck %s -DBUFFER=CrossWorkgroup
// RUN: claw-opt %s -legalize-spirv-memory=chip=spirv:vulkan | FileCheck %s -DBUFFER=StorageBuffer

// CHECK-NOT: memref.global
// CHECK: gpu.func @k(%[[X:.*]]: memref<?xf32, #spirv.storage_class<[[BUFFER]]>>, %[[N:.*]]: index, %{{.*}}: memref<8xi8, #spirv.storage_class<[[BUFFER]]>>)
// One allocation for each global that the kernel uses, at its entry, however often it is named.
// CHECK-NEXT: %[[T:.*]] = memref.alloc() {alignment = 16 : i64} : memref<64xf16, #spirv.storage_class<Workgroup>>
// CHECK-NEXT: %[[S:.*]] = memref.alloc() : memref<64xf32, #spirv.storage_class<Workgroup>>
// CHECK: memref.load %[[X]][%[[N]]] : memref<?xf32, #spirv.storage_class<[[BUFFER]]>>
// CHECK: memref.store %{{.*}}, %[[S]]
// CHECK: scf.if
// CHECK: memref.load %[[S]][%[[N]]] : memref<64xf32, #spirv.storage_class<Workgroup>>
// CHECK: memref.store %{{.*}}, %[[T]]
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.get_global
gpu.module @kernels {
  memref.global "private" @s : memref<64xf32, #gpu.address_space<workgroup>>
  memref.global "private" @t : memref<64xf16, #gpu.address_space<workgroup>> {alignment = 16}
  memref.global "private" @unused : memref<4xf32, #gpu.address_space<workgroup>>
  gpu.func @k(%x: memref<?xf32>, %n: index, %y: memref<8xi8>) kernel {
    %c0 = arith.constant 0 : index
    %s = memref.get_global @s : memref<64xf32, #gpu.address_space<workgroup>>
    %v = memref.load %x[%n] : memref<?xf32>
    memref.store %v, %s[%n] : memref<64xf32, #gpu.address_space<workgroup>>
    %first = arith.cmpi eq, %n, %c0 : index
    scf.if %first {
      %again = memref.get_global @s : memref<64xf32, #gpu.address_space<workgroup>>
      %t = memref.get_global @t : memref<64xf16, #gpu.address_space<workgroup>>
      %w = memref.load %again[%n] : memref<64xf32, #gpu.address_space<workgroup>>
      %h = arith.truncf %w : f32 to f16
      memref.store %h, %t[%n] : memref<64xf16, #gpu.address_space<workgroup>>
    }
    gpu.return
  }
}
