// RUN: claw-opt %s -split-input-file -verify-diagnostics -tm-tensor-to-claw

func.func @two_arguments(%x: tensor<8xf32>, %i: tensor<5x1xi64>, %u: tensor<5xf32>) -> tensor<8xf32> {
  // expected-error@+1 {{expected a region with arguments of types f32, f32}}
  %0 = tm_tensor.scatter {dimension_map = array<i64: 0>} unique_indices(true) ins(%u, %i : tensor<5xf32>, tensor<5x1xi64>) outs(%x : tensor<8xf32>) {
  ^bb0(%new: f32):
    tm_tensor.yield %new : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

func.func @dimension_map(%x: tensor<8xf32>, %i: tensor<5x1xi64>, %u: tensor<5xf32>) -> tensor<8xf32> {
  // expected-error@+1 {{expected the attribute dimension_map, such as array<i64: 0>}}
  %0 = tm_tensor.scatter unique_indices(true) ins(%u, %i : tensor<5xf32>, tensor<5x1xi64>) outs(%x : tensor<8xf32>) {
  ^bb0(%new: f32, %old: f32):
    tm_tensor.yield %new : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

func.func @sizes(%x: tensor<8xf32>, %i: tensor<5x1xi64>, %u: tensor<6xf32>) -> tensor<8xf32> {
  // expected-error@+1 {{updates axis 0 must be 5, the size of indices axis 0; got 6}}
  %0 = tm_tensor.scatter {dimension_map = array<i64: 0>} unique_indices(true) ins(%u, %i : tensor<6xf32>, tensor<5x1xi64>) outs(%x : tensor<8xf32>) {
  ^bb0(%new: f32, %old: f32):
    tm_tensor.yield %new : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

func.func @inits(%q: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-error@+1 {{expected tensors of one rank, 3 or more}}
  %0 = tm_tensor.attention ins(%q, %q, %q : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) outs(%q : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @segments(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{needs operandSegmentSizes}}
  %0 = "tm_tensor.attention"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
