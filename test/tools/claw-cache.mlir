// RUN: rm -rf %t && mkdir %t && cp %s %t/k.mlir
// RUN: env CLAWC_CACHE_DIR=%t/kept claw-cache | FileCheck %s --check-prefix=EMPTY
// RUN: env CLAWC_CACHE_DIR=%t/kept clawc %s -target=host -target=spirv -o %t/first.claw
// RUN: env CLAWC_CACHE_DIR=%t/kept clawc %t/k.mlir -target=host -target=spirv -o %t/second.claw
// RUN: cmp %t/first.claw %t/second.claw
// RUN: env CLAWC_CACHE_DIR=%t/kept clawc %s -target=spirv --no-cache -o %t/k.spv
// RUN: env CLAWC_CACHE_DIR=%t/kept claw-cache --list | FileCheck %s --check-prefix=ONE
// RUN: env CLAWC_CACHE_DIR=%t/kept clawc %s -target=host --timing -o %t/k.o 2>&1 | FileCheck %s --check-prefix=TIMED
// RUN: env CLAWC_CACHE_DIR=%t/kept claw-cache -clear | FileCheck %s --check-prefix=CLEARED
// RUN: env CLAWC_CACHE_DIR=%t/kept claw-cache | FileCheck %s --check-prefix=EMPTY
// RUN: env CLAWC_CACHE_DIR= claw-cache | FileCheck %s --check-prefix=NONE
// RUN: env CLAWC_CACHE_DIR=%t/kept CLAWC_CACHE_MB=lots %exits 2 claw-cache 2>&1 | FileCheck %s --check-prefix=WRONG

// EMPTY: 0 entries, 0.0 MB, of at most 1000.0 MB in {{.*}}/kept
// ONE: {{^[-0-9]+ [:0-9]+ +0\.[0-9] MB  [0-9a-f]{64}\.entry$}}
// ONE-NEXT: 1 entry, 0.{{[0-9]}} MB, of at most 1000.0 MB in {{.*}}/kept
// TIMED: emit image
// CLEARED: 1 entry, 0.{{[0-9]}} MB, removed from {{.*}}/kept
// NONE: nothing is kept: CLAWC_CACHE_DIR is empty
// WRONG: claw-cache: error: CLAWC_CACHE_MB is 'lots': expected a whole number, in millions of bytes

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = claw.unary %x {kind = "neg"} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
