// With -g, instructions lead back to lines: in PTX, GCN, host.  Covers: compiler/debug_info.py.
// RUN: clawc %s -target=nvptx -g -emit=asm | FileCheck %s --check-prefix=PTX
// RUN: clawc %s -target=amdgpu -g -emit=asm | FileCheck %s --check-prefix=GCN
// RUN: clawc %s -target=host -g -emit=asm | FileCheck %s --check-prefix=HOST
// RUN: clawc %s -target=amdgpu -g -o %t.hsaco
// RUN: llvm-dwarfdump --verify %t.hsaco
// RUN: llvm-dwarfdump --debug-line %t.hsaco | FileCheck %s --check-prefix=HSACO
// RUN: clawc %s -target=nvptx -emit=asm | FileCheck %s --check-prefix=NONE

// PTX:     .target sm_80{{$}}
// PTX:     .loc [[#FILE:]] 23
// PTX:     .file [[#FILE]] "{{.*}}clawc-line-tables.mlir"
// GCN:     .file {{.*}}clawc-line-tables.mlir
// GCN:     .loc {{[0-9]+}} 23
// HOST:    .file {{.*}}clawc-line-tables.mlir
// HOST:    .loc {{[0-9]+}} 23
// HSACO:   name: "clawc-line-tables.mlir"
// HSACO:   0x{{[0-9a-f]+}} 23
// NONE-NOT: .loc

func.func @main(%x: tensor<1000xf32>) -> tensor<1000xf32> {
  // The next line is number 23.
  %0 = claw.unary %x {kind = "exp"} : (tensor<1000xf32>) -> tensor<1000xf32>
  return %0 : tensor<1000xf32>
}
