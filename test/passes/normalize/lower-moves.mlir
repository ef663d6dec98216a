// RUN: claw-opt %s -lower-moves -canonicalize | FileCheck %s

// What moves data reads each element of the result where it comes from.

// CHECK-LABEL: func.func @pad(
// CHECK-SAME:    %[[X:.*]]: tensor<?xf32>
// CHECK-DAG:     %[[Z:.*]] = arith.constant 0.0
// CHECK-NOT:     tensor.pad
// CHECK:         linalg.generic {{.*}}iterator_types = ["parallel"]{{.*}}attrs = {claw.padding = array<i64: 1, 1>}
// CHECK:           %[[I:.*]] = linalg.index 0
// CHECK:           %[[J:.*]] = arith.subi %[[I]], %c1
// CHECK:           %[[INSIDE:.*]] = arith.cmpi ult, %[[J]]
// CHECK:           %[[V:.*]] = scf.if %[[INSIDE]]
// CHECK:             tensor.extract %[[X]][%[[J]]]
// CHECK:           } else {
// CHECK:             scf.yield %[[Z]]
// CHECK:           linalg.yield %[[V]]
func.func @pad(%x: tensor<?xf32>) -> tensor<?xf32> {
  %z = arith.constant 0.0 : f32
  %p = tensor.pad %x low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %z : f32
  } : tensor<?xf32> to tensor<?xf32>
  return %p : tensor<?xf32>
}

// A strided slice reads its source at offset + stride * i.

// CHECK-LABEL: func.func @slice(
// CHECK-NOT:     tensor.extract_slice
// CHECK:         linalg.generic
// CHECK:           %[[I:.*]] = linalg.index 0
// CHECK:           %[[S:.*]] = arith.muli %[[I]], %c2
// CHECK:           %[[P:.*]] = arith.addi %[[S]], %c1
// CHECK:           tensor.extract %arg0[%[[P]]]
func.func @slice(%x: tensor<9xf32>) -> tensor<3xf32> {
  %r = tensor.extract_slice %x[1] [3] [2] : tensor<9xf32> to tensor<3xf32>
  return %r : tensor<3xf32>
}

// The shape of a reshape is for the host, not a move of data.

// CHECK-LABEL: func.func @reshape(
// CHECK:         %[[SHAPE:.*]] = tensor.from_elements
// CHECK-NEXT:    tensor.reshape %arg0(%[[SHAPE]])
// CHECK-NOT:     linalg.generic
func.func @reshape(%x: tensor<?xf32>, %n: index, %m: index) -> tensor<?x?xf32> {
  %s = tensor.from_elements %n, %m : tensor<2xindex>
  %r = tensor.reshape %x(%s) : (tensor<?xf32>, tensor<2xindex>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

// A reshape is by sizes of the host, of whatever type and from wherever they come, and is checked.

// CHECK-LABEL: func.func @by_tensor(
// CHECK-SAME:    %[[X:.*]]: tensor<?xf32>, %[[S:.*]]: tensor<2xi32>
// CHECK:         %[[E:.*]] = tensor.extract %[[S]][%c0] : tensor<2xi32>
// CHECK:         %[[N:.*]] = arith.index_cast %[[E]] : i32 to index
// CHECK:         cf.assert %{{.*}}, "a tensor is reshaped to another number of elements"
// CHECK:         %[[I:.*]] = tensor.from_elements %[[N]], %c3 : tensor<2xindex>
// CHECK:         tensor.reshape %[[X]](%[[I]])
func.func @by_tensor(%x: tensor<?xf32>, %s: tensor<2xi32>) -> tensor<?x3xf32> {
  %r = tensor.reshape %x(%s) : (tensor<?xf32>, tensor<2xi32>) -> tensor<?x3xf32>
  return %r : tensor<?x3xf32>
}
