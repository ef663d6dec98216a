// RUN: claw-opt %s --pass-pipeline='tile{chip=nvptx:sm_80},vectorize' | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn3 = affine_map<(m, n, k) -> (m, n)>
#mn = affine_map<(m, n) -> (m, n)>
#m = affine_map<(m, n) -> (m)>
#n = affine_map<(m, n) -> (n)>

// The loop carries the tile of the sum; edges are masks; the epilogue reads the bias once a column.
// CHECK:       #[[GRID:.*]] = affine_map<()[s0] -> (s0 ceildiv 64, 2)>
// CHECK-LABEL: func.func private @matmul_bias
// CHECK-SAME:    claw.grid = #[[GRID]], claw.grid_symbols = array<i64: 3, 0>
// CHECK-NOT:     tensor<
// CHECK:         %[[ID:.*]] = gpu.block_id x
// CHECK:         %[[COLUMN:.*]] = arith.remui %[[ID]], %c2 : index
// CHECK:         %[[ROW:.*]] = arith.divui %[[ID]], %c2 : index
// CHECK:         %[[J:.*]] = arith.muli %[[COLUMN]], %c64 : index
// CHECK:         %[[I:.*]] = arith.muli %[[ROW]], %c64 : index
// CHECK:         %[[ROWS:.*]] = arith.minsi
// CHECK:         %[[COLUMNS:.*]] = arith.minsi
// CHECK:         %[[SUM:.*]] = scf.for %[[K:.*]] = %c0 to %c64 step %c32 iter_args(%[[ACC:.*]] = %{{.*}}) -> (vector<64x64xf32>)
// CHECK:           %[[MA:.*]] = vector.create_mask %[[ROWS]], %c32 : vector<64x32xi1>
// CHECK:           %[[A:.*]] = vector.transfer_read %arg0[%[[I]], %[[K]]], %{{.*}}, %[[MA]] {in_bounds = [true, true]}
// CHECK:           %[[B:.*]] = vector.transfer_read %arg1[%[[K]], %[[J]]]
// CHECK:           vector.contract {{.*}} %[[A]], %[[B]], %[[ACC]] : vector<64x32xf16>, vector<32x64xf16> into vector<64x64xf32>
// CHECK:         %[[BIAS:.*]] = vector.transfer_read %arg2[%[[J]]]
// CHECK:         %[[WIDE:.*]] = vector.broadcast %[[BIAS]] : vector<64xf32> to vector<64x64xf32>
// CHECK:         %[[Q:.*]] = arith.addf %[[SUM]], %[[WIDE]]
// CHECK:         %[[MO:.*]] = vector.create_mask %[[ROWS]], %[[COLUMNS]]
// CHECK:         vector.transfer_write %[[Q]], %arg3[%[[I]], %[[J]]], %[[MO]]
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

// The first loop carries a row of partial sums, reduced after it; zeros beyond the row do not count.
// It goes by blocks of 8 chunks: what an addition of a block rounds off is carried, and added last.
// CHECK-LABEL: func.func private @normalize
// CHECK:         %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<1024xf32>
// CHECK:         %[[ALL:.*]]:2 = scf.for {{.*}} iter_args(%[[OLD:.*]] = %[[ZERO]], %[[LOST:.*]] = %[[ZERO]])
// CHECK:           %[[BLOCK:.*]] = scf.for {{.*}} iter_args(%[[ACC:.*]] = %[[ZERO]]) -> (vector<1024xf32>)
// CHECK:             %[[X:.*]] = vector.transfer_read
// CHECK-NEXT:        %[[NEW:.*]] = arith.addf %[[ACC]], %[[X]]
// CHECK-NEXT:        scf.yield %[[NEW]]
// CHECK:           %[[TOTAL:.*]] = arith.addf %[[OLD]], %[[BLOCK]]
// CHECK:           %[[MORE:.*]] = arith.addf %[[LOST]],
// CHECK:           scf.yield %[[TOTAL]], %[[MORE]]
// CHECK:         %[[OK:.*]] = arith.cmpf ord, %[[ALL]]#1, %[[ALL]]#1
// CHECK:         %[[REST:.*]] = arith.select %[[OK]], %[[ALL]]#1, %[[ZERO]]
// CHECK:         %[[PART:.*]] = arith.addf %[[ALL]]#0, %[[REST]]
// CHECK:         %[[SUM:.*]] = vector.multi_reduction <add>, %[[PART]], %{{.*}} [0] : vector<1024xf32> to f32
// CHECK:         scf.for
// CHECK:           vector.transfer_read
// CHECK:           vector.broadcast %[[SUM]] : f32 to vector<1024xf32>
// CHECK:           vector.transfer_write
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

// CHECK-LABEL: func.func private @square
// CHECK-SAME:    claw.schedule = {tile = [1024], warps = 4 : i64}
// CHECK:         %[[X:.*]] = memref.collapse_shape %arg0
// CHECK:         %[[V:.*]] = vector.transfer_read %[[X]]
// CHECK:         arith.mulf %[[V]], %[[V]] : vector<1024xf32>
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
