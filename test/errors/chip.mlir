// RUN: not clawc %s -target=nvptx -o %t.ptx 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: not clawc %s -target=host:x86-64-v2 -o %t.o 2>&1 | FileCheck %s --check-prefix=TYPE
// RUN: not ls %t.ptx %t.o
// RUN: clawc %s -target=host:x86-64-v4 -o %t.ok.o

// SIZE: takes a buffer of 10000000000 elements; kernels for nvptx:sm_80 count with 32 bits, 2147483647 elements at most
// TYPE: needs f16, which host:x86-64-v2 has not; it has bf16
func.func @main(%x: tensor<100000x100000xf16>) -> tensor<100000x100000xf16> {
  %0 = claw.unary %x {kind = "neg"} : (tensor<100000x100000xf16>) -> tensor<100000x100000xf16>
  return %0 : tensor<100000x100000xf16>
}
