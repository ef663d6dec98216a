// RUN: claw-opt %s --pass-pipeline='tile{chip=nvptx:sm_80}' | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn3 = affine_map<(m, n, k) -> (m, n)>
#mn = affine_map<(m, n) -> (m, n)>
#m = affine_map<(m, n) -> (m)>
#n = affine_map<(m, n) -> (n)>

// A contraction and its epilogue: one grid of tiles, a loop over the reduction, every op once.

// CHECK-LABEL: func.func private @matmul_bias
// CHECK-SAME:    claw.schedule = {thread = [4, 8], tile = [64, 64, 32], warps = 4 : i64}
// CHECK:         %[[X:.*]] = bufferization.to_tensor %arg0 restrict
// CHECK:         %[[R:.*]] = scf.forall (%[[I:.*]], %[[J:.*]]) = (0, 0) to (%{{.*}}, 100) step (64, 64) shared_outs(%[[O:.*]] = %{{.*}})
// CHECK:           %[[LEFT:.*]] = arith.subi %{{.*}}, %[[I]] : index
// CHECK:           %[[ROWS:.*]] = arith.minsi %[[LEFT]], %c64 : index
// CHECK:           %[[ZERO:.*]] = linalg.fill {claw.tile = array<i64: 64, 64>}
// CHECK:           %[[SUM:.*]] = scf.for %[[K:.*]] = %c0 to %c64 step %c32 iter_args(%[[ACC:.*]] = %[[ZERO]])
// CHECK:             %[[A:.*]] = tensor.extract_slice %[[X]][%[[I]], %[[K]]] [%[[ROWS]], 32] [1, 1]
// CHECK:             linalg.generic {{.*}} ins(%[[A]], {{.*}}) outs(%[[ACC]] : {{.*}}) attrs = {claw.tile = array<i64: 64, 64, 32>}
// CHECK:           %[[B:.*]] = tensor.extract_slice %{{.*}}[%[[J]]] [%{{.*}}] [1]
// CHECK:           %[[Q:.*]] = linalg.generic {{.*}} ins(%[[SUM]], %[[B]] :
// CHECK:             tensor.parallel_insert_slice %[[Q]] into %[[O]][%[[I]], %[[J]]]
// CHECK:         {mapping = [#gpu.block<linear_dim_1>, #gpu.block<linear_dim_0>]}
// CHECK:         bufferization.materialize_in_destination %[[R]] in restrict writable %arg3
func.func private @matmul_bias(%xm: memref<?x64xf16>, %wm: memref<64x100xf16>, %bm: memref<100xf32>, %om: memref<?x100xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction"} {
  %c0 = arith.constant 0 : index
  %x = bufferization.to_tensor %xm restrict : memref<?x64xf16> to tensor<?x64xf16>
  %w = bufferization.to_tensor %wm restrict : memref<64x100xf16> to tensor<64x100xf16>
  %b = bufferization.to_tensor %bm restrict : memref<100xf32> to tensor<100xf32>
  %d = memref.dim %xm, %c0 : memref<?x64xf16>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%d) : tensor<?x100xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x100xf32>) -> tensor<?x100xf32>
  %p = linalg.generic {indexing_maps = [#mk, #kn, #mn3], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<?x64xf16>, tensor<64x100xf16>) outs(%f : tensor<?x100xf32>) {
  ^bb0(%l: f16, %r: f16, %acc: f32):
    %l32 = arith.extf %l : f16 to f32
    %r32 = arith.extf %r : f16 to f32
    %m = arith.mulf %l32, %r32 : f32
    %s = arith.addf %acc, %m : f32
    linalg.yield %s : f32
  } -> tensor<?x100xf32>
  %q = linalg.generic {indexing_maps = [#mn, #n, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%p, %b : tensor<?x100xf32>, tensor<100xf32>) outs(%e : tensor<?x100xf32>) {
  ^bb0(%u: f32, %v: f32, %_: f32):
    %s = arith.addf %u, %v : f32
    linalg.yield %s : f32
  } -> tensor<?x100xf32>
  bufferization.materialize_in_destination %q in restrict writable %om : (tensor<?x100xf32>, memref<?x100xf32>) -> ()
  return
}

// Rows of unknown length: a loop that sums, then a loop that reads again and writes.

// CHECK-LABEL: func.func private @normalize
// CHECK:         scf.forall (%[[I:.*]]) in (%{{.*}})
// CHECK:           %[[SUM:.*]] = scf.for %[[J:.*]] = %c0 to %{{.*}} step %c1024 iter_args(
// CHECK:             tensor.extract_slice %{{.*}}[%[[I]], %[[J]]] [1, %{{.*}}] [1, 1]
// CHECK:             linalg.generic {{.*}}"reduction"]
// CHECK:           %[[WINDOW:.*]] = tensor.extract_slice %{{.*}}[%[[I]], 0] [1, %{{.*}}] [1, 1]
// CHECK:           %[[ROW:.*]] = scf.for %[[J2:.*]] = {{.*}} iter_args(%[[T:.*]] = %[[WINDOW]])
// CHECK:             tensor.extract_slice %{{.*}}[%[[I]], %[[J2]]] [1, %{{.*}}] [1, 1]
// CHECK:             %[[Q:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %[[SUM]] :
// CHECK:             tensor.insert_slice %[[Q]] into %[[T]][0, %[[J2]]]
// CHECK:             tensor.parallel_insert_slice %[[ROW]] into
func.func private @normalize(%xm: memref<?x?xf32>, %om: memref<?x?xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "reduction"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rows = memref.dim %xm, %c0 : memref<?x?xf32>
  %columns = memref.dim %xm, %c1 : memref<?x?xf32>
  %x = bufferization.to_tensor %xm restrict : memref<?x?xf32> to tensor<?x?xf32>
  %zero = arith.constant 0.0 : f32
  %e1 = tensor.empty(%rows) : tensor<?xf32>
  %e2 = tensor.empty(%rows, %columns) : tensor<?x?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<?xf32>) -> tensor<?xf32>
  %s = linalg.generic {indexing_maps = [#mn, #m], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x?xf32>) outs(%f : tensor<?xf32>) {
  ^bb0(%u: f32, %acc: f32):
    %t = arith.addf %u, %acc : f32
    linalg.yield %t : f32
  } -> tensor<?xf32>
  %q = linalg.generic {indexing_maps = [#mn, #m, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : tensor<?x?xf32>, tensor<?xf32>) outs(%e2 : tensor<?x?xf32>) {
  ^bb0(%u: f32, %v: f32, %_: f32):
    %t = arith.divf %u, %v : f32
    linalg.yield %t : f32
  } -> tensor<?x?xf32>
  bufferization.materialize_in_destination %q in restrict writable %om : (tensor<?x?xf32>, memref<?x?xf32>) -> ()
  return
}

// What is contiguous everywhere becomes one dimension.

// CHECK-LABEL: func.func private @square
// CHECK:         %[[N:.*]] = arith.muli %{{.*}}, %c30 : index
// CHECK:         memref.collapse_shape %arg0 {{\[\[}}0, 1]] : memref<?x30xf32> into memref<?xf32>
// CHECK:         scf.forall (%{{.*}}) = (0) to (%[[N]]) step (1024)
func.func private @square(%xm: memref<?x30xf32>, %om: memref<?x30xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise"} {
  %c0 = arith.constant 0 : index
  %rows = memref.dim %xm, %c0 : memref<?x30xf32>
  %x = bufferization.to_tensor %xm restrict : memref<?x30xf32> to tensor<?x30xf32>
  %e = tensor.empty(%rows) : tensor<?x30xf32>
  %q = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<?x30xf32>) outs(%e : tensor<?x30xf32>) {
  ^bb0(%u: f32, %_: f32):
    %t = arith.mulf %u, %u : f32
    linalg.yield %t : f32
  } -> tensor<?x30xf32>
  bufferization.materialize_in_destination %q in restrict writable %om : (tensor<?x30xf32>, memref<?x30xf32>) -> ()
  return
}
