// A program in another compiler's dialect is told what to run first.
// RUN: split-file --leading-lines %s %t
// RUN: not clawc %t/onnx.mlir -target=host -o - 2>&1 | FileCheck %s --check-prefix=ONNX
// RUN: not clawc %t/chlo.mlir -target=host -o - 2>&1 | FileCheck %s --check-prefix=CHLO
// RUN: not claw-opt %t/chlo.mlir 2>&1 | FileCheck %s --check-prefix=CHLO
// RUN: printf 'PK\003\004' > %t/model.pt
// RUN: not clawc %t/model.pt -target=host -o - 2>&1 | FileCheck %s --check-prefix=FILE

// FILE: model.pt: error: is a zip archive, as torch.save writes it; export the model with

//--- onnx.mlir
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  // ONNX: onnx.mlir:[[#@LINE+2]]:8: error: this is onnx-mlir's dialect, {{.*}}; run first: onnx-mlir-opt
  // ONNX-NEXT: {{^}}  %0 = "onnx.Relu"
  %0 = "onnx.Relu"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

//--- chlo.mlir
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHLO: chlo.mlir:[[#@LINE+1]]:8: error: this is CHLO, {{.*}}; run first: stablehlo-opt
  %0 = chlo.erf %x : tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
