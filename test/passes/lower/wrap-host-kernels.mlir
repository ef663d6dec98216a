// Each function that runs one workgroup gets an entry that runs those from %first up to %end: it
// unpacks the table of buffers and the table of scalars, in order, and then loops.
// RUN: claw-opt %s -wrap-host-kernels | FileCheck %s

// CHECK: llvm.func internal @k.workgroup
// CHECK: llvm.func @helper
// CHECK-LABEL: llvm.func @k(
// CHECK-SAME: %[[BUFFERS:.*]]: !llvm.ptr {llvm.noalias, llvm.readonly}, %[[SCALARS:.*]]: !llvm.ptr {llvm.noalias, llvm.readonly}, %[[FIRST:.*]]: i64, %[[END:.*]]: i64)
// CHECK: %[[ONE:.*]] = llvm.mlir.constant(1 : i64)
// CHECK: %[[A:.*]] = llvm.getelementptr %[[BUFFERS]][0]
// CHECK: %[[X:.*]] = llvm.load %[[A]] : !llvm.ptr -> !llvm.ptr
// CHECK: %[[B:.*]] = llvm.getelementptr %[[SCALARS]][0]
// CHECK: %[[N:.*]] = llvm.load %[[B]] : !llvm.ptr -> i64
// CHECK: %[[C:.*]] = llvm.getelementptr %[[BUFFERS]][1]
// CHECK: %[[Y:.*]] = llvm.load %[[C]] : !llvm.ptr -> !llvm.ptr
// CHECK: %[[D:.*]] = llvm.getelementptr %[[SCALARS]][1]
// CHECK: %[[M:.*]] = llvm.load %[[D]] : !llvm.ptr -> i64
// CHECK: llvm.br ^[[NEXT:.*]](%[[FIRST]] : i64)
// CHECK: ^[[NEXT]](%[[GROUP:.*]]: i64):
// CHECK: %[[MORE:.*]] = llvm.icmp "slt" %[[GROUP]], %[[END]] : i64
// CHECK: llvm.cond_br %[[MORE]], ^[[BODY:.*]], ^[[DONE:.*]]
// CHECK: ^[[BODY]]:
// CHECK: llvm.call @k.workgroup(%[[X]], %[[N]], %[[Y]], %[[M]], %[[GROUP]])
// CHECK: %[[AFTER:.*]] = llvm.add %[[GROUP]], %[[ONE]]
// CHECK: llvm.br ^[[NEXT]](%[[AFTER]] : i64)
// CHECK: ^[[DONE]]:
// CHECK: llvm.return

// A kernel without arguments has empty tables; what is no kernel gets no entry.
// CHECK-LABEL: llvm.func @empty(
// CHECK-NOT: llvm.load
// CHECK: llvm.call @empty.workgroup(%{{[^,]*}}) : (i64) -> ()
// CHECK-NOT: llvm.func
llvm.func internal @k.workgroup(%x: !llvm.ptr, %n: i64, %y: !llvm.ptr, %m: i64, %group: i64) attributes {claw.entry = "k"} {
  llvm.return
}
llvm.func internal @empty.workgroup(%group: i64) attributes {claw.entry = "empty"} {
  llvm.return
}
llvm.func @helper(%x: !llvm.ptr) {
  llvm.return
}
