// RUN: not claw-opt %s -lower-tosa 2>&1 | FileCheck %s

// CHECK: :[[#@LINE+2]]:8: error: {{.*}}'tosa.custom'
func.func @custom(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = tosa.custom %x {operator_name = "f", domain_name = "d", implementation_attrs = ""} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
