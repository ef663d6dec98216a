// RUN: claw-opt %s -normalize-linalg -form-kernels -split-input-file -verify-diagnostics

// expected-error @+1 {{function @nothing returns nothing: no kernel would be needed; return a result}}
func.func @nothing(%x: tensor<4xf32>) {
  return
}

// -----

func.func @dimension(%x: tensor<?xf32>) -> index {
  %c7 = arith.constant 7 : index
  // expected-error @below {{asks for dimension 7 of a tensor of rank 1}}
  %n = tensor.dim %x, %c7 : tensor<?xf32>
  return %n : index
}

// -----

// expected-error @below {{is a variable without a value; give it one to begin with}}
ml_program.global private @unknown(#ml_program.extern : tensor<4xf32>) : tensor<4xf32>
func.func @variable() -> tensor<4xf32> {
  %0 = ml_program.global_load @unknown : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @scatter(%x: tensor<4xf32>, %i: tensor<1x1xi64>, %s: tensor<1xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{cannot become part of a kernel}}
  %r = tensor.scatter %s into %x[%i] scatter_dims([0]) unique
    : (tensor<1xf32>, tensor<4xf32>, tensor<1x1xi64>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}
