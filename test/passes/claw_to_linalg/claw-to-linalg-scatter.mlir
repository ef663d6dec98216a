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

// The last update of a place is found along the indexed axes alone.
// CHECK-LABEL: func.func @assign
// CHECK: %[[LAST:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]} ins(%{{.*}} : tensor<5xi32>) outs(%{{.*}} : tensor<9xi32>)
// CHECK: arith.maxsi
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]} ins(%arg0, %[[LAST]] : tensor<9x4xf32>, tensor<9xi32>)
// CHECK: scf.if
// CHECK: tensor.extract %arg2
func.func @assign(%x: tensor<9x4xf32>, %i: tensor<5x1xi32>, %u: tensor<5x4xf32>) -> tensor<9x4xf32> {
  %0 = claw.scatter %x, %i, %u {kind = "assign"} : (tensor<9x4xf32>, tensor<5x1xi32>, tensor<5x4xf32>) -> tensor<9x4xf32>
  return %0 : tensor<9x4xf32>
}

// Many updates are sorted by place; each place finds its first and its last.  Unknown sizes count in i64.
// CHECK-LABEL: func.func @many
// CHECK: %[[KEYS:.*]] = linalg.generic {{.*}} ins(%arg1 : tensor<?x1xi32>) outs(%{{.*}} : tensor<?xi64>)
// CHECK: %[[ROWS:.*]] = tensor.pad %[[KEYS]]
// CHECK: %[[SORTED:.*]]:2 = scf.for {{.*}} iter_args(%{{.*}} = %[[ROWS]], %{{.*}} = %{{.*}}) -> (tensor<?xi64>, tensor<?xi64>)
// CHECK: %[[FIRST:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<?xi64>)
// CHECK: %[[BEHIND:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<?xi64>)
// CHECK: linalg.generic {{.*}} ins(%arg0, %[[FIRST]], %[[BEHIND]] : tensor<?x?xf32>, tensor<?xi64>, tensor<?xi64>)
// CHECK: scf.for
// CHECK: tensor.extract %arg2
// CHECK: arith.addf
func.func @many(%x: tensor<?x?xf32>, %i: tensor<?x1xi32>, %u: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %0 = claw.scatter %x, %i, %u {kind = "sum"} : (tensor<?x?xf32>, tensor<?x1xi32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// Few places look at all updates, however many these are.
// CHECK-LABEL: func.func @few
// CHECK-NOT: scf.for
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]} ins(%{{.*}}, %arg2 : tensor<?xi32>, tensor<?xf32>) outs(%{{.*}} : tensor<256xf32>)
func.func @few(%x: tensor<256xf32>, %i: tensor<?x1xi32>, %u: tensor<?xf32>) -> tensor<256xf32> {
  %0 = claw.scatter %x, %i, %u {kind = "sum"} : (tensor<256xf32>, tensor<?x1xi32>, tensor<?xf32>) -> tensor<256xf32>
  return %0 : tensor<256xf32>
}
