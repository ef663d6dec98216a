// Complex tensors become two of real numbers; callers' are pairs.  Without any, nothing changes.
// RUN: claw-opt %s -split-complex -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @product
// CHECK-SAME: (%[[X:.*]]: tensor<?x2xf32> {claw.type = complex<f32>}, %[[Y:.*]]: tensor<?xf32>)
// CHECK-SAME: -> (tensor<?x2xf32> {claw.type = complex<f32>})
// CHECK: %[[RE:.*]] = tensor.extract_slice %[[X]][0, 0] [%{{.*}}, 1] [1, 1] : tensor<?x2xf32> to tensor<?xf32>
// CHECK: %[[IM:.*]] = tensor.extract_slice %[[X]][0, 1] [%{{.*}}, 1] [1, 1] : tensor<?x2xf32> to tensor<?xf32>
// CHECK: %[[R:.*]]:2 = linalg.generic {{.*}} ins(%[[RE]], %[[IM]], %[[Y]] : {{.*}})
// CHECK: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %[[C:.*]]: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[A]], %[[C]] : f32
// CHECK: linalg.yield %[[S]], %{{.*}} : f32, f32
// CHECK: linalg.generic {{.*}} ins(%[[R]]#0, %[[R]]#1 : tensor<?xf32>, tensor<?xf32>)
// CHECK: linalg.index 1 : index
// CHECK: arith.select
func.func @product(%x: tensor<?xcomplex<f32>>, %y: tensor<?xf32>) -> tensor<?xcomplex<f32>> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xcomplex<f32>>
  %e = tensor.empty(%n) : tensor<?xcomplex<f32>>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>,
      affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x, %y : tensor<?xcomplex<f32>>, tensor<?xf32>) outs(%e : tensor<?xcomplex<f32>>) {
  ^bb0(%a: complex<f32>, %c: f32, %o: complex<f32>):
    %re = complex.re %a : complex<f32>
    %im = complex.im %a : complex<f32>
    %s = arith.addf %re, %c : f32
    %z = complex.create %s, %im : complex<f32>
    linalg.yield %z : complex<f32>
  } -> tensor<?xcomplex<f32>>
  return %r : tensor<?xcomplex<f32>>
}

// -----

// CHECK-LABEL: func.func @constants
// CHECK: arith.constant dense<[1.000000e+00, 3.000000e+00]> : tensor<2xf64>
// CHECK: arith.constant dense<[2.000000e+00, 4.000000e+00]> : tensor<2xf64>
// CHECK-NOT: complex.
func.func @constants() -> tensor<2xcomplex<f64>> {
  %c = arith.constant dense<[(1.0, 2.0), (3.0, 4.0)]> : tensor<2xcomplex<f64>>
  return %c : tensor<2xcomplex<f64>>
}

// -----

// CHECK-LABEL: func.func @real
// CHECK-NEXT: linalg.transpose
// CHECK: return
func.func @real(%x: tensor<2x3xf32>, %e: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %t = linalg.transpose ins(%x : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) permutation = [1, 0]
  return %t : tensor<3x2xf32>
}

// -----

// Loops carry parts; a scalar is a tensor of both.

// CHECK-LABEL: func.func @loop(
// CHECK-SAME:    %[[Z:.*]]: tensor<2xf32> {claw.type = complex<f32>}, %{{.*}}: index) -> (tensor<2xf32> {claw.type = complex<f32>})
// CHECK-DAG:     %[[RE:.*]] = tensor.extract %[[Z]][%c0{{.*}}]
// CHECK-DAG:     %[[IM:.*]] = tensor.extract %[[Z]][%c1{{.*}}]
// CHECK:         %[[S:.*]]:2 = scf.for {{.*}} iter_args(%{{.*}} = %[[RE]], %{{.*}} = %[[IM]]) -> (f32, f32)
// CHECK-NOT:       complex.
// CHECK:           scf.yield %{{.*}}, %{{.*}} : f32, f32
// CHECK:         tensor.from_elements %[[S]]#0, %[[S]]#1
func.func @loop(%z: complex<f32>, %n: index) -> complex<f32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %z) -> complex<f32> {
    %b = complex.add %a, %z : complex<f32>
    scf.yield %b : complex<f32>
  }
  return %r : complex<f32>
}
