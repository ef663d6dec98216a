// RUN: claw-opt %s -lower-index | FileCheck %s

// Operations of the index dialect are those of arith, in the host's program and in bodies.

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[N:.*]]: index, %[[K:.*]]: i32
// CHECK:         %[[C:.*]] = arith.constant 3 : index
// CHECK:         %[[T:.*]] = arith.constant true
// CHECK:         %[[B:.*]] = arith.constant 64 : index
// CHECK:         %[[I:.*]] = arith.index_castui %[[K]] : i32 to index
// CHECK:         %[[M:.*]] = arith.muli %[[N]], %[[C]] : index
// CHECK:         %[[D:.*]] = arith.ceildivui %[[M]], %[[I]] : index
// CHECK:         arith.cmpi ult, %[[D]], %[[B]] : index
// CHECK:         linalg.generic
// CHECK:           arith.addi
// CHECK-NOT:     index.
func.func @f(%n: index, %k: i32, %x: tensor<4xi64>, %e: tensor<4xi64>) -> (tensor<4xi64>, i1, i1) {
  %c = index.constant 3
  %t = index.bool.constant true
  %b = index.sizeof
  %i = index.castu %k : i32 to index
  %m = index.mul %n, %c
  %d = index.ceildivu %m, %i
  %l = index.cmp ult(%d, %b)
  %r = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xi64>) outs(%e : tensor<4xi64>) {
    ^bb0(%a: i64, %o: i64):
      %p = index.casts %a : i64 to index
      %q = index.add %p, %d
      %s = index.casts %q : index to i64
      linalg.yield %s : i64
  } -> tensor<4xi64>
  return %r, %l, %t : tensor<4xi64>, i1, i1
}
