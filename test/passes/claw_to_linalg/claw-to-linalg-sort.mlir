// RUN: claw-opt %s -claw-to-linalg | FileCheck %s

// A short axis: how many come before each element; which element has each number; then the elements.
// CHECK-LABEL: func.func @short
// CHECK: %[[RANKS:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]} ins(%arg0, %arg0 : tensor<3x7xf32>, tensor<3x7xf32>) outs(%{{.*}} : tensor<3x7xi32>)
// CHECK: arith.cmpf ult
// CHECK: arith.cmpf oeq
// CHECK: arith.addi
// CHECK: %[[AT:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[RANKS]] : tensor<3x7xi32>)
// CHECK: arith.ori
// CHECK: linalg.generic {{.*}} ins(%[[AT]] : tensor<3x7xi32>) outs(%{{.*}} : tensor<3x7xf32>, tensor<3x7xi64>)
// CHECK: tensor.extract %arg0
// CHECK: tensor.extract %arg1
func.func @short(%x: tensor<3x7xf32>, %i: tensor<3x7xi64>) -> (tensor<3x7xf32>, tensor<3x7xi64>) {
  %0:2 = claw.sort %x, %i {axis = 1 : i64} : (tensor<3x7xf32>, tensor<3x7xi64>) -> (tensor<3x7xf32>, tensor<3x7xi64>)
  return %0#0, %0#1 : tensor<3x7xf32>, tensor<3x7xi64>
}

// Of the first k alone it is asked where they stand.
// CHECK-LABEL: func.func @topk
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<3x7xi32>)
// CHECK: arith.cmpi sgt
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<3x2xi32>)
func.func @topk(%x: tensor<3x7xi16>) -> (tensor<3x2xi16>, tensor<3x2xi64>) {
  %0:2 = claw.topk %x {k = 2 : i64} : (tensor<3x7xi16>) -> (tensor<3x2xi16>, tensor<3x2xi64>)
  return %0#0, %0#1 : tensor<3x2xi16>, tensor<3x2xi64>
}

// A long one is merged, in a loop over runs of 1, 2, 4, ... elements: 1,000 elements take 10 rounds.  A
// thread merges 16 elements, of which it finds the first by halving.
// CHECK-LABEL: func.func @long
// CHECK: %[[PAD:.*]] = tensor.pad %arg0 low[0] high[8]
// CHECK: %[[TEN:.*]] = arith.constant 10 : index
// CHECK: scf.for %[[N:.*]] = %{{.*}} to %[[TEN]] step %{{.*}} iter_args(%[[X:.*]] = %[[PAD]]) -> (tensor<1008xi32>)
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]} outs(%{{.*}}, %{{.*}} : tensor<63x16xi32>, tensor<63xi32>)
// CHECK: %[[T:.*]] = linalg.index 1
// CHECK: arith.shli %{{.*}}, %[[N]]
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[T]], %{{.*}}
// CHECK: %[[TAKEN:.*]] = scf.if %[[FIRST]]
// CHECK: scf.for
// CHECK: tensor.extract %[[X]]
// CHECK: arith.cmpi sgt
// CHECK: %[[NEXT:.*]] = arith.select %{{.*}}, %[[TAKEN]], %{{.*}}
// CHECK: %[[COUNT:.*]] = arith.index_cast %[[NEXT]] : index to i32
// CHECK: linalg.yield %{{.*}}, %[[COUNT]] : i32, i32
// CHECK: tensor.extract_slice %{{.*}}[0] [1000] [1]
func.func @long(%x: tensor<1000xi32>) -> tensor<1000xi32> {
  %0 = claw.sort %x {descending} : (tensor<1000xi32>) -> tensor<1000xi32>
  return %0 : tensor<1000xi32>
}

// The rounds of an unknown size are counted when it runs.
// CHECK-LABEL: func.func @unknown
// CHECK: %[[Z:.*]] = math.ctlz
// CHECK: %[[R:.*]] = arith.subi %{{.*}}, %[[Z]]
// CHECK: %[[ROUNDS:.*]] = arith.index_cast %[[R]]
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[ROUNDS]] step
func.func @unknown(%x: tensor<?xi32>) -> tensor<?xi32> {
  %0 = claw.sort %x : (tensor<?xi32>) -> tensor<?xi32>
  return %0 : tensor<?xi32>
}

// Of a long axis the first k of each block are picked, with their indices, until one is left.
// CHECK-LABEL: func.func @topk_of_blocks
// CHECK: tensor.pad %arg0 {{.*}} high[24]
// CHECK: %[[B:.*]] = tensor.expand_shape %{{.*}} output_shape [32, 32]
// CHECK: linalg.generic {{.*}} ins(%[[B]], %[[B]] : tensor<32x32xf32>, tensor<32x32xf32>) outs(%{{.*}} : tensor<32x32xi32>)
// CHECK: %[[AT:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<32x3xi32>)
// CHECK: %[[V:.*]] = linalg.generic {{.*}} ins(%[[AT]] : tensor<32x3xi32>) outs(%{{.*}} : tensor<32x3xf32>)
// CHECK: %[[I:.*]] = linalg.generic {{.*}} ins(%[[AT]] : tensor<32x3xi32>) outs(%{{.*}} : tensor<32x3xi64>)
// CHECK-DAG: tensor.collapse_shape %[[V]] {{.*}} into tensor<96xf32>
// CHECK-DAG: tensor.collapse_shape %[[I]] {{.*}} into tensor<96xi64>
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<3xi32>)
// CHECK-NOT: scf.for
func.func @topk_of_blocks(%x: tensor<1000xf32>) -> (tensor<3xf32>, tensor<3xi64>) {
  %0:2 = claw.topk %x {k = 3 : i64} : (tensor<1000xf32>) -> (tensor<3xf32>, tensor<3xi64>)
  return %0#0, %0#1 : tensor<3xf32>, tensor<3xi64>
}
