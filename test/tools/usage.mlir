// What is wrong with a command is exit code 2, with what may have been meant; a program's errors are 1.
// Covers: compiler/spelling.py.
// RUN: %exits 2 clawc %s -targt=nvptx 2>&1 | FileCheck %s --check-prefix=OPTION
// RUN: %exits 2 claw-report %s -targt=nvptx 2>&1 | FileCheck %s --check-prefix=OPTION
// RUN: %exits 2 claw-run %s --devce=host 2>&1 | FileCheck %s --check-prefix=DEVICE
// RUN: %exits 2 claw-run %s -device=hots 2>&1 | FileCheck %s --check-prefix=DRIVER
// RUN: %exits 2 claw-run %s -check=tpu 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: %exits 2 claw-opt %s -claw-to-linag 2>&1 | FileCheck %s --check-prefix=PASS
// RUN: %exits 2 claw-opt %s -convert-scf-to-fc 2>&1 | FileCheck %s --check-prefix=UPSTREAM
// RUN: %exits 2 claw-opt %s --timng 2>&1 | FileCheck %s --check-prefix=TIMING
// RUN: %exits 2 claw-opt %s -tile=chip=sm_90 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: %exits 2 claw-opt %s -bound-buffers=index-bits=wide 2>&1 | FileCheck %s --check-prefix=VALUE
// RUN: %exits 2 claw-opt %s --pass-pipeline='func.func(tile)' 2>&1 | FileCheck %s --check-prefix=NESTED
// RUN: %exits 2 claw-opt %s --pass-pipeline='func.func(cse' 2>&1 | FileCheck %s --check-prefix=OPEN
// RUN: %exits 2 clawc %s -target=sm_90 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: %exits 2 clawc %s -target=nvptx:sm90 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: %exits 2 claw-report %s -target=nvpx 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: %exits 2 clawc %s -target=host -emit=vectr 2>&1 | FileCheck %s --check-prefix=STAGE
// RUN: %exits 2 clawc %s 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: %exits 2 clawc 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: %exits 1 clawc %t.none.mlir -target=host 2>&1 | FileCheck %s --check-prefix=MISSING

// OPTION: no option '-targt'; did you mean -target?
// DEVICE: no option '--devce'; did you mean --device?
// DRIVER: unknown driver 'hots'; known: host, {{.*}}; did you mean host?
// UNKNOWN: unknown driver 'tpu'; known: host, opencl
// PASS: claw-opt: error: no pass is called 'claw-to-linag'; did you mean claw-to-linalg?
// UPSTREAM: no pass is called 'convert-scf-to-fc'; did you mean convert-scf-to-cf?
// TIMING: no pass is called 'timng'; did you mean timing?
// CHIP: did you mean nvptx:sm_90?
// VALUE: option 'index-bits' of pass 'bound-buffers' takes int, not 'wide'
// NESTED: pass 'tile' runs on modules: write it outside of func.func
// OPEN: missing ')' at the end of pipeline element 'func.func(cse'
// TARGET: unknown target 'nvpx'; known: nvptx, amdgpu, spirv, host; did you mean nvptx?
// STAGE: unknown stage 'vectr'; {{.*}}; did you mean vector?
// NONE: no target given: say -target=nvptx
// FILE: Missing argument
// MISSING: cannot read: No such file

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
