// An operation of a dialect that nobody knows is told which are known, in the generic form too.
// RUN: not clawc %s -target=host -o - 2>&1 | FileCheck %s

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: dialects.mlir:[[#@LINE+1]]:17: error: this is of a dialect that clawc does not know; expected one of claw, linalg
  %0 = "foo.bar"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
