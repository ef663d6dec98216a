// RUN: claw-opt %s --pass-pipeline='expand-math{chip=host},canonicalize,cse' | FileCheck %s --check-prefixes=CHECK,HOST
// RUN: claw-opt %s --pass-pipeline='expand-math{chip=nvptx},canonicalize,cse' | FileCheck %s --check-prefixes=CHECK,NVPTX
// RUN: claw-opt %s --pass-pipeline='expand-math{chip=spirv:opencl},canonicalize,cse' | FileCheck %s

// A vector stays a vector; 2^n is built in the exponent field, or by the hardware.
// CHECK-LABEL: func.func @exp
// CHECK-NOT: math.exp %
// HOST-COUNT-6: math.fma {{.*}} : vector<4xf32>
// HOST: arith.shli {{.*}} : vector<4xi32>
// NVPTX: math.exp2 {{.*}} : vector<4xf32>
// CHECK: return {{.*}} : vector<4xf32>
func.func @exp(%x: vector<4xf32>) -> vector<4xf32> {
  %y = math.exp %x : vector<4xf32>
  return %y : vector<4xf32>
}

// f16 is computed in f32.
// CHECK-LABEL: func.func @tanh
// CHECK: arith.extf %{{.*}} : f16 to f32
// CHECK-NOT: math.tanh
// CHECK: arith.truncf %{{.*}} : f32 to f16
func.func @tanh(%x: f16) -> f16 {
  %y = math.tanh %x : f16
  return %y : f16
}

// What the target computes itself stays.
// CHECK-LABEL: func.func @native
// CHECK-NEXT: math.sqrt
// CHECK-NEXT: math.fma
// CHECK-NEXT: math.floor
func.func @native(%x: f64) -> f64 {
  %a = math.sqrt %x : f64
  %b = math.fma %a, %x, %x : f64
  %c = math.floor %b : f64
  return %c : f64
}

// Large arguments take the long way, and only they.
// CHECK-LABEL: func.func @sin
// CHECK: scf.if
// CHECK: arith.mului_extended
// CHECK-NOT: math.sin
func.func @sin(%x: vector<2xf32>) -> vector<2xf32> {
  %y = math.sin %x : vector<2xf32>
  return %y : vector<2xf32>
}

// CHECK-LABEL: func.func @remainder
// CHECK-NOT: arith.remf
// CHECK: scf.while
func.func @remainder(%x: f32, %y: f32) -> f32 {
  %r = arith.remf %x, %y : f32
  return %r : f32
}
