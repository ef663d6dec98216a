// Causal attention with grouped heads: eight query heads share two key and value heads.
func.func @main(%q: tensor<1x8x64x32xf32>, %k: tensor<1x2x64x32xf32>, %v: tensor<1x2x64x32xf32>) -> tensor<1x8x64x32xf32> {
  %0 = claw.attention %q, %k, %v {causal} : (tensor<1x8x64x32xf32>, tensor<1x2x64x32xf32>, tensor<1x2x64x32xf32>) -> tensor<1x8x64x32xf32>
  return %0 : tensor<1x8x64x32xf32>
}
