// Indices in 64 bits, then clamped; unchecked they are trusted.
// RUN: claw-opt %s -define-indices | FileCheck %s --check-prefixes=CHECK,CLAMPED
// RUN: claw-opt %s -pass-pipeline='define-indices{unchecked=true}' | FileCheck %s

#id = affine_map<(i) -> (i)>
// CHECK-LABEL: func.func @gather
// CHECK: %[[P:.*]] = arith.muli %{{.*}}, %{{.*}} : i64
// CLAMPED: %[[LOW:.*]] = arith.maxsi %[[P]], %{{.*}} : i64
// CLAMPED: arith.minsi %[[LOW]], %{{.*}} : i64
// CHECK-NOT: arith.minsi
// CHECK: arith.index_cast %{{.*}} : i64 to index
// CHECK: tensor.extract
func.func @gather(%x: tensor<100xf32>, %i: tensor<4xi32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%i : tensor<4xi32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: i32, %o: f32):
    %p = arith.index_cast %a : i32 to index
    %c3 = arith.constant 3 : index
    %q = arith.muli %p, %c3 : index
    %v = tensor.extract %x[%q] : tensor<100xf32>
    linalg.yield %v : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}
