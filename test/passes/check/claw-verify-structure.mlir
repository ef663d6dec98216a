// RUN: claw-opt %s -claw-verify --verify-diagnostics --split-input-file

func.func @wrong_kind(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'claw.reduce' op attribute 'kind' must be one of sum, prod, mean, max, min, and, or; got "summ"; did you mean sum?}}
  %0 = claw.reduce %x {kind = "summ", axes = []} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @missing_kind(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'claw.unary' op needs the attribute 'kind': one of neg, abs, sign,}}
  %0 = claw.unary %x : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @unknown_attribute(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'claw.softmax' op has no attribute 'axes'; known: axis; did you mean axis?}}
  %0 = claw.softmax %x {axes = 0} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @wrong_attribute(%x: tensor<4xf32>) -> tensor<f32> {
  // expected-error @below {{'claw.reduce' op attribute 'axes' must be a list of integers, such as array<i64: 0, 1>; got 0 : i64}}
  %0 = claw.reduce %x {kind = "sum", axes = 0} : (tensor<4xf32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @too_few_operands(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // expected-error @below {{'claw.matmul' op expects 2 operands (lhs, rhs), got 1}}
  %0 = claw.matmul %x : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// -----

func.func @no_tensor(%x: tensor<4x4xf32>, %s: f32) -> tensor<4x4xf32> {
  // expected-error @below {{'claw.binary' op rhs must be a tensor of known rank, got f32}}
  %0 = claw.binary %x, %s {kind = "add"} : (tensor<4x4xf32>, f32) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// -----

func.func @unknown_rank(%x: tensor<*xf32>) -> tensor<4xf32> {
  // expected-error @below {{'claw.cast' op input must be a tensor of known rank, got tensor<*xf32>}}
  %0 = claw.cast %x : (tensor<*xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @misspelt(%x: tensor<4xf32>) {
  // expected-error @below {{there is no operation claw.unari; did you mean claw.unary?}}
  %0 = claw.unari %x {kind = "exp"} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @every_violation(%x: tensor<4xf32>) {
  // expected-error @below {{attribute 'kind' must be one of}}
  %0 = claw.unary %x {kind = "sqr"} : (tensor<4xf32>) -> tensor<4xf32>
  // expected-error @below {{'claw.unary' op out axis 0 must be 4, the size of input axis 0; got 5}}
  // expected-error @below {{'claw.unary' op out must hold f32, got f16}}
  %1 = claw.unary %x {kind = "exp"} : (tensor<4xf32>) -> tensor<5xf16>
  return
}
