// Vectors are read and written one element at a time; they are computed with as a whole.
// RUN: claw-opt %s -scalarize-memory | FileCheck %s

// CHECK-LABEL: gpu.func @k(
// CHECK-SAME: %[[X:.*]]: memref<?xf16>, %[[I:.*]]: index)
// CHECK: %[[A:.*]] = memref.load %[[X]][%[[I]]] : memref<?xf16>
// CHECK: %[[C1:.*]] = arith.constant 1 : index
// CHECK: %[[I1:.*]] = arith.addi %[[I]], %[[C1]]
// CHECK: %[[B:.*]] = memref.load %[[X]][%[[I1]]]
// CHECK: %[[C2:.*]] = arith.constant 2 : index
// CHECK: %[[I2:.*]] = arith.addi %[[I]], %[[C2]]
// CHECK: %[[C:.*]] = memref.load %[[X]][%[[I2]]]
// CHECK: %[[V:.*]] = vector.from_elements %[[A]], %[[B]], %[[C]] : vector<3xf16>
// CHECK: scf.if
// CHECK: %[[N:.*]] = arith.negf %[[V]] : vector<3xf16>
// CHECK: %[[N0:.*]] = vector.extract %[[N]][0]
// CHECK: memref.store %[[N0]], %[[X]][%[[I]]]
// CHECK: %[[N1:.*]] = vector.extract %[[N]][1]
// CHECK: arith.constant 1 : index
// CHECK: %[[J1:.*]] = arith.addi
// CHECK: memref.store %[[N1]], %[[X]][%[[J1]]]
// CHECK: %[[N2:.*]] = vector.extract %[[N]][2]
// CHECK: memref.store %[[N2]]
// CHECK-NOT: memref.store
// Accesses of one element, and what is outside of kernels, stay.
// CHECK: memref.load %[[X]][%[[I]]] : memref<?xf16>
// CHECK-NOT: vector.{{load|store}}
// CHECK-LABEL: func.func @host(
// CHECK: vector.load
gpu.module @kernels {
  gpu.func @k(%x: memref<?xf16>, %i: index) kernel {
    %c0 = arith.constant 0 : index
    %v = vector.load %x[%i] : memref<?xf16>, vector<3xf16>
    %first = arith.cmpi eq, %i, %c0 : index
    scf.if %first {
      %n = arith.negf %v : vector<3xf16>
      vector.store %n, %x[%i] : memref<?xf16>, vector<3xf16>
    }
    %s = memref.load %x[%i] : memref<?xf16>
    gpu.return
  }
}
func.func @host(%x: memref<?xf16>, %i: index) -> vector<3xf16> {
  %v = vector.load %x[%i] : memref<?xf16>, vector<3xf16>
  return %v : vector<3xf16>
}
