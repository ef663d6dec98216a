// RUN: claw-opt %s -normalize-linalg -form-kernels -split-input-file -verify-diagnostics

// expected-error @+1 {{function @nothing returns nothing: no kernel would be needed; return a tensor}}
func.func @nothing(%x: tensor<4xf32>) {
  return
}

// -----

// expected-error @+1 {{argument 0 of function @scalar is f32; expected a ranked tensor: pass a scalar as a tensor of rank 0, such as tensor<f32>}}
func.func @scalar(%x: f32) -> tensor<f32> {
  %0 = tensor.from_elements %x : tensor<f32>
  return %0 : tensor<f32>
}

// -----

// expected-error @below {{result 0 of function @number is index; expected a ranked tensor}}
func.func @number(%x: tensor<?xf32>) -> index {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  return %n : index
}

// -----

func.func @scatter(%x: tensor<4xf32>, %i: tensor<1x1xi64>, %s: tensor<1xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{cannot become part of a kernel}}
  %r = tensor.scatter %s into %x[%i] scatter_dims([0]) unique
    : (tensor<1xf32>, tensor<4xf32>, tensor<1x1xi64>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}
