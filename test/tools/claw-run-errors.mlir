// What is wrong is said in one line, and the exit code is 1; 2 where no machine has such a device.
// RUN: %exits 2 claw-run %s -device=tpu 2>&1 | FileCheck %s --check-prefix=DEVICE
// RUN: %exits 1 claw-run %s -device=host:9 2>&1 | FileCheck %s --check-prefix=INDEX
// RUN: not claw-run %s -entry=other 2>&1 | FileCheck %s --check-prefix=ENTRY
// RUN: not claw-run %s -inputs=%s 2>&1 | FileCheck %s --check-prefix=INPUTS
// RUN: not claw-run %s -size=0.0=2 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: not claw-run %t.none.claw 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: echo foreign > %t.claw
// RUN: not claw-run %t.claw 2>&1 | FileCheck %s --check-prefix=FOREIGN

// DEVICE: {{^}}claw-run: error: unknown driver 'tpu'; known: host, opencl, vulkan, cuda, hip
// INDEX: {{^}}claw-run: error: no device host:9; host has 1, counted from 0{{$}}
// ENTRY: {{^}}claw-run: error: no entry 'other'; the bundle has main{{$}}
// INPUTS: {{^}}claw-run: error: {{.*}} is not an .npz file of arrays{{$}}
// SIZE: {{^}}claw-run: error: dimension 0.0 of main is not open{{$}}
// FILE: {{^}}claw-run: error: cannot read {{.*}}.none.claw: No such file or directory{{$}}
// FOREIGN: {{^}}claw-run: error: {{.*}}.claw: not a bundle
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.addf %x, %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
