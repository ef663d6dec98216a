// RUN: claw-opt %s -claw-to-linalg | FileCheck %s

// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>

// Maximum, exponential of the difference, sum, quotient: each value computed once, in f32.
// CHECK-LABEL: func.func @softmax
// CHECK: arith.constant 0xFF800000 : f32
// CHECK: %[[MAX:.*]] = linalg.generic {indexing_maps = [#[[ALL]], #[[ROW]]], iterator_types = ["parallel", "reduction"]}
// CHECK: arith.maximumf
// CHECK: %[[EXP:.*]] = linalg.generic {{.*}} ins(%arg0, %[[MAX]] : tensor<?x?xf16>, tensor<?xf32>)
// CHECK: arith.subf
// CHECK: math.exp
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[EXP]] : tensor<?x?xf32>)
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}} ins(%[[EXP]], %[[SUM]] : tensor<?x?xf32>, tensor<?xf32>)
// CHECK: arith.divf
// CHECK: arith.truncf {{.*}} : f32 to f16
func.func @softmax(%x: tensor<?x?xf16>) -> tensor<?x?xf16> {
  %0 = claw.softmax %x : (tensor<?x?xf16>) -> tensor<?x?xf16>
  return %0 : tensor<?x?xf16>
}

// CHECK-LABEL: func.func @keepdims
// CHECK: %[[R:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<4xf32>)
// CHECK: tensor.expand_shape %[[R]] {{\[\[}}0, 1, 2]] output_shape [1, 4, 1] : tensor<4xf32> into tensor<1x4x1xf32>
func.func @keepdims(%x: tensor<3x4x5xf32>) -> tensor<1x4x1xf32> {
  %0 = claw.reduce %x {kind = "sum", axes = array<i64: 0, 2>, keepdims} : (tensor<3x4x5xf32>) -> tensor<1x4x1xf32>
  return %0 : tensor<1x4x1xf32>
}

// The mean of unknown sizes divides by a count made in the body, from index values only.
// CHECK-LABEL: func.func @mean
// CHECK: %[[N:.*]] = tensor.dim %arg0
// CHECK: arith.addf
// CHECK: %[[I:.*]] = arith.index_cast %[[N]] : index to i64
// CHECK: %[[F:.*]] = arith.sitofp %[[I]] : i64 to f32
// CHECK: arith.divf %{{.*}}, %[[F]]
func.func @mean(%x: tensor<?xf32>) -> tensor<f32> {
  %0 = claw.reduce %x {kind = "mean", axes = array<i64: 0>} : (tensor<?xf32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// The mean, the mean of what it leaves, and the variance from both.
// CHECK-LABEL: func.func @layer_norm
// CHECK: arith.addf
// CHECK: arith.divf
// CHECK: %[[L:.*]] = arith.subf
// CHECK: arith.addf %{{.*}}, %[[L]]
// CHECK: arith.divf
// CHECK: %[[M:.*]] = arith.subf
// CHECK: %[[D:.*]] = arith.subf %[[M]]
// CHECK: %[[S:.*]] = arith.mulf %[[D]], %[[D]]
// CHECK: arith.addf %{{.*}}, %[[S]]
// CHECK: math.rsqrt
func.func @layer_norm(%x: tensor<4x8xf32>, %s: tensor<8xf32>) -> tensor<4x8xf32> {
  %0 = claw.layer_norm %x, %s : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
