// Rounding f64 to f16 goes by way of f32; all other roundings stay.
// RUN: claw-opt %s -truncate-in-steps | FileCheck %s

// CHECK-LABEL: func.func @scalar(
// CHECK-SAME: %[[X:.*]]: f64
// CHECK-NEXT: %[[S:.*]] = arith.truncf %[[X]] : f64 to f32
// CHECK-NEXT: %[[R:.*]] = arith.truncf %[[S]] : f32 to f16
// CHECK-NEXT: return %[[R]]
func.func @scalar(%x: f64) -> f16 {
  %r = arith.truncf %x : f64 to f16
  return %r : f16
}

// CHECK-LABEL: func.func @vector(
// CHECK-NEXT: %[[S:.*]] = arith.truncf %{{.*}} : vector<8xf64> to vector<8xf32>
// CHECK-NEXT: arith.truncf %[[S]] : vector<8xf32> to vector<8xf16>
// CHECK-NEXT: return
func.func @vector(%x: vector<8xf64>) -> vector<8xf16> {
  %r = arith.truncf %x : vector<8xf64> to vector<8xf16>
  return %r : vector<8xf16>
}

// CHECK-LABEL: func.func @others(
// CHECK-NEXT: arith.truncf %{{.*}} : f64 to f32
// CHECK-NEXT: arith.truncf %{{.*}} : f64 to bf16
// CHECK-NEXT: arith.truncf %{{.*}} : f32 to f16
// CHECK-NEXT: return
func.func @others(%x: f64, %y: f32) -> (f32, bf16, f16) {
  %a = arith.truncf %x : f64 to f32
  %b = arith.truncf %x : f64 to bf16
  %c = arith.truncf %y : f32 to f16
  return %a, %b, %c : f32, bf16, f16
}
