// RUN: claw-opt %s -drop-checks-of-data | FileCheck %s

// A check of an element goes, at any depth; a check of a shape is the host's, and stays.

// CHECK-LABEL: func.func @gather(
// CHECK:         cf.assert %{{.*}}, "shapes"
// CHECK:         linalg.generic
// CHECK-NOT:       cf.assert
// CHECK:           scf.if
// CHECK-NOT:       cf.assert
// CHECK:           tensor.extract
// CHECK:         return
func.func @gather(%x: tensor<?xf32>, %k: tensor<4xindex>, %same: i1, %e: tensor<4xf32>)
    -> tensor<4xf32> {
  cf.assert %same, "shapes"
  %c0 = arith.constant 0 : index
  %z = arith.constant 0.0 : f32
  %r = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]}
      ins(%k : tensor<4xindex>) outs(%e : tensor<4xf32>) {
    ^bb0(%at: index, %old: f32):
      %ok = arith.cmpi sge, %at, %c0 : index
      cf.assert %ok, "index must not be negative"
      %v = scf.if %ok -> f32 {
        cf.assert %same, "deep"
        %element = tensor.extract %x[%at] : tensor<?xf32>
        scf.yield %element : f32
      } else {
        scf.yield %z : f32
      }
      linalg.yield %v : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}
