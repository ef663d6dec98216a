// Functions that can be called pass as they are: tensors of every type, of any rank and size; what is
// private, or only declared, nobody calls from outside.
// RUN: claw-opt %s -check-entries | FileCheck %s

// CHECK-LABEL: func.func @every_type(
// CHECK-SAME: tensor<4xi1>, %{{.*}}: tensor<0x?xi8>, %{{.*}}: tensor<i16>, %{{.*}}: tensor<?x?x?x?x?xf16>
func.func @every_type(%a: tensor<4xi1>, %b: tensor<0x?xi8>, %c: tensor<i16>, %d: tensor<?x?x?x?x?xf16>,
    %e: tensor<4xi32>, %f: tensor<4xi64>, %g: tensor<4xbf16>, %h: tensor<4xf32>, %i: tensor<4xf64>)
    -> (tensor<i16>, tensor<4xi1>) {
  return %c, %a : tensor<i16>, tensor<4xi1>
}

// CHECK-LABEL: func.func private @helper(
func.func private @helper(%x: f32, %y: memref<4xi4>) {
  return
}

// CHECK: func.func private @outside(vector<4xf32>)
func.func private @outside(vector<4xf32>)
