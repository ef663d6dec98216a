// Each pass of the road is a step, ours and upstream's: printed, dumped and timed by its own name.
// Covers: passes/framework/pipeline.py.
// RUN: clawc %s -target=nvptx:sm_80 -o - --print-ir-after=convert-scf-to-cf 2>&1 | FileCheck %s --check-prefix=PRINT
// RUN: clawc %s -target=host -o /dev/null --print-ir-before=fold-producers 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: clawc %s -target=amdgpu -o /dev/null --print-ir-after=lower-to-rocdl 2>&1 | FileCheck %s --check-prefix=WHOLE
// RUN: clawc %s -target=spirv:vulkan -o /dev/null -g --timing 2>&1 | FileCheck %s --check-prefix=TIME
// RUN: rm -rf %t && clawc %s -target=nvptx:sm_80 -o /dev/null --dump-ir=%t
// RUN: ls %t | FileCheck %s --check-prefix=DUMP
// RUN: claw-opt %t/*-sink-scalars.mlir -form-kernels | FileCheck %s --check-prefix=AGAIN
// RUN: claw-opt %t/*-convert-scf-to-cf.mlir -cse | FileCheck %s --check-prefix=PARSES

// A name that is no step of the run is an error.
// RUN: %exits 2 clawc %s -target=nvptx -o /dev/null --print-ir-after=convert-scf-to-fc 2>&1 | FileCheck %s --check-prefix=TYPO
// RUN: %exits 2 clawc %s -target=nvptx -o /dev/null --print-ir-before=convert-gpu-to-rocdl 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: %exits 2 clawc %s -emit=linalg --print-ir-after=tile 2>&1 | FileCheck %s --check-prefix=LATER
// RUN: %exits 2 claw-opt %s -claw-to-linalg --print-ir-after=claw-to-linag 2>&1 | FileCheck %s --check-prefix=OPT

// PRINT: IR Dump After convert-scf-to-cf
// PRINT: gpu.module
// PRINT: .entry
// TWICE-COUNT-2: IR Dump Before fold-producers
// TWICE-NOT: IR Dump
// WHOLE: IR Dump After lower-to-rocdl
// WHOLE: llvm.func
// WHOLE-NOT: IR Dump
// TIME: ms {{.*}} inline
// TIME: ms {{.*}} lower-moves
// TIME: ms {{.*}} convert-gpu-to-spirv
// TIME: ms {{.*}} finish-vulkan-module
// TIME-NOT: normalize-linalg
// DUMP: 000-input.mlir
// DUMP: split-inits.mlir
// DUMP: convert-scf-to-cf.mlir
// DUMP-NOT: normalize-linalg
// AGAIN: claw.kernel
// PARSES: gpu.module
// TYPO: clawc: error: --print-ir-after: no step of this run is called 'convert-scf-to-fc'; did you mean convert-scf-to-cf?
// OTHER: no step of this run is called 'convert-gpu-to-rocdl'; did you mean convert-gpu-to-nvvm?
// LATER: no step of this run is called 'tile'; its steps: lower-tosa, tm-tensor-to-claw, check-entries, claw-verify, lower-control, claw-to-linalg
// OPT: claw-opt: error: --print-ir-after: no step of this run is called 'claw-to-linag'; did you mean claw-to-linalg?

func.func @main(%x: tensor<1000xf32>) -> tensor<1000xf32> {
  %0 = claw.unary %x {kind = "neg"} : (tensor<1000xf32>) -> tensor<1000xf32>
  return %0 : tensor<1000xf32>
}
