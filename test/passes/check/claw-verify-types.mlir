// RUN: claw-opt %s -claw-verify --verify-diagnostics --split-input-file

func.func @mixed(%a: tensor<4x8xf32>, %b: tensor<8x16xf16>) {
  // expected-error @below {{'claw.matmul' op lhs and rhs must hold the same element type, got f32, f16; use claw.cast}}
  %0 = claw.matmul %a, %b : (tensor<4x8xf32>, tensor<8x16xf16>) -> tensor<4x16xf32>
  return
}

// -----

func.func @narrow_sum(%a: tensor<4x8xi8>, %b: tensor<8x16xi8>) {
  // expected-error @below {{'claw.matmul' op out must hold i32, got i8}}
  %0 = claw.matmul %a, %b : (tensor<4x8xi8>, tensor<8x16xi8>) -> tensor<4x16xi8>
  return
}

// -----

func.func @exp_of_integers(%x: tensor<4xi32>) {
  // expected-error @below {{'claw.unary' op exp takes f16, bf16, f32, f64; got i32}}
  %0 = claw.unary %x {kind = "exp"} : (tensor<4xi32>) -> tensor<4xi32>
  return
}

// -----

func.func @sum_of_booleans(%x: tensor<4xi1>, %y: tensor<4xi1>) {
  // expected-error @below {{'claw.binary' op add takes f16, bf16, f32, f64, i8, i16, i32, i64; got i1}}
  %0 = claw.binary %x, %y {kind = "add"} : (tensor<4xi1>, tensor<4xi1>) -> tensor<4xi1>
  return
}

// -----

func.func @comparison(%x: tensor<4xf32>) {
  // expected-error @below {{'claw.compare' op out must hold i1, got f32}}
  %0 = claw.compare %x, %x {kind = "lt"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @alpha(%x: tensor<4xf32>) {
  // expected-error @below {{'claw.unary' op alpha has no meaning for relu; it belongs to leaky_relu and elu}}
  %0 = claw.unary %x {kind = "relu", alpha = 0.5} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @foreign_type(%x: tensor<4xcomplex<f32>>) {
  // expected-error @below {{'claw.unary' op exp takes f16, bf16, f32, f64; got complex<f32>}}
  %0 = claw.unary %x {kind = "exp"} : (tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>>
  return
}

// -----

func.func @constant() {
  // expected-error @below {{'claw.constant' op value is a tensor<4xf32>, the result is a tensor<5xf32>}}
  %0 = claw.constant {value = dense<1.0> : tensor<4xf32>} : () -> tensor<5xf32>
  return
}
