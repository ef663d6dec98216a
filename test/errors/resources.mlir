// A resource that does not fit its type, is missing or was left out is refused where it is used.
// RUN: split-file --leading-lines %s %t
// RUN: not clawc %t/short.mlir -target=host -o - 2>&1 | FileCheck %s --check-prefix=SHORT
// RUN: not clawc %t/elided.mlir -target=host -o - 2>&1 | FileCheck %s --check-prefix=ELIDED
// RUN: not clawc %t/alignment.mlir -target=host -o - 2>&1 | FileCheck %s --check-prefix=ALIGN
// RUN: not claw-opt %t/short.mlir 2>&1 | FileCheck %s --check-prefix=SHORT

//--- short.mlir
func.func @main() -> tensor<3xf32> {
  // SHORT: short.mlir:[[#@LINE+1]]:8: error: {{.*}}the resource holds 8 bytes and tensor<3xf32> needs 12
  %0 = arith.constant dense_resource<k> : tensor<3xf32>
  return %0 : tensor<3xf32>
}
{-# dialect_resources: { builtin: { k: "0x040000000000E04000000041" } } #-}

//--- elided.mlir
func.func @main() -> tensor<3xf32> {
  // ELIDED: error: {{.*}}has values that were left out when it was printed
  %0 = arith.constant dense_resource<__elided__> : tensor<3xf32>
  return %0 : tensor<3xf32>
}

//--- alignment.mlir
func.func @main() -> tensor<1xf32> {
  %0 = arith.constant dense_resource<k> : tensor<1xf32>
  return %0 : tensor<1xf32>
}
// ALIGN: alignment.mlir:[[#@LINE+1]]:41: error: the resource 'k' is aligned to 0 bytes
{-# dialect_resources: { builtin: { k: "0x000000000000E040" } } #-}
