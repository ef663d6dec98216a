// Covers: compiler/tools/common.py; compiler/chip_specs.py.
// RUN: %exits 2 clawc %s -target=foo 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: %exits 2 clawc %s -target=nvptx:sm_1 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: %exits 2 clawc %s -target=host -emit=foo 2>&1 | FileCheck %s --check-prefix=STAGE
// RUN: %exits 2 clawc %s 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: %exits 2 clawc %s -target=host -target=spirv -emit=asm 2>&1 | FileCheck %s --check-prefix=TWO
// RUN: %exits 1 clawc %s -target=host -o /dev/full 2>&1 | FileCheck %s --check-prefix=FULL
// RUN: %exits 1 clawc %s -target=host -o %t.none/k.o 2>&1 | FileCheck %s --check-prefix=FOLDER

// TARGET: error: unknown target 'foo'; known: nvptx, amdgpu, spirv, host
// CHIP: error: unknown chip 'sm_1' of target 'nvptx'; known: sm_80
// STAGE: error: unknown stage 'foo'; known: claw, linalg, kernels, tiled, vector, layouts, pipelined, simt, llvm, asm, bin, bundle, c
// NONE: error: no target given: say -target=nvptx
// TWO: error: -emit=asm takes one target, got 2
// FULL: /dev/full: error: cannot write: No space left on device
// FOLDER: none/k.o: error: cannot write: No such file or directory

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = claw.unary %x {kind = "neg"} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
