// RUN: claw-opt %s -claw-to-linalg | FileCheck %s

// A short axis: each element looks at all of it.
// CHECK-LABEL: func.func @short
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]} ins(%arg0 : tensor<3x7xf16>) outs(%{{.*}} : tensor<3x7xf32>)
// CHECK: arith.cmpi ule
// CHECK: arith.extf
// CHECK: arith.select
// CHECK: arith.addf
func.func @short(%x: tensor<3x7xf16>) -> tensor<3x7xf16> {
  %0 = claw.scan %x {kind = "sum", axis = 1 : i64} : (tensor<3x7xf16>) -> tensor<3x7xf16>
  return %0 : tensor<3x7xf16>
}

// A long one, cut into blocks: their totals, what is before each, their elements.
// CHECK-LABEL: func.func @long
// CHECK: %[[B:.*]] = tensor.expand_shape %arg0 {{\[\[}}0, 1]] output_shape [80, 8]
// CHECK: %[[T:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]} ins(%[[B]] : tensor<80x8xi32>) outs(%{{.*}} : tensor<80xi32>)
// CHECK: %[[P:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]} ins(%[[T]] : tensor<80xi32>) outs(%{{.*}} : tensor<80xi32>)
// CHECK: arith.cmpi ugt
// CHECK: %[[L:.*]] = linalg.generic {{.*}} ins(%[[B]] : tensor<80x8xi32>) outs(%{{.*}} : tensor<80x8xi32>)
// CHECK: arith.cmpi uge
// CHECK: %[[R:.*]] = linalg.generic {{.*}} ins(%[[P]], %[[L]] : tensor<80xi32>, tensor<80x8xi32>)
// CHECK: tensor.collapse_shape %[[R]]
func.func @long(%x: tensor<640xi32>) -> tensor<640xi32> {
  %0 = claw.scan %x {kind = "max", reverse} : (tensor<640xi32>) -> tensor<640xi32>
  return %0 : tensor<640xi32>
}

// An axis of unknown size is filled up with what changes nothing, and cut four times.
// CHECK-LABEL: func.func @unknown
// CHECK: tensor.pad %arg0
// CHECK-COUNT-3: tensor.pad
// CHECK-COUNT-4: tensor.extract_slice
// CHECK-NOT: tensor.extract_slice
func.func @unknown(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = claw.scan %x {kind = "prod", exclusive} : (tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
