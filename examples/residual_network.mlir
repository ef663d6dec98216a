// A small network for images: a convolution, a pooling, two residual blocks, the second of which halves
// the image, and the probabilities of ten classes.  The weights are arguments.
func.func @main(
    %image: tensor<2x3x16x16xf32>, %stem: tensor<8x3x3x3xf32>, %stem_scale: tensor<8xf32>,
    %stem_shift: tensor<8xf32>, %one_w1: tensor<8x8x3x3xf32>, %one_s1: tensor<8xf32>,
    %one_b1: tensor<8xf32>, %one_w2: tensor<8x8x3x3xf32>, %one_s2: tensor<8xf32>,
    %one_b2: tensor<8xf32>, %two_w1: tensor<12x8x3x3xf32>, %two_s1: tensor<12xf32>,
    %two_b1: tensor<12xf32>, %two_w2: tensor<12x12x3x3xf32>, %two_s2: tensor<12xf32>,
    %two_b2: tensor<12xf32>, %two_short: tensor<12x8x1x1xf32>, %classes: tensor<12x10xf32>,
    %bias: tensor<10xf32>) -> tensor<2x10xf32> {
  %0 = claw.conv2d %image, %stem {padding = array<i64: 1, 1>} : (tensor<2x3x16x16xf32>, tensor<8x3x3x3xf32>) -> tensor<2x8x16x16xf32>
  %1 = claw.broadcast %stem_scale {dims = array<i64: 1>} : (tensor<8xf32>) -> tensor<2x8x16x16xf32>
  %2 = claw.binary %0, %1 {kind = "mul"} : (tensor<2x8x16x16xf32>, tensor<2x8x16x16xf32>) -> tensor<2x8x16x16xf32>
  %3 = claw.broadcast %stem_shift {dims = array<i64: 1>} : (tensor<8xf32>) -> tensor<2x8x16x16xf32>
  %4 = claw.binary %2, %3 {kind = "add"} : (tensor<2x8x16x16xf32>, tensor<2x8x16x16xf32>) -> tensor<2x8x16x16xf32>
  %5 = claw.unary %4 {kind = "relu"} : (tensor<2x8x16x16xf32>) -> tensor<2x8x16x16xf32>
  %6 = claw.pool2d %5 {kind = "max", kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1>} : (tensor<2x8x16x16xf32>) -> tensor<2x8x8x8xf32>
  %7 = claw.conv2d %6, %one_w1 {padding = array<i64: 1, 1>} : (tensor<2x8x8x8xf32>, tensor<8x8x3x3xf32>) -> tensor<2x8x8x8xf32>
  %8 = claw.broadcast %one_s1 {dims = array<i64: 1>} : (tensor<8xf32>) -> tensor<2x8x8x8xf32>
  %9 = claw.binary %7, %8 {kind = "mul"} : (tensor<2x8x8x8xf32>, tensor<2x8x8x8xf32>) -> tensor<2x8x8x8xf32>
  %10 = claw.broadcast %one_b1 {dims = array<i64: 1>} : (tensor<8xf32>) -> tensor<2x8x8x8xf32>
  %11 = claw.binary %9, %10 {kind = "add"} : (tensor<2x8x8x8xf32>, tensor<2x8x8x8xf32>) -> tensor<2x8x8x8xf32>
  %12 = claw.unary %11 {kind = "relu"} : (tensor<2x8x8x8xf32>) -> tensor<2x8x8x8xf32>
  %13 = claw.conv2d %12, %one_w2 {padding = array<i64: 1, 1>} : (tensor<2x8x8x8xf32>, tensor<8x8x3x3xf32>) -> tensor<2x8x8x8xf32>
  %14 = claw.broadcast %one_s2 {dims = array<i64: 1>} : (tensor<8xf32>) -> tensor<2x8x8x8xf32>
  %15 = claw.binary %13, %14 {kind = "mul"} : (tensor<2x8x8x8xf32>, tensor<2x8x8x8xf32>) -> tensor<2x8x8x8xf32>
  %16 = claw.broadcast %one_b2 {dims = array<i64: 1>} : (tensor<8xf32>) -> tensor<2x8x8x8xf32>
  %17 = claw.binary %15, %16 {kind = "add"} : (tensor<2x8x8x8xf32>, tensor<2x8x8x8xf32>) -> tensor<2x8x8x8xf32>
  %18 = claw.binary %17, %6 {kind = "add"} : (tensor<2x8x8x8xf32>, tensor<2x8x8x8xf32>) -> tensor<2x8x8x8xf32>
  %19 = claw.unary %18 {kind = "relu"} : (tensor<2x8x8x8xf32>) -> tensor<2x8x8x8xf32>
  %20 = claw.conv2d %19, %two_w1 {stride = array<i64: 2, 2>, padding = array<i64: 1, 1>} : (tensor<2x8x8x8xf32>, tensor<12x8x3x3xf32>) -> tensor<2x12x4x4xf32>
  %21 = claw.broadcast %two_s1 {dims = array<i64: 1>} : (tensor<12xf32>) -> tensor<2x12x4x4xf32>
  %22 = claw.binary %20, %21 {kind = "mul"} : (tensor<2x12x4x4xf32>, tensor<2x12x4x4xf32>) -> tensor<2x12x4x4xf32>
  %23 = claw.broadcast %two_b1 {dims = array<i64: 1>} : (tensor<12xf32>) -> tensor<2x12x4x4xf32>
  %24 = claw.binary %22, %23 {kind = "add"} : (tensor<2x12x4x4xf32>, tensor<2x12x4x4xf32>) -> tensor<2x12x4x4xf32>
  %25 = claw.unary %24 {kind = "relu"} : (tensor<2x12x4x4xf32>) -> tensor<2x12x4x4xf32>
  %26 = claw.conv2d %25, %two_w2 {padding = array<i64: 1, 1>} : (tensor<2x12x4x4xf32>, tensor<12x12x3x3xf32>) -> tensor<2x12x4x4xf32>
  %27 = claw.broadcast %two_s2 {dims = array<i64: 1>} : (tensor<12xf32>) -> tensor<2x12x4x4xf32>
  %28 = claw.binary %26, %27 {kind = "mul"} : (tensor<2x12x4x4xf32>, tensor<2x12x4x4xf32>) -> tensor<2x12x4x4xf32>
  %29 = claw.broadcast %two_b2 {dims = array<i64: 1>} : (tensor<12xf32>) -> tensor<2x12x4x4xf32>
  %30 = claw.binary %28, %29 {kind = "add"} : (tensor<2x12x4x4xf32>, tensor<2x12x4x4xf32>) -> tensor<2x12x4x4xf32>
  %31 = claw.conv2d %19, %two_short {stride = array<i64: 2, 2>} : (tensor<2x8x8x8xf32>, tensor<12x8x1x1xf32>) -> tensor<2x12x4x4xf32>
  %32 = claw.binary %30, %31 {kind = "add"} : (tensor<2x12x4x4xf32>, tensor<2x12x4x4xf32>) -> tensor<2x12x4x4xf32>
  %33 = claw.unary %32 {kind = "relu"} : (tensor<2x12x4x4xf32>) -> tensor<2x12x4x4xf32>
  %34 = claw.reduce %33 {kind = "mean", axes = array<i64: 2, 3>} : (tensor<2x12x4x4xf32>) -> tensor<2x12xf32>
  %35 = claw.matmul %34, %classes : (tensor<2x12xf32>, tensor<12x10xf32>) -> tensor<2x10xf32>
  %36 = claw.broadcast %bias {dims = array<i64: 1>} : (tensor<10xf32>) -> tensor<2x10xf32>
  %37 = claw.binary %35, %36 {kind = "add"} : (tensor<2x10xf32>, tensor<2x10xf32>) -> tensor<2x10xf32>
  %38 = claw.softmax %37 {axis = 1 : i64} : (tensor<2x10xf32>) -> tensor<2x10xf32>
  return %38 : tensor<2x10xf32>
}
