// Floats saturate; what code generators round twice goes through an f32 that is rounded to odd.
// RUN: claw-opt %s -define-conversions | FileCheck %s

#id = affine_map<(i) -> (i)>
// CHECK-LABEL: func.func @saturates
// CHECK: ^bb0(%[[A:.*]]: f16, %{{.*}}: i8):
// CHECK: %[[X:.*]] = arith.extf %[[A]] : f16 to f32
// CHECK: %[[IN:.*]] = arith.fptosi %[[X]] : f32 to i8
// CHECK: %[[LOW:.*]] = arith.cmpf olt, %[[X]], %{{.*}} : f32
// CHECK: %[[MIN:.*]] = arith.select %[[LOW]], %{{.*}}, %[[IN]] : i8
// CHECK: %[[HIGH:.*]] = arith.cmpf oge, %[[X]], %{{.*}} : f32
// CHECK: %[[MAX:.*]] = arith.select %[[HIGH]], %{{.*}}, %[[MIN]] : i8
// CHECK: %[[NAN:.*]] = arith.cmpf uno, %[[X]], %[[X]] : f32
// CHECK: %[[R:.*]] = arith.select %[[NAN]], %{{.*}}, %[[MAX]] : i8
// CHECK-NEXT: linalg.yield %[[R]] : i8
func.func @saturates(%x: tensor<4xf16>) -> tensor<4xi8> {
  %e = tensor.empty() : tensor<4xi8>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf16>) outs(%e : tensor<4xi8>) {
  ^bb0(%a: f16, %o: i8):
    %s = arith.fptosi %a : f16 to i8
    linalg.yield %s : i8
  } -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// The lower 16 bits of a large integer become one bit.
// CHECK-LABEL: func.func @integers
// CHECK: ^bb0(%[[A:.*]]: i32, %[[B:.*]]: i16, %{{.*}}: bf16):
// CHECK: %[[LOST:.*]] = arith.andi %[[A]], %{{.*}} : i32
// CHECK: %[[KEPT:.*]] = arith.subi %[[A]], %[[LOST]] : i32
// CHECK: %[[F:.*]] = arith.sitofp %{{.*}} : i32 to f32
// CHECK-NEXT: arith.truncf %[[F]] : f32 to bf16
// CHECK-NEXT: %[[G:.*]] = arith.uitofp %[[B]] : i16 to f32
// CHECK-NEXT: arith.truncf %[[G]] : f32 to bf16
func.func @integers(%x: tensor<4xi32>, %y: tensor<4xi16>) -> tensor<4xbf16> {
  %e = tensor.empty() : tensor<4xbf16>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %y : tensor<4xi32>, tensor<4xi16>) outs(%e : tensor<4xbf16>) {
  ^bb0(%a: i32, %b: i16, %o: bf16):
    %s = arith.sitofp %a : i32 to bf16
    %t = arith.uitofp %b : i16 to bf16
    %u = arith.addf %s, %t : bf16
    linalg.yield %u : bf16
  } -> tensor<4xbf16>
  return %r : tensor<4xbf16>
}

// CHECK-LABEL: func.func @doubles
// CHECK: ^bb0(%[[A:.*]]: f64, %{{.*}}: f16):
// CHECK-NEXT: %[[N:.*]] = arith.truncf %[[A]] : f64 to f32
// CHECK-NEXT: %[[BACK:.*]] = arith.extf %[[N]] : f32 to f64
// CHECK: %[[INEXACT:.*]] = arith.cmpf one, %[[BACK]], %[[A]] : f64
// CHECK: %[[ODD:.*]] = arith.bitcast %{{.*}} : i32 to f32
// CHECK-NEXT: arith.truncf %[[ODD]] : f32 to f16
func.func @doubles(%x: tensor<4xf64>) -> tensor<4xf16> {
  %e = tensor.empty() : tensor<4xf16>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf64>) outs(%e : tensor<4xf16>) {
  ^bb0(%a: f64, %o: f16):
    %s = arith.truncf %a : f64 to f16
    linalg.yield %s : f16
  } -> tensor<4xf16>
  return %r : tensor<4xf16>
}

// Where the result is exact, or one rounding is all that is done, nothing changes.
// CHECK-LABEL: func.func @others
// CHECK: arith.sitofp %{{.*}} : i32 to f32
// CHECK-NEXT: arith.truncf %{{.*}} : f32 to f16
// CHECK-NEXT: linalg.yield
func.func @others(%x: tensor<4xi32>) -> tensor<4xf16> {
  %e = tensor.empty() : tensor<4xf16>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xi32>) outs(%e : tensor<4xf16>) {
  ^bb0(%a: i32, %o: f16):
    %s = arith.sitofp %a : i32 to f32
    %t = arith.truncf %s : f32 to f16
    linalg.yield %t : f16
  } -> tensor<4xf16>
  return %r : tensor<4xf16>
}
