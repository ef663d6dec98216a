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

// -----

// expected-error @below {{is a variable of tensor<i64>; expected its value so, not tensor<i32>}}
ml_program.global private mutable @narrow(dense<0> : tensor<i32>) : tensor<i64>
func.func @variable() -> tensor<i64> {
  %0 = ml_program.global_load @narrow : tensor<i64>
  return %0 : tensor<i64>
}

// -----

func.func @again(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{is part of a recursion, which no launch plan has; rewrite it with scf.while}}
  %r = func.call @again(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @switch(%x: tensor<4xf32>, %y: tensor<4xf32>, %i: index) -> tensor<4xf32> {
  // expected-error @below {{rewrite it with scf.for, scf.while or scf.if}}
  %r = scf.index_switch %i -> tensor<4xf32>
  case 0 {
    %e = tensor.empty() : tensor<4xf32>
    %p = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %p : tensor<4xf32>
  }
  default {
    scf.yield %y : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

func.func @branches(%x: tensor<4xf32>, %y: tensor<4xf32>, %k: i1) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  // expected-error @below {{ends a block of function @branches, expected a single one; use scf.if}}
  cf.cond_br %k, ^bb1, ^bb2
^bb1:
  %r = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
^bb2:
  return %y : tensor<4xf32>
}

// -----

func.func @memory(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = linalg.map ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>)
    (%a: f32, %b: f32) {
      // expected-error @below {{stands in a body; expected operations of arith, math}}
      %m = memref.alloc() : memref<f32>
      memref.store %a, %m[] : memref<f32>
      %l = memref.load %m[] : memref<f32>
      linalg.yield %l : f32
    }
  return %r : tensor<4xf32>
}
