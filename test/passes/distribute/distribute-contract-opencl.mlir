// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=spirv:opencl-cpu},stage-operands{chip=spirv:opencl-cpu},distribute{chip=spirv:opencl-cpu}' | FileCheck %s

// Few work-items of wide vectors: a step along k is one row of B, sixteen elements of A, sixteen FMAs.
// CHECK-LABEL: gpu.func @matmul
// CHECK-SAME: known_block_size = array<i32: 64, 1, 1>
// CHECK: scf.for
// CHECK: gpu.barrier
// CHECK: vector.store %{{.*}} : memref<{{.*}}xf32, #gpu.address_space<workgroup>>, vector<16xf32>
// CHECK: gpu.barrier
// CHECK-NEXT: scf.for %{{.*}} = %c0{{.*}} to %c64{{.*}} step %c1
// CHECK-COUNT-16: memref.load
// CHECK: %[[ROW:.*]] = vector.load %{{.*}} : memref<{{.*}}xf32, #gpu.address_space<workgroup>>, vector<16xf32>
// CHECK-NOT: memref.load
// CHECK-COUNT-16: math.fma %{{.*}}, %[[ROW]], %{{.*}} : vector<16xf32>
// CHECK-NOT: math.fma
// CHECK: scf.yield
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func private @matmul(%a: memref<1024x1024xf32>, %b: memref<1024x1024xf32>, %c: memref<1024x1024xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [128, 128, 64], warps = 64, thread = [16, 16]},
                claw.grid = affine_map<() -> (8, 8)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %columns = arith.constant 8 : index
  %tm = arith.constant 128 : index
  %tn = arith.constant 128 : index
  %tk = arith.constant 64 : index
  %end = arith.constant 1024 : index
  %pad = arith.constant 0.0 : f32
  %zero = arith.constant dense<0.0> : vector<128x128xf32>
  %block = gpu.block_id x
  %row = arith.divui %block, %columns : index
  %column = arith.remui %block, %columns : index
  %i = arith.muli %row, %tm : index
  %j = arith.muli %column, %tn : index
  %r = scf.for %p = %c0 to %end step %tk iter_args(%acc = %zero) -> (vector<128x128xf32>) {
    %va = vector.transfer_read %a[%i, %p], %pad {in_bounds = [true, true]} : memref<1024x1024xf32>, vector<128x64xf32>
    %vb = vector.transfer_read %b[%p, %j], %pad {in_bounds = [true, true]} : memref<1024x1024xf32>, vector<64x128xf32>
    %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
        kind = #vector.kind<add>} %va, %vb, %acc : vector<128x64xf32>, vector<64x128xf32> into vector<128x128xf32>
    scf.yield %s : vector<128x128xf32>
  }
  vector.transfer_write %r, %c[%i, %j] {in_bounds = [true, true]} : vector<128x128xf32>, memref<1024x1024xf32>
  return
}
