// Ours and upstream's passes, in the order given; options; what is unknown.
// Covers: compiler/opt.py, observers.py, parsing.py.
// RUN: claw-opt %s -claw-to-linalg -linalg-generalize-named-ops -canonicalize | FileCheck %s
// RUN: claw-opt %s --pass-pipeline='builtin.module(claw-verify,claw-to-linalg,func.func(cse))' | FileCheck %s
// RUN: claw-opt %s -claw-to-linalg --mlir-print-op-generic | FileCheck %s --check-prefix=GENERIC
// RUN: claw-opt %s -claw-to-linalg -cse --print-ir-after-all 2>&1 | FileCheck %s --check-prefix=AFTER
// RUN: claw-opt %s -claw-to-linalg --timing 2>&1 | FileCheck %s --check-prefix=TIMING
// RUN: claw-opt --list-passes | FileCheck %s --check-prefix=LIST
// RUN: not claw-opt %s -no-such-pass 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not claw-opt %s -tile=chips=nvptx 2>&1 | FileCheck %s --check-prefix=OPTION
// RUN: not claw-opt %s -tile=chip=nvptx:sm_1 2>&1 | FileCheck %s --check-prefix=CHIP

// CHECK: linalg.generic
// GENERIC: "linalg.generic"
// AFTER: IR Dump After claw-to-linalg
// AFTER: IR Dump After cse
// TIMING: ms {{.*}} claw-to-linalg
// TIMING: 100.0%  total
// LIST: claw-to-linalg
// LIST: {chip=
// UNKNOWN: error: no pass is called 'no-such-pass'
// OPTION: error: pass 'tile' has no option 'chips'; known: chip
// CHIP: unknown chip 'sm_1' of target 'nvptx'; known: sm_80

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = claw.unary %x {kind = "neg"} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
