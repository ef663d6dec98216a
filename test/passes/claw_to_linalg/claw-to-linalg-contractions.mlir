// RUN: claw-opt %s -claw-to-linalg | FileCheck %s

// CHECK-DAG: #[[MK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[KN:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[NK:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[MN:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>

// f16 is summed in f32 and rounded once, by an elementwise operation.
// CHECK-LABEL: func.func @f16
// CHECK: %[[ZERO:.*]] = linalg.fill {{.*}} -> tensor<?x16xf32>
// CHECK: %[[SUM:.*]] = linalg.generic
// CHECK-SAME: indexing_maps = [#[[MK]], #[[KN]], #[[MN]]]
// CHECK-SAME: iterator_types = ["parallel", "parallel", "reduction"]
// CHECK-SAME: outs(%[[ZERO]] : tensor<?x16xf32>)
// CHECK-COUNT-2: arith.extf {{.*}} : f16 to f32
// CHECK: arith.mulf {{.*}} : f32
// CHECK: arith.addf {{.*}} : f32
// CHECK: linalg.generic {{.*}} ins(%[[SUM]] : tensor<?x16xf32>)
// CHECK: arith.truncf {{.*}} : f32 to f16
// CHECK-NOT: claw.
func.func @f16(%a: tensor<?x8xf16>, %b: tensor<8x16xf16>) -> tensor<?x16xf16> {
  %0 = claw.matmul %a, %b : (tensor<?x8xf16>, tensor<8x16xf16>) -> tensor<?x16xf16>
  return %0 : tensor<?x16xf16>
}

// CHECK-LABEL: func.func @i8
// CHECK: linalg.generic {{.*}}#[[MK]], #[[NK]], #[[MN]]
// CHECK-COUNT-2: arith.extsi {{.*}} : i8 to i32
// CHECK: arith.muli
// CHECK: arith.addi
// CHECK: return
func.func @i8(%a: tensor<4x8xi8>, %b: tensor<16x8xi8>) -> tensor<4x16xi32> {
  %0 = claw.matmul %a, %b {transpose_rhs} : (tensor<4x8xi8>, tensor<16x8xi8>) -> tensor<4x16xi32>
  return %0 : tensor<4x16xi32>
}

// Sizes that types leave open are compared at run time.
// CHECK-LABEL: func.func @checked
// CHECK-DAG: %[[K:.*]] = tensor.dim %arg0, %c1
// CHECK-DAG: %[[K2:.*]] = tensor.dim %arg1, %c0
// CHECK: %[[SAME:.*]] = arith.cmpi eq, %[[K2]], %[[K]]
// CHECK: cf.assert %[[SAME]], "claw.matmul: rhs axis 0 must be lhs axis 1"
func.func @checked(%a: tensor<?x?xf32>, %b: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %0 = claw.matmul %a, %b : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// A declared size is one the operands must have.
// CHECK-LABEL: func.func @declared
// CHECK: cf.assert %{{.*}}, "claw.unary: input axis 0 must be 4"
// CHECK: %[[X:.*]] = tensor.cast %arg0 : tensor<?xf32> to tensor<4xf32>
// CHECK: linalg.generic {{.*}} ins(%[[X]] : tensor<4xf32>)
func.func @declared(%x: tensor<?xf32>) -> tensor<4xf32> {
  %0 = claw.unary %x {kind = "exp"} : (tensor<?xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
