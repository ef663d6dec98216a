// What the author has written is kept, and what follows from it is told of the rest.
// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=nvptx:sm_80},check-level{level=layouts}' | FileCheck %s

// What the kernel writes is not read twice: the second reader has it converted.  What the author
// has written is kept.
// CHECK-LABEL: func.func private @in_place
// CHECK: %[[X:.*]] = vector.transfer_read {{.*}}claw.layout = {lane = {{\[\[}}1], [2], [4], [8], [16]], register = {{\[\[}}32], [64]]
// CHECK-NEXT: %[[C:.*]] = claw.convert_layout %[[X]] {claw.layout = {lane = {{\[\[}}4], [8], [16], [32], [64]], register = {{\[\[}}1], [2]]
// CHECK: math.exp %[[X]] {claw.layout = {lane = {{\[\[}}1], [2], [4], [8], [16]]
// CHECK: arith.addf %[[C]], {{.*}} {claw.layout = {lane = {{\[\[}}4], [8], [16], [32], [64]]
func.func private @in_place(%x: memref<128xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise",
                claw.schedule = {tile = [128], warps = 1},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  %v = vector.transfer_read %x[%c0], %pad {in_bounds = [true],
      claw.layout = {lane = [[1], [2], [4], [8], [16]], register = [[32], [64]], warp = []}} : memref<128xf32>, vector<128xf32>
  %e = math.exp %v : vector<128xf32>
  %s = arith.addf %v, %e
      {claw.layout = {lane = [[4], [8], [16], [32], [64]], register = [[1], [2]], warp = []}} : vector<128xf32>
  vector.transfer_write %s, %x[%c0] {in_bounds = [true]} : vector<128xf32>, memref<128xf32>
  return
}

// Of a reduction's result, behind it.
// CHECK-LABEL: func.func private @sum
// CHECK: %[[S:.*]] = vector.multi_reduction <add>, {{.*}} {claw.layout = {lane = {{\[\[}}0], [0], [0], [0], [1]], register = {{\[\[}}2], [4]], warp = []}}
// CHECK-NEXT: %[[C:.*]] = claw.convert_layout %[[S]] {claw.layout = {lane = {{\[\[}}1], [2], [4], [0], [0]], register = [], warp = []}}
// CHECK-NEXT: vector.transfer_write %[[C]]
func.func private @sum(%x: memref<8x64xf32>, %y: memref<8xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "reduction",
                claw.schedule = {tile = [8, 64], warps = 1},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  %zero = arith.constant dense<0.0> : vector<8xf32>
  %v = vector.transfer_read %x[%c0, %c0], %pad {in_bounds = [true, true]} : memref<8x64xf32>, vector<8x64xf32>
  %s = vector.multi_reduction <add>, %v, %zero {claw.layout = {lane = [[1], [2], [4], [0], [0]], register = [], warp = []}}
      [1] : vector<8x64xf32> to vector<8xf32>
  vector.transfer_write %s, %y[%c0] {in_bounds = [true]} : vector<8xf32>, memref<8xf32>
  return
}

// FMAs where a matrix instruction would do; and of a loop what it carries.
// CHECK-LABEL: func.func private @matmul
// CHECK: vector.contract {{.*}} {claw.instruction = "fma", claw.layout = {lane = {{\[\[}}0, 1], [0, 2], [0, 4], [0, 8], [1, 0]], register = {{\[\[}}2, 0], [4, 0], [8, 0]], warp = []}
// CHECK: claw.convert_layout {{.*}} {claw.layout = {lane = {{\[\[}}0, 1], [0, 2], [0, 4], [0, 8], [8, 0]], register = {{\[\[}}1, 0], [2, 0], [4, 0]], warp = []}
// CHECK: } {claw.layout = [{lane = {{\[\[}}0, 1], [0, 2], [0, 4], [0, 8], [8, 0]], register = {{\[\[}}1, 0], [2, 0], [4, 0]], warp = []}]}
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func private @matmul(%a: memref<16x64xf16>, %b: memref<64x16xf16>, %c: memref<16x16xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [16, 16, 16], warps = 1},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %tk = arith.constant 16 : index
  %end = arith.constant 64 : index
  %pad = arith.constant 0.0 : f16
  %zero = arith.constant dense<0.0> : vector<16x16xf32>
  %r = scf.for %p = %c0 to %end step %tk iter_args(%acc = %zero) -> (vector<16x16xf32>) {
    %va = vector.transfer_read %a[%c0, %p], %pad {in_bounds = [true, true]} : memref<16x64xf16>, vector<16x16xf16>
    %vb = vector.transfer_read %b[%p, %c0], %pad {in_bounds = [true, true]} : memref<64x16xf16>, vector<16x16xf16>
    %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
        kind = #vector.kind<add>} %va, %vb, %acc {claw.instruction = "fma", claw.layout =
        {lane = [[0, 1], [0, 2], [0, 4], [0, 8], [1, 0]], register = [[2, 0], [4, 0], [8, 0]], warp = []}}
        : vector<16x16xf16>, vector<16x16xf16> into vector<16x16xf32>
    scf.yield %s : vector<16x16xf32>
  } {claw.layout = [{lane = [[0, 1], [0, 2], [0, 4], [0, 8], [8, 0]], register = [[1, 0], [2, 0], [4, 0]], warp = []}]}
  vector.transfer_write %r, %c[%c0, %c0] {in_bounds = [true, true]} : vector<16x16xf32>, memref<16x16xf32>
  return
}
