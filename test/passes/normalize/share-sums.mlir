// RUN: claw-opt %s -share-sums | FileCheck %s

#all = affine_map<(i, k) -> (i, k)>
#row = affine_map<(i, k) -> (i)>
#other = affine_map<(i, k) -> (k)>
#one = affine_map<(i) -> (i)>

// The mean in f32 is that of the sum in f64: divided there, and rounded once.

// CHECK-LABEL: func.func @mean(
// CHECK-SAME:    %[[X:.*]]: tensor<4x?xf32>, %[[E:.*]]: tensor<4x?xf64>, %[[N:.*]]: f32
// CHECK:         %[[WIDE:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<4x?xf32>) outs(%[[E]]
// CHECK:         %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[WIDE]] : tensor<4x?xf64>)
// CHECK-NOT:     arith.addf %{{.*}} : f32
// CHECK:         %[[MEAN:.*]] = linalg.generic {{.*}} ins(%[[SUM]] : tensor<4xf64>) outs(%{{.*}} : tensor<4xf32>)
// CHECK:           ^bb0(%[[S:.*]]: f64, %{{.*}}: f32)
// CHECK:           %[[D:.*]] = arith.extf %[[N]] : f32 to f64
// CHECK:           %[[Q:.*]] = arith.divf %[[S]], %[[D]] : f64
// CHECK:           %[[R:.*]] = arith.truncf %[[Q]] : f64 to f32
// CHECK:           linalg.yield %[[R]] : f32
// CHECK:         return %[[SUM]], %[[MEAN]]
func.func @mean(%x: tensor<4x?xf32>, %e: tensor<4x?xf64>, %n: f32) -> (tensor<4xf64>, tensor<4xf32>) {
  %zero = arith.constant 0.0 : f64
  %zero32 = arith.constant 0.0 : f32
  %e64 = tensor.empty() : tensor<4xf64>
  %e32 = tensor.empty() : tensor<4xf32>
  %f64 = linalg.fill ins(%zero : f64) outs(%e64 : tensor<4xf64>) -> tensor<4xf64>
  %f32 = linalg.fill ins(%zero32 : f32) outs(%e32 : tensor<4xf32>) -> tensor<4xf32>
  %w = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x?xf32>) outs(%e : tensor<4x?xf64>) {
  ^bb0(%a: f32, %o: f64):
    %b = arith.extf %a : f32 to f64
    linalg.yield %b : f64
  } -> tensor<4x?xf64>
  %0 = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%w : tensor<4x?xf64>) outs(%f64 : tensor<4xf64>) {
  ^bb0(%a: f64, %o: f64):
    %b = arith.addf %a, %o : f64
    linalg.yield %b : f64
  } -> tensor<4xf64>
  %1 = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x?xf32>) outs(%f32 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %b = arith.addf %o, %a : f32
    linalg.yield %b : f32
  } -> tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [#one, #one], iterator_types = ["parallel"]}
      ins(%1 : tensor<4xf32>) outs(%e32 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %b = arith.divf %a, %n : f32
    linalg.yield %b : f32
  } -> tensor<4xf32>
  return %0, %2 : tensor<4xf64>, tensor<4xf32>
}

// A sum that comes first is rounded behind the wide one; all else than a mean takes it rounded.

// CHECK-LABEL: func.func @sum(
// CHECK:         %[[SUM:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<4xf64>)
// CHECK:         %[[ROUNDED:.*]] = linalg.generic {{.*}} ins(%[[SUM]] : tensor<4xf64>) outs(%{{.*}} : tensor<4xf32>)
// CHECK:           arith.truncf
// CHECK:         return %[[SUM]], %[[ROUNDED]]
func.func @sum(%x: tensor<4x8xf32>) -> (tensor<4xf64>, tensor<4xf32>) {
  %zero = arith.constant 0.0 : f64
  %zero32 = arith.constant -0.0 : f32
  %e64 = tensor.empty() : tensor<4xf64>
  %e32 = tensor.empty() : tensor<4xf32>
  %f64 = linalg.fill ins(%zero : f64) outs(%e64 : tensor<4xf64>) -> tensor<4xf64>
  %f32 = linalg.fill ins(%zero32 : f32) outs(%e32 : tensor<4xf32>) -> tensor<4xf32>
  %1 = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%f32 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %b = arith.addf %o, %a : f32
    linalg.yield %b : f32
  } -> tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%f64 : tensor<4xf64>) {
  ^bb0(%a: f32, %o: f64):
    %w = arith.extf %a : f32 to f64
    %b = arith.addf %w, %o : f64
    linalg.yield %b : f64
  } -> tensor<4xf64>
  return %0, %1 : tensor<4xf64>, tensor<4xf32>
}

// Sums over other loops, and from other numbers than zero, stay.

// CHECK-LABEL: func.func @apart(
// CHECK:         arith.addf %{{.*}} : f64
// CHECK:         arith.addf %{{.*}} : f32
// CHECK:         arith.addf %{{.*}} : f32
// CHECK-NOT:     arith.truncf
func.func @apart(%x: tensor<4x4xf32>) -> (tensor<4xf64>, tensor<4xf32>, tensor<4xf32>) {
  %zero = arith.constant 0.0 : f64
  %zero32 = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e64 = tensor.empty() : tensor<4xf64>
  %e32 = tensor.empty() : tensor<4xf32>
  %f64 = linalg.fill ins(%zero : f64) outs(%e64 : tensor<4xf64>) -> tensor<4xf64>
  %f32 = linalg.fill ins(%zero32 : f32) outs(%e32 : tensor<4xf32>) -> tensor<4xf32>
  %g32 = linalg.fill ins(%one : f32) outs(%e32 : tensor<4xf32>) -> tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x4xf32>) outs(%f64 : tensor<4xf64>) {
  ^bb0(%a: f32, %o: f64):
    %w = arith.extf %a : f32 to f64
    %b = arith.addf %w, %o : f64
    linalg.yield %b : f64
  } -> tensor<4xf64>
  %1 = linalg.generic {indexing_maps = [#all, #other], iterator_types = ["reduction", "parallel"]}
      ins(%x : tensor<4x4xf32>) outs(%f32 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %b = arith.addf %o, %a : f32
    linalg.yield %b : f32
  } -> tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x4xf32>) outs(%g32 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %b = arith.addf %o, %a : f32
    linalg.yield %b : f32
  } -> tensor<4xf32>
  return %0, %1, %2 : tensor<4xf64>, tensor<4xf32>, tensor<4xf32>
}
