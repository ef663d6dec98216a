// RUN: claw-opt %s -widen-accumulators | FileCheck %s

// The products are added up in f32, from what was there before, and rounded once.

// CHECK-LABEL: func.func @product(
// CHECK-SAME:    %[[X:.*]]: tensor<3x8xf16>, %[[W:.*]]: tensor<8x5xf16>, %[[C:.*]]: tensor<3x5xf16>
// CHECK:         %[[C32:.*]] = linalg.generic {{.*}} ins(%[[C]] : tensor<3x5xf16>)
// CHECK:           arith.extf
// CHECK:         %[[R32:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[W]] : tensor<3x8xf16>, tensor<8x5xf16>) outs(%[[C32]] : tensor<3x5xf32>)
// CHECK-NEXT:      ^bb0(%[[A:.*]]: f16, %[[B:.*]]: f16, %[[O:.*]]: f32):
// CHECK-DAG:       %[[A32:.*]] = arith.extf %[[A]]
// CHECK-DAG:       %[[B32:.*]] = arith.extf %[[B]]
// CHECK:           %[[P:.*]] = arith.mulf %[[A32]], %[[B32]] : f32
// CHECK:           %[[S:.*]] = arith.addf %[[O]], %[[P]] : f32
// CHECK-NEXT:      linalg.yield %[[S]] : f32
// CHECK:         %[[R:.*]] = linalg.generic {{.*}} ins(%[[R32]] : tensor<3x5xf32>)
// CHECK:           arith.truncf
// CHECK:         return %[[R]] : tensor<3x5xf16>
func.func @product(%x: tensor<3x8xf16>, %w: tensor<8x5xf16>, %c: tensor<3x5xf16>) -> tensor<3x5xf16> {
  %r = linalg.generic {
      indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<3x8xf16>, tensor<8x5xf16>) outs(%c : tensor<3x5xf16>) {
  ^bb0(%a: f16, %b: f16, %o: f16):
    %p = arith.mulf %a, %b : f16
    %s = arith.addf %o, %p : f16
    linalg.yield %s : f16
  } -> tensor<3x5xf16>
  return %r : tensor<3x5xf16>
}

// A fill stays a fill.

// CHECK-LABEL: func.func @sum(
// CHECK:         %[[Z32:.*]] = arith.extf %{{.*}} : bf16 to f32
// CHECK:         %[[F:.*]] = linalg.fill ins(%[[Z32]] : f32)
// CHECK:         linalg.generic {{.*}} outs(%[[F]] : tensor<f32>)
func.func @sum(%x: tensor<8xbf16>) -> tensor<bf16> {
  %z = arith.constant 0.0 : bf16
  %e = tensor.empty() : tensor<bf16>
  %f = linalg.fill ins(%z : bf16) outs(%e : tensor<bf16>) -> tensor<bf16>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : tensor<8xbf16>) outs(%f : tensor<bf16>) {
  ^bb0(%a: bf16, %o: bf16):
    %s = arith.addf %a, %o : bf16
    linalg.yield %s : bf16
  } -> tensor<bf16>
  return %r : tensor<bf16>
}

// A maximum rounds nothing, and what is added once is no sum.

// CHECK-LABEL: func.func @exact(
// CHECK-NOT:     f32
func.func @exact(%x: tensor<8xf16>, %m: tensor<f16>, %y: tensor<8xf16>) -> (tensor<f16>, tensor<8xf16>) {
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : tensor<8xf16>) outs(%m : tensor<f16>) {
  ^bb0(%a: f16, %o: f16):
    %s = arith.maximumf %a, %o : f16
    linalg.yield %s : f16
  } -> tensor<f16>
  %t = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<8xf16>) outs(%y : tensor<8xf16>) {
  ^bb0(%a: f16, %o: f16):
    %s = arith.addf %a, %o : f16
    linalg.yield %s : f16
  } -> tensor<8xf16>
  return %r, %t : tensor<f16>, tensor<8xf16>
}

// A mean is divided before it is rounded: its sum may pass what f16 holds.

// CHECK-LABEL: func.func @mean(
// CHECK:         %[[SUM:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<4xf32>)
// CHECK:         linalg.generic {{.*}} ins(%[[SUM]] : tensor<4xf32>) outs(%{{.*}} : tensor<4xf16>)
// CHECK:           %[[Q:.*]] = arith.divf %{{.*}} : f32
// CHECK:           arith.truncf %[[Q]] : f32 to f16
func.func @mean(%x: tensor<4x700xf16>) -> tensor<4xf16> {
  %zero = arith.constant 0.0 : f16
  %count = arith.constant 700.0 : f16
  %e = tensor.empty() : tensor<4xf16>
  %f = linalg.fill ins(%zero : f16) outs(%e : tensor<4xf16>) -> tensor<4xf16>
  %s = linalg.generic {indexing_maps = [affine_map<(i, k) -> (i, k)>, affine_map<(i, k) -> (i)>],
                       iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x700xf16>) outs(%f : tensor<4xf16>) {
  ^bb0(%a: f16, %o: f16):
    %b = arith.addf %o, %a : f16
    linalg.yield %b : f16
  } -> tensor<4xf16>
  %m = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%s : tensor<4xf16>) outs(%e : tensor<4xf16>) {
  ^bb0(%a: f16, %o: f16):
    %q = arith.divf %a, %count : f16
    linalg.yield %q : f16
  } -> tensor<4xf16>
  return %m : tensor<4xf16>
}
