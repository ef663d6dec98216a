// RUN: claw-opt %s -sink-scalars | FileCheck %s

// A scalar that depends on a tensor is computed where it is used; a check of it goes.

// CHECK-LABEL: func.func @scaled(
// CHECK-SAME:    %[[X:.*]]: tensor<4xf32>, %[[S:.*]]: tensor<f32>
// CHECK-NOT:     tensor.extract
// CHECK-NOT:     cf.assert
// CHECK:         linalg.generic
// CHECK:           %[[V:.*]] = tensor.extract %[[S]][]
// CHECK:           %[[D:.*]] = arith.addf %[[V]], %[[V]]
// CHECK:           arith.mulf %{{.*}}, %[[D]]
func.func @scaled(%x: tensor<4xf32>, %s: tensor<f32>, %e: tensor<4xf32>) -> tensor<4xf32> {
  %v = tensor.extract %s[] : tensor<f32>
  %double = arith.addf %v, %v : f32
  %ok = arith.cmpf ogt, %v, %double : f32
  cf.assert %ok, "data"
  %r = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%a: f32, %old: f32):
      %p = arith.mulf %a, %double : f32
      linalg.yield %p : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// What the host needs it reads, as the only element of a tensor; a check of that stays.

// CHECK-LABEL: func.func @sized(
// CHECK-SAME:    %[[T:.*]]: tensor<?xi64>, %[[I:.*]]: index
// CHECK:         %[[E:.*]] = linalg.generic {{.*}}iterator_types = []
// CHECK:           tensor.extract %[[T]][%[[I]]]
// CHECK:         %[[N:.*]] = tensor.extract %[[E]][] : tensor<i64>
// CHECK:         %[[S:.*]] = arith.index_cast %[[N]]
// CHECK:         cf.assert %{{.*}}, "known"
// CHECK-NOT:     cf.assert
// CHECK:         tensor.empty(%[[S]])
func.func @sized(%t: tensor<?xi64>, %i: index) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0 : i64
  %n = tensor.extract %t[%i] : tensor<?xi64>
  %other = tensor.extract %t[%c0] : tensor<?xi64>
  %s = arith.index_cast %n : i64 to index
  %ok = arith.cmpi sge, %n, %z : i64
  cf.assert %ok, "known"
  %less = arith.cmpi sge, %other, %n : i64
  cf.assert %less, "not known"
  %e = tensor.empty(%s) : tensor<?xf32>
  return %e : tensor<?xf32>
}
