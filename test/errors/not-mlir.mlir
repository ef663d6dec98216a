// RUN: not claw-opt %s 2>&1 | FileCheck %s
// RUN: not clawc %s -target=host -o %t.o 2>&1 | FileCheck %s
// RUN: not ls %t.o

func.func @f() {
  // CHECK: not-mlir.mlir:[[#@LINE+1]]:3: error: Dialect `foo' not found for custom op 'foo.bar'
  foo.bar
}
