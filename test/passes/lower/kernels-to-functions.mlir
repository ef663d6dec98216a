// A kernel of one thread becomes a function; the number of its workgroup is its last argument.
// RUN: claw-opt %s -kernels-to-functions | FileCheck %s

// CHECK-NOT: gpu.module
// CHECK-LABEL: func.func private @k.workgroup(
// CHECK-SAME: %[[X:.*]]: memref<?xf32> {llvm.noalias}, %[[N:.*]]: index, %[[B:.*]]: index)
// CHECK-SAME: claw.entry = "k", llvm.linkage = #llvm.linkage<internal>
// CHECK: %[[I:.*]] = arith.addi %[[B]], %[[N]] : index

// There is one thread, and one row of workgroups.
// CHECK: %[[T:.*]] = arith.constant 0 : index
// CHECK: arith.addi %[[I]], %[[T]] : index
// CHECK: %[[Y:.*]] = arith.constant 0 : index
// CHECK: arith.addi %{{.*}}, %[[Y]] : index

// Inside control flow too; nobody has to be waited for.
// CHECK: scf.if
// CHECK: memref.store %{{.*}}, %[[X]][%[[B]]]
// CHECK: return

// Every kernel becomes one.
// CHECK-LABEL: func.func private @empty.workgroup(%{{.*}}: index)
// CHECK-SAME: claw.entry = "empty"
// CHECK-NOT: gpu.
gpu.module @kernels {
  gpu.func @k(%x: memref<?xf32> {llvm.noalias}, %n: index) kernel attributes {known_block_size = array<i32: 1, 1, 1>} {
    %zero = arith.constant 0.0 : f32
    %b = gpu.block_id x
    %i = arith.addi %b, %n : index
    %t = gpu.thread_id x
    %j = arith.addi %i, %t : index
    %y = gpu.block_id y
    %k = arith.addi %j, %y : index
    %inside = arith.cmpi slt, %k, %n : index
    scf.if %inside {
      %again = gpu.block_id x
      gpu.barrier
      memref.store %zero, %x[%again] : memref<?xf32>
    }
    gpu.return
  }
  gpu.func @empty() kernel {
    gpu.return
  }
}
