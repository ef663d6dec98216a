// RUN: sed 's/TYPE/f16/g' %s | claw-opt - --pass-pipeline='assign-layouts{chip=nvptx:sm_80},stage-operands{chip=nvptx:sm_80}' | FileCheck %s --check-prefix=LOADS
// RUN: sed 's/TYPE/f16/g' %s | claw-opt - --pass-pipeline='assign-layouts{chip=amdgpu:gfx1100},stage-operands{chip=amdgpu:gfx1100}' | FileCheck %s --check-prefix=RUNS
// RUN: sed 's/TYPE/f32/g' %s | claw-opt - --pass-pipeline='assign-layouts{chip=nvptx:sm_80},stage-operands{chip=nvptx:sm_80}' | FileCheck %s --check-prefix=FMA
// RUN: sed 's/TYPE/f32/g' %s | claw-opt - --pass-pipeline='assign-layouts{chip=host},stage-operands{chip=host}' | FileCheck %s --check-prefix=ALONE
// RUN: sed 's/TYPE/f16/g' %s | not claw-opt - --pass-pipeline='assign-layouts{chip=nvptx:sm_80},distribute{chip=nvptx:sm_80}' 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: sed 's/TYPE/f16/g' %s | claw-opt - --pass-pipeline='assign-layouts{chip=nvptx:sm_80},stage-operands{chip=nvptx:sm_80}' | sed 's/claw.strides = \[\[24, 1\], /claw.strides = [[24], /' | not claw-opt - --pass-pipeline='distribute{chip=nvptx:sm_80}' 2>&1 | FileCheck %s --check-prefix=STRIDES

// MISSING: error: 'vector.contract' op expected factors in shared memory; run stage-operands before
// STRIDES: error: 'claw.stage' op claw.strides must have a list for each tile, such as {{\[\[}}40, 1]]

// Rows are 16 bytes apart, so that a column goes through all banks.  Matrix loads turn what lies
// across; else factors are contiguous along k; for FMAs the second one is along n.
// LOADS-LABEL: func.func private @rows
// LOADS: %[[A:.*]] = vector.transfer_read %arg0
// LOADS: %[[B:.*]] = vector.transfer_read %arg1
// LOADS: %[[T:.*]]:2 = claw.stage %[[A]], %[[B]] {claw.strides = {{\[\[}}24, 1], [72, 1]]}
// LOADS: vector.contract {{.*}} %[[T]]#0, %[[T]]#1, %{{.*}} {claw.instruction = "mma.sync
// RUNS-LABEL: func.func private @rows
// RUNS: claw.stage {{.*}} {claw.strides = {{\[\[}}24, 1], [1, 24]]}
// FMA-LABEL: func.func private @rows
// FMA: claw.stage {{.*}} {claw.strides = {{\[\[}}20, 1], [68, 1]]}
// ALONE-LABEL: func.func private @rows
// ALONE-NOT: claw.stage
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func private @rows(%a: memref<32x16xTYPE>, %b: memref<16x64xTYPE>, %c: memref<32x64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [32, 64, 16], warps = 1},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : TYPE
  %zero = arith.constant dense<0.0> : vector<32x64xf32>
  %va = vector.transfer_read %a[%c0, %c0], %pad {in_bounds = [true, true]} : memref<32x16xTYPE>, vector<32x16xTYPE>
  %vb = vector.transfer_read %b[%c0, %c0], %pad {in_bounds = [true, true]} : memref<16x64xTYPE>, vector<16x64xTYPE>
  %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>} %va, %vb, %zero : vector<32x16xTYPE>, vector<16x64xTYPE> into vector<32x64xf32>
  vector.transfer_write %s, %c[%c0, %c0] {in_bounds = [true, true]} : vector<32x64xf32>, memref<32x64xf32>
  return
}

// The second factor turned, and first: the factors keep their places.
// LOADS-LABEL: func.func private @turned
// LOADS: %[[T:.*]]:2 = claw.stage %[[A:.*]], %[[B:.*]] {claw.strides = {{\[\[}}24, 1], [24, 1]]}
// LOADS: vector.contract {{.*}} %[[T]]#0, %[[T]]#1,
// FMA-LABEL: func.func private @turned
// FMA: claw.stage {{.*}} {claw.strides = {{\[\[}}20, 1], [1, 68]]}
func.func private @turned(%a: memref<32x16xTYPE>, %b: memref<64x16xTYPE>, %c: memref<32x64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [32, 64, 16], warps = 1},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : TYPE
  %zero = arith.constant dense<0.0> : vector<32x64xf32>
  %va = vector.transfer_read %a[%c0, %c0], %pad {in_bounds = [true, true]} : memref<32x16xTYPE>, vector<32x16xTYPE>
  %vb = vector.transfer_read %b[%c0, %c0], %pad {in_bounds = [true, true]} : memref<64x16xTYPE>, vector<64x16xTYPE>
  %s = vector.contract {indexing_maps = [#mk, #nk, #mn], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>} %va, %vb, %zero : vector<32x16xTYPE>, vector<64x16xTYPE> into vector<32x64xf32>
  vector.transfer_write %s, %c[%c0, %c0] {in_bounds = [true, true]} : vector<32x64xf32>, memref<32x64xf32>
  return
}
