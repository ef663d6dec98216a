// A schedule given to a claw operation stays with what it becomes, down to the kernel.
// RUN: claw-opt %s -claw-to-linalg | FileCheck %s --check-prefix=LINALG
// RUN: clawc %s -target=nvptx -emit=vector | FileCheck %s

// LINALG:     linalg.generic {{.*}}claw.schedule = {thread = [4, 4], tile = [32, 64, 16], warps = 4
// CHECK:      func.func private @main_matmul_0
// CHECK-SAME: claw.grid = {{.*}} claw.schedule = {thread = [4, 4], tile = [32, 64, 16], warps = 4
func.func @main(%a: tensor<256x256xf32>, %b: tensor<256x256xf32>) -> tensor<256x256xf32> {
  %0 = claw.matmul %a, %b {claw.schedule = {thread = [4, 4], tile = [32, 64, 16], warps = 4}} : (tensor<256x256xf32>, tensor<256x256xf32>) -> tensor<256x256xf32>
  return %0 : tensor<256x256xf32>
}
