// y = max(2 x + y, 0), sixteen elements a workgroup, any size.
// RUN: claw-opt %s --pass-pipeline='lower-to-host{chip=host:x86-64-v3}' | FileCheck %s

// CHECK-NOT: gpu.module
// CHECK-LABEL: llvm.func internal @scale_add.workgroup
// CHECK-SAME: %{{.*}}: !llvm.ptr {llvm.align = 4 : i64, llvm.noalias, llvm.readonly}
// CHECK-SAME: %{{.*}}: i64, %[[GROUP:.*]]: i64) attributes {claw.entry = "scale_add"
// CHECK: llvm.mul %[[GROUP]]
// CHECK: llvm.intr.fma
// CHECK-LABEL: llvm.func @scale_add(
// CHECK-SAME: %[[BUFFERS:.*]]: !llvm.ptr {{.*}}, %[[SCALARS:.*]]: !llvm.ptr {{.*}}, %[[FIRST:.*]]: i64, %[[END:.*]]: i64)
// CHECK: llvm.getelementptr %[[BUFFERS]][1]
// CHECK: llvm.getelementptr %[[SCALARS]][0]
// CHECK: llvm.br ^[[NEXT:.*]](%[[FIRST]] : i64)
// CHECK: ^[[NEXT]](%[[NUMBER:.*]]: i64)
// CHECK: llvm.icmp "slt" %[[NUMBER]], %[[END]]
// CHECK: llvm.call @scale_add.workgroup
module attributes {gpu.container_module} {
  gpu.module @kernels {
    gpu.func @scale_add(%x: memref<?xf32>, %y: memref<?xf32>, %n: index)
        kernel attributes {known_block_size = array<i32: 1, 1, 1>, claw.access = ["read", "readwrite"]} {
      %c16 = arith.constant 16 : index
      %c1 = arith.constant 1 : index
      %zero = arith.constant dense<0.0> : vector<16xf32>
      %zero1 = arith.constant 0.0 : f32
      %a = arith.constant dense<2.0> : vector<16xf32>
      %a1 = arith.constant 2.0 : f32
      %b = gpu.block_id x
      %i = arith.muli %b, %c16 : index
      %end = arith.addi %i, %c16 : index
      %whole = arith.cmpi sle, %end, %n : index
      scf.if %whole {
        %v = vector.load %x[%i] {alignment = 16 : i64} : memref<?xf32>, vector<16xf32>
        %u = vector.load %y[%i] {alignment = 16 : i64} : memref<?xf32>, vector<16xf32>
        %f = math.fma %v, %a, %u : vector<16xf32>
        %r = arith.maximumf %f, %zero : vector<16xf32>
        vector.store %r, %y[%i] {alignment = 16 : i64} : memref<?xf32>, vector<16xf32>
      } else {
        scf.for %j = %i to %n step %c1 {
          %v = memref.load %x[%j] : memref<?xf32>
          %u = memref.load %y[%j] : memref<?xf32>
          %f = math.fma %v, %a1, %u : f32
          %r = arith.maximumf %f, %zero1 : f32
          memref.store %r, %y[%j] : memref<?xf32>
        }
      }
      gpu.return
    }
  }
}
