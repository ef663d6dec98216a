// An emulated GPU executes the chip's own instructions, checks them, and counts.
// Covers: compiler/tools/statistics.py.
// RUN: claw-run %s -device=emulator:sm_80 -check=host -size=40 -stats | FileCheck %s
// RUN: claw-run %s -device=emulator:sm_90 -size=40 -emulate-check=off -emulate-schedule=warp | FileCheck %s --check-prefix=FAST
// RUN: not claw-run %s -device=emulator:sm_42 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not claw-run %s -device=host -stats 2>&1 | FileCheck %s --check-prefix=HOST

// CHECK: main(float32[40, 8])
// CHECK-NEXT: device: emulator:sm_80 (sm_80 on NumPy), image nvptx:sm_80
// CHECK: main_map_0
// CHECK-NEXT: instructions {{[0-9,]+}} by threads {{[0-9,]+}} by warps
// CHECK: global access
// CHECK: global read {{[0-9,]+}} bytes (estimated 4,096)
// CHECK-NEXT: {{[0-9]+}} sectors (estimated {{[0-9]+}})
// CHECK-NEXT: global write 1,280 bytes (estimated 4,096)
// CHECK-NEXT: 40 sectors (estimated 128)
// CHECK: check 0: agrees with host:0, apart by 0.0e+00

// FAST: device: emulator:sm_90
// FAST: result 0: float32[40, 8]

// UNKNOWN: error: no device 'emulator:sm_42'; emulator has sm_80,
// HOST: error: host:0 does not count; --stats needs --device=emulator:
func.func @main(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %y = arith.addf %x, %x : tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
