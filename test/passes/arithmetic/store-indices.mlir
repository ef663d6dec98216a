// RUN: claw-opt %s -store-indices | FileCheck %s

// Memory holds i64, bodies compute in indices.

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[X:.*]]: tensor<4xi64>, %[[K:.*]]: index) -> (tensor<4xi64>, index)
// CHECK:         %[[C:.*]] = arith.constant dense<[1, 2, 3, 4]> : tensor<4xi64>
// CHECK:         linalg.generic {{.*}} ins(%[[X]], %[[C]] : tensor<4xi64>, tensor<4xi64>)
// CHECK-NEXT:    ^bb0(%[[A:.*]]: i64, %[[B:.*]]: i64, %{{.*}}: i64):
// CHECK-DAG:       %[[I:.*]] = arith.index_cast %[[A]] : i64 to index
// CHECK-DAG:       %[[J:.*]] = arith.index_cast %[[B]] : i64 to index
// CHECK:           %[[S:.*]] = arith.addi %[[I]], %[[J]] : index
// CHECK:           %[[R:.*]] = arith.index_cast %[[S]] : index to i64
// CHECK:           linalg.yield %[[R]] : i64
// CHECK:         %[[E:.*]] = tensor.extract %{{.*}} : tensor<4xi64>
// CHECK:         arith.index_cast %[[E]] : i64 to index
func.func @f(%x: tensor<4xindex>, %k: index) -> (tensor<4xindex>, index) {
  %c = arith.constant dense<[1, 2, 3, 4]> : tensor<4xindex>
  %e = tensor.empty() : tensor<4xindex>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>,
      affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x, %c : tensor<4xindex>, tensor<4xindex>) outs(%e : tensor<4xindex>) {
  ^bb0(%a: index, %b: index, %o: index):
    %s = arith.addi %a, %b : index
    linalg.yield %s : index
  } -> tensor<4xindex>
  %v = tensor.extract %r[%k] : tensor<4xindex>
  return %r, %v : tensor<4xindex>, index
}

// CHECK-LABEL: func.func @put(
// CHECK:         arith.index_cast %{{.*}} : index to i64
// CHECK:         tensor.from_elements %{{.*}} : tensor<2xi64>
// CHECK:         tensor.pad
// CHECK:           tensor.yield %{{.*}} : i64
func.func @put(%k: index) -> tensor<3xindex> {
  %f = tensor.from_elements %k, %k : tensor<2xindex>
  %p = tensor.pad %f low[0] high[1] {
  ^bb0(%i: index):
    tensor.yield %i : index
  } : tensor<2xindex> to tensor<3xindex>
  return %p : tensor<3xindex>
}
