// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=host},stage-operands{chip=host},distribute{chip=host}' | FileCheck %s

// A register tile: no shared memory, A an element at a time, B in whole vectors.
// CHECK-NOT: memref.global
// CHECK-LABEL: gpu.func @matmul
// CHECK-NOT: gpu.barrier
// CHECK: scf.for
// CHECK-COUNT-8: memref.load
// CHECK-COUNT-2: vector.load %{{.*}} {alignment = 4 : i64} : memref<?xf32>, vector<16xf32>
// CHECK-NOT: load
// CHECK-COUNT-16: math.fma %{{.*}} : vector<16xf32>
// CHECK: scf.yield
// CHECK-COUNT-16: vector.store %{{.*}} : memref<?xf32>, vector<16xf32>
// CHECK-NEXT: gpu.return
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func private @matmul(%a: memref<1024x1024xf32>, %b: memref<1024x1024xf32>, %c: memref<1024x1024xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [8, 32, 1], warps = 1, thread = [8, 32]},
                claw.grid = affine_map<() -> (128, 32)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %columns = arith.constant 32 : index
  %tm = arith.constant 8 : index
  %tn = arith.constant 32 : index
  %tk = arith.constant 1 : index
  %end = arith.constant 1024 : index
  %pad = arith.constant 0.0 : f32
  %zero = arith.constant dense<0.0> : vector<8x32xf32>
  %block = gpu.block_id x
  %row = arith.divui %block, %columns : index
  %column = arith.remui %block, %columns : index
  %i = arith.muli %row, %tm : index
  %j = arith.muli %column, %tn : index
  %r = scf.for %p = %c0 to %end step %tk iter_args(%acc = %zero) -> (vector<8x32xf32>) {
    %va = vector.transfer_read %a[%i, %p], %pad {in_bounds = [true, true]} : memref<1024x1024xf32>, vector<8x1xf32>
    %vb = vector.transfer_read %b[%p, %j], %pad {in_bounds = [true, true]} : memref<1024x1024xf32>, vector<1x32xf32>
    %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
        kind = #vector.kind<add>} %va, %vb, %acc : vector<8x1xf32>, vector<1x32xf32> into vector<8x32xf32>
    scf.yield %s : vector<8x32xf32>
  }
  vector.transfer_write %r, %c[%i, %j] {in_bounds = [true, true]} : vector<8x32xf32>, memref<1024x1024xf32>
  return
}
