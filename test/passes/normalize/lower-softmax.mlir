// RUN: claw-opt %s -lower-softmax | FileCheck %s
// RUN: claw-opt %s -normalize-linalg --print-ir-after=lower-softmax 2>&1 | FileCheck %s --check-prefix=STEP

// Largest values, exponentials, their sums, quotients.

// CHECK: #[[$FULL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK: #[[$ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func.func @rows(
// CHECK-SAME:    %[[X:.*]]: tensor<?x64xf32>, %[[E:.*]]: tensor<?x64xf32>
// CHECK-NOT:     linalg.softmax
// CHECK:         %[[LOWEST:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<?xf32>)
// CHECK:         %[[LARGEST:.*]] = linalg.generic {indexing_maps = [#[[$FULL]], #[[$ROW]]], iterator_types = ["parallel", "reduction"]} ins(%[[X]] : {{.*}}) outs(%[[LOWEST]] :
// CHECK:           arith.maximumf
// CHECK:         %[[POWERS:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[LARGEST]] : {{.*}}) outs(%[[E]] :
// CHECK:           arith.subf
// CHECK:           math.exp
// CHECK:         %[[TOTAL:.*]] = linalg.generic {{.*}}"reduction"]} ins(%[[POWERS]] :
// CHECK:           arith.addf
// CHECK:         %[[R:.*]] = linalg.generic {{.*}} ins(%[[POWERS]], %[[TOTAL]] : {{.*}}) outs(%[[E]] :
// CHECK:           arith.divf
// CHECK:         return %[[R]]
// STEP: IR Dump After lower-softmax
func.func @rows(%x: tensor<?x64xf32>, %e: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %r = linalg.softmax dimension(1) ins(%x : tensor<?x64xf32>) outs(%e : tensor<?x64xf32>)
    -> tensor<?x64xf32>
  return %r : tensor<?x64xf32>
}
