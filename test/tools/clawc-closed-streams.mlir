// A standard stream that is closed or full is said in a line, with exit code 1 and no traceback.
// RUN: sh -c 'not clawc %s -target=nvptx -o - >&-' 2>&1 | FileCheck %s --check-prefix=CLOSED
// RUN: sh -c 'not clawc - -target=nvptx -o - <&-' 2>&1 | FileCheck %s --check-prefix=INPUT
// RUN: sh -c 'not claw-opt %s -o - >/dev/full' 2>&1 | FileCheck %s --check-prefix=FULL
// RUN: sh -c 'not claw-opt --help >/dev/full' 2>&1 | FileCheck %s --check-prefix=HELP
// RUN: sh -c 'not claw-run --list-devices >/dev/full' 2>&1 | FileCheck %s --check-prefix=HELP
// RUN: sh -c 'clawc %s -target=nvptx -o - --in-process --report 2>&-' | FileCheck %s --check-prefix=QUIET

// CLOSED: {{^}}<stdout>: error: cannot write: standard output is closed{{$}}
// CLOSED-NOT: {{.}}
// INPUT: {{^}}<stdin>: error: cannot read: standard input is closed{{$}}
// INPUT-NOT: {{.}}
// FULL: {{^}}<stdout>: error: cannot write: No space left on device{{$}}
// FULL-NOT: {{.}}
// HELP: {{^}}claw-{{.*}}: error: {{.*}}No space left on device{{$}}
// HELP-NOT: {{.}}
// QUIET-NOT: nvptx:
// QUIET: .version

func.func @main(%a: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = claw.softmax %a {axis = 1 : i64} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}
