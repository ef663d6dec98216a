// Two layers with GELU between, on any number of rows.
func.func @main(%x: tensor<?x64xf32>, %w1: tensor<64x256xf32>, %b1: tensor<256xf32>, %w2: tensor<256x64xf32>, %b2: tensor<64xf32>) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %x, %c0 : tensor<?x64xf32>
  %0 = claw.matmul %x, %w1 : (tensor<?x64xf32>, tensor<64x256xf32>) -> tensor<?x256xf32>
  %1 = claw.broadcast %b1, %rows : (tensor<256xf32>, index) -> tensor<?x256xf32>
  %2 = claw.binary %0, %1 {kind = "add"} : (tensor<?x256xf32>, tensor<?x256xf32>) -> tensor<?x256xf32>
  %3 = claw.unary %2 {kind = "gelu"} : (tensor<?x256xf32>) -> tensor<?x256xf32>
  %4 = claw.matmul %3, %w2 : (tensor<?x256xf32>, tensor<256x64xf32>) -> tensor<?x64xf32>
  %5 = claw.broadcast %b2, %rows : (tensor<64xf32>, index) -> tensor<?x64xf32>
  %6 = claw.binary %4, %5 {kind = "add"} : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %6 : tensor<?x64xf32>
}
