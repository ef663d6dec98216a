// RUN: claw-opt %s -claw-verify --verify-diagnostics --split-input-file

func.func @inner(%a: tensor<4x8xf32>, %b: tensor<9x16xf32>) {
  // expected-error @below {{'claw.matmul' op rhs axis 0 must be 8, the size of lhs axis 1; got 9}}
  %0 = claw.matmul %a, %b : (tensor<4x8xf32>, tensor<9x16xf32>) -> tensor<4x16xf32>
  return
}

// -----

func.func @rank(%a: tensor<4x8xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{'claw.matmul' op rhs must have rank 2, got rank 1}}
  %0 = claw.matmul %a, %b : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @no_broadcast(%a: tensor<4x8xf32>, %b: tensor<1x8xf32>) {
  // expected-error @below {{rhs axis 0 must be 4, the size of lhs axis 0; got 1; shapes are not broadcast, use claw.broadcast}}
  %0 = claw.binary %a, %b {kind = "add"} : (tensor<4x8xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @axis(%x: tensor<4x8xf32>) {
  // expected-error @below {{'claw.softmax' op axis 2 is out of range for rank 2; expected from -2 to 1}}
  %0 = claw.softmax %x {axis = 2} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @keepdims(%x: tensor<4x8xf32>) {
  // expected-error @below {{'claw.reduce' op out axis 1 must be 1; got 8}}
  %0 = claw.reduce %x {kind = "sum", axes = [1], keepdims} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @twice(%x: tensor<4x8xf32>) {
  // expected-error @below {{'claw.reduce' op axes must differ, got [1, -1]}}
  %0 = claw.reduce %x {kind = "sum", axes = [1, -1]} : (tensor<4x8xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @permutation(%x: tensor<4x8xf32>) {
  // expected-error @below {{'claw.transpose' op permutation must hold each of the axes [0, 1] once, got [1, 1]}}
  %0 = claw.transpose %x {permutation = [1, 1]} : (tensor<4x8xf32>) -> tensor<8x4xf32>
  return
}

// -----

func.func @element_count(%x: tensor<4x8xf32>) {
  // expected-error @below {{'claw.reshape' op 4x8 has 32 elements, 5x7 has 35}}
  %0 = claw.reshape %x : (tensor<4x8xf32>) -> tensor<5x7xf32>
  return
}

// -----

func.func @two_unknown(%x: tensor<?xf32>) {
  // expected-error @below {{'claw.reshape' op needs 2 sizes, one for each unknown size of the result (axes: 0, 1); got 0}}
  %0 = claw.reshape %x : (tensor<?xf32>) -> tensor<?x?xf32>
  return
}

// -----

func.func @broadcast(%x: tensor<3xf32>) {
  // expected-error @below {{'claw.broadcast' op out axis 1 must be 3, the size of input axis 0; got 4}}
  %0 = claw.broadcast %x : (tensor<3xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @window(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @below {{'claw.conv2d' op the result's height must be 6, got 8}}
  // expected-error @below {{'claw.conv2d' op the result's width must be 6, got 8}}
  %0 = claw.conv2d %x, %w : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @groups(%x: tensor<1x4x8x8xf32>, %w: tensor<4x4x3x3xf32>) {
  // expected-error @below {{'claw.conv2d' op 2 groups of 4 channels (filter) need 8 input channels, got 4}}
  %0 = claw.conv2d %x, %w {groups = 2} : (tensor<1x4x8x8xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x6x6xf32>
  return
}

// -----

func.func @heads(%q: tensor<1x5x4x8xf32>, %k: tensor<1x2x4x8xf32>) {
  // expected-error @below {{'claw.attention' op 5 query heads must be a multiple of 2 key heads}}
  %0 = claw.attention %q, %k, %k : (tensor<1x5x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>) -> tensor<1x5x4x8xf32>
  return
}
