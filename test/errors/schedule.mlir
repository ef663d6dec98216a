// RUN: claw-opt %s --pass-pipeline='claw-to-linalg,normalize-linalg,form-kernels,tile{chip=nvptx}' --split-input-file --verify-diagnostics

func.func @main(%a: tensor<256x256xf32>, %b: tensor<256x256xf32>) -> tensor<256x256xf32> {
  // expected-error @below {{the schedule of kernel main_matmul_0 cannot be used: `warps` must hold powers of two, not 400}}
  %0 = claw.matmul %a, %b {claw.schedule = {tile = [64, 64, 16], warps = 400}} : (tensor<256x256xf32>, tensor<256x256xf32>) -> tensor<256x256xf32>
  return %0 : tensor<256x256xf32>
}

// -----

func.func @main(%x: tensor<1x2x8x4xf32>) -> tensor<1x2x8x4xf32> {
  // expected-error @below {{becomes several kernels, which one claw.schedule cannot fit; name them in a file}}
  %0 = claw.attention %x, %x, %x {claw.schedule = {tile = [8, 8, 4]}} : (tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>) -> tensor<1x2x8x4xf32>
  return %0 : tensor<1x2x8x4xf32>
}

// -----

func.func @main(%x: tensor<4096xf32>) -> tensor<f32> {
  // expected-error @below {{the schedule of kernel main_reduce_0 cannot be used: `split` must be a power of two and at least the tile, 256, not 128}}
  %0 = claw.reduce %x {kind = "sum", axes = array<i64: 0>, claw.schedule = {tile = [256], split = 128}} : (tensor<4096xf32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @main(%x: tensor<4096xf32>) -> tensor<4096xf32> {
  // expected-error @below {{the schedule of kernel main_map_0 cannot be used: `split` cannot be: the kernel reduces nothing}}
  %0 = claw.unary %x {kind = "exp", claw.schedule = {tile = [256], split = 512}} : (tensor<4096xf32>) -> tensor<4096xf32>
  return %0 : tensor<4096xf32>
}
