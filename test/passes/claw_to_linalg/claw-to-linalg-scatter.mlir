// RUN: claw-opt %s -claw-to-linalg | FileCheck %s

// The place that each update names, once; then each place takes the updates that name it.
// CHECK-LABEL: func.func @sum
// CHECK: %[[KEYS:.*]] = linalg.generic {{.*}} ins(%arg1 : tensor<5x1xi64>) outs(%{{.*}} : tensor<5xi32>)
// CHECK: arith.cmpi ult
// CHECK: linalg.yield
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[KEYS]], %arg2 : tensor<5xi32>, tensor<5x4xf16>) outs(%{{.*}} : tensor<9x4xf32>)
// CHECK: arith.cmpi eq
// CHECK: arith.select
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}} ins(%arg0, %{{.*}} : tensor<9x4xf16>, tensor<9x4xf32>) outs(%{{.*}} : tensor<9x4xf16>)
func.func @sum(%x: tensor<9x4xf16>, %i: tensor<5x1xi64>, %u: tensor<5x4xf16>) -> tensor<9x4xf16> {
  %0 = claw.scatter %x, %i, %u {kind = "sum"} : (tensor<9x4xf16>, tensor<5x1xi64>, tensor<5x4xf16>) -> tensor<9x4xf16>
  return %0 : tensor<9x4xf16>
}

// The last update of a place is found along the indexed axes alone.  Unknown sizes count in i64.
// CHECK-LABEL: func.func @assign
// CHECK: %[[LAST:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]} ins(%{{.*}} : tensor<?xi64>) outs(%{{.*}} : tensor<?xi64>)
// CHECK: arith.maxsi
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]} ins(%arg0, %[[LAST]] : tensor<?x?xf32>, tensor<?xi64>)
// CHECK: scf.if
// CHECK: tensor.extract %arg2
func.func @assign(%x: tensor<?x?xf32>, %i: tensor<?x1xi32>, %u: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %0 = claw.scatter %x, %i, %u {kind = "assign"} : (tensor<?x?xf32>, tensor<?x1xi32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
