// RUN: not claw-opt %s 2>&1 | FileCheck %s
// RUN: not clawc %s -target=host -o %t.o 2>&1 | FileCheck %s
// RUN: not ls %t.o

func.func @f() {
  // CHECK: not-mlir.mlir:[[#@LINE+1]]:3: error: this is of a dialect that clawc does not know; expected one of claw, linalg
  foo.bar
}
