// Scalars are arguments like tensors: random, from a file, or given on the command line.
// RUN: claw-run %s -size=5 -input=0=2 -input=1=-0.5 -input=2=3 -input=3=true -outputs=%t.npz | FileCheck %s
// RUN: claw-run %s | FileCheck %s --check-prefix=RANDOM
// RUN: not claw-run %s -input=9=1 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not claw-run %s -input=2=0.5 2>&1 | FileCheck %s --check-prefix=WHOLE
// RUN: not claw-run %s -input=2=300 2>&1 | FileCheck %s --check-prefix=LARGE
// RUN: not claw-run %s -input=2 2>&1 | FileCheck %s --check-prefix=FORM

// CHECK: main(float32[5], float64[], int8[], bool[])
// CHECK: result 0: float32[5] {{.*}} min 1  max 1  sum 5
// CHECK: result 1: float64[] {{.*}} sum -0.5
// CHECK: result 2: int8[] {{.*}} sum 3
// CHECK: result 3: bool[] {{.*}} sum 1
// RANDOM: main(float32[64], float64[], int8[], bool[])
// NONE: claw-run: error: main takes 4 arguments, counted from 0
// WHOLE: claw-run: error: argument 2 of main is '0.5'; expected one of int8
// LARGE: claw-run: error: argument 2 of main is 300, which is no int8
// FORM: '2'; expected ARGUMENT=NUMBER like 1=0.5
func.func @main(%x: tensor<?xf32>, %k: f64, %n: i8, %b: i1) -> (tensor<?xf32>, f64, i8, i1) {
  %c0 = arith.constant 0 : index
  %d = tensor.dim %x, %c0 : tensor<?xf32>
  %s = arith.truncf %k : f64 to f32
  %w = arith.sitofp %n : i8 to f32
  %m = arith.mulf %s, %w : f32
  %e = tensor.empty(%d) : tensor<?xf32>
  %f = linalg.fill ins(%m : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %r = arith.subf %x, %f : tensor<?xf32>
  %half = arith.constant 2.5 : f32
  %g = linalg.fill ins(%half : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %t = arith.subf %r, %g : tensor<?xf32>
  return %t, %k, %n, %b : tensor<?xf32>, f64, i8, i1
}
