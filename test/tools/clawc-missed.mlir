// What kernels miss of a chip is said with its reason: in the report, and as remarks at the source.
// RUN: clawc %s -target=nvptx:sm_80 -Rpass-missed=. --report -o /dev/null 2>&1 | FileCheck %s
// RUN: clawc %s -target=nvptx:sm_80 -Rpass-missed=til. -o /dev/null 2>&1 | FileCheck %s --check-prefix=TILE
// RUN: not clawc %s -target=nvptx:sm_80 '-Rpass-missed=(' -o /dev/null 2>&1 | FileCheck %s --check-prefix=PATTERN

// CHECK: main_matmul_0: contraction
// CHECK: missed: products of matrices by the vector units: sm_80 has instructions for f16 in f32
// CHECK: missed: writes of shared memory take 1.50 passes over its banks where 1 would do
// CHECK: missed: 4 workgroups leave 104 of the chip's 108 units idle
// CHECK: clawc-missed.mlir:[[#@LINE+16]]:8: remark: main_matmul_0: products of matrices
// CHECK-SAME: not for f32 summed in f32 [-Rpass-missed=assign-layouts]
// CHECK-NEXT: claw.matmul
// CHECK-NEXT: ^
// CHECK: remark: {{.*}}[-Rpass-missed=distribute]
// CHECK: remark: {{.*}}[-Rpass-missed=tile]

// TILE-NOT: assign-layouts
// TILE: clawc-missed.mlir:[[#@LINE+8]]:8: remark: main_matmul_0: 4 workgroups leave 104
// TILE-NOT: distribute

// PATTERN: -Rpass-missed=(: no regular expression

!t = tensor<128x128xf32>
// The rest is said once.
func.func @main(%a: !t, %b: !t) -> !t {
  %0 = claw.matmul %a, %b : (!t, !t) -> !t
  return %0 : !t
}
