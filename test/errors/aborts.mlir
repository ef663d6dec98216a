// Inputs that abort upstream's parser or passes are diagnosed before they can, or survived.
// RUN: printf '"claw"()' > %t.name.mlir
// RUN: not claw-opt %t.name.mlir 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: %python -c "print('scf.if %%c {' * 6000)" > %t.deep.mlir
// RUN: not claw-opt %t.deep.mlir 2>&1 | FileCheck %s --check-prefix=DEEP

// NAME: name.mlir:1:1: error: "claw" is no operation name
// DEEP: deep.mlir:{{.*}} error: {{.*}}nest
