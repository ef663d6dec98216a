// A linear layer on any number of rows: y = relu(x w + b), in f16 with an f32 accumulator.
func.func @main(%x: tensor<?x256xf16>, %w: tensor<256x512xf16>, %b: tensor<512xf32>) -> tensor<?x512xf32> {
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %x, %c0 : tensor<?x256xf16>
  %0 = claw.matmul %x, %w : (tensor<?x256xf16>, tensor<256x512xf16>) -> tensor<?x512xf32>
  %1 = claw.broadcast %b, %rows : (tensor<512xf32>, index) -> tensor<?x512xf32>
  %2 = claw.binary %0, %1 {kind = "add"} : (tensor<?x512xf32>, tensor<?x512xf32>) -> tensor<?x512xf32>
  %3 = claw.unary %2 {kind = "relu"} : (tensor<?x512xf32>) -> tensor<?x512xf32>
  return %3 : tensor<?x512xf32>
}
