// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=nvptx:sm_80},stage-operands{chip=nvptx:sm_80},distribute{chip=nvptx:sm_80}' | FileCheck %s --check-prefix=SM80
// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=nvptx:sm_70},stage-operands{chip=nvptx:sm_70},distribute{chip=nvptx:sm_70}' | FileCheck %s --check-prefix=SM70
// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=amdgpu:gfx90a},stage-operands{chip=amdgpu:gfx90a},distribute{chip=amdgpu:gfx90a}' | FileCheck %s --check-prefix=CDNA
// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=amdgpu:gfx1100},stage-operands{chip=amdgpu:gfx1100},distribute{chip=amdgpu:gfx1100}' | FileCheck %s --check-prefix=RDNA

// A row of the table: fragments by matrix loads, B transposed on the way.
// SM80-LABEL: gpu.func @matmul
// SM80: gpu.barrier
// SM80: nvvm.ldmatrix %{{.*}} {eltType = #nvvm.ld_st_matrix_elt_type<b16>, layout = #nvvm.mma_layout<row>, num = 4
// SM80: nvvm.ldmatrix %{{.*}} {eltType = #nvvm.ld_st_matrix_elt_type<b16>, layout = #nvvm.mma_layout<col>, num = 2
// SM80: nvvm.mma.sync
// SM80-NOT: math.fma

// Both operands contiguous along k in shared memory, whole fragments in one access or two.
// CDNA-LABEL: gpu.func @matmul
// CDNA: gpu.barrier
// CDNA: vector.load {{.*}}workgroup>>, vector<4xf16>
// CDNA: rocdl.mfma.f32.32x32x8f16 {{.*}} -> vector<16xf32>
// CDNA-NOT: math.fma
// RDNA-LABEL: gpu.func @matmul
// RDNA: gpu.barrier
// RDNA: vector.load {{.*}}workgroup>>, vector<8xf16>
// RDNA: rocdl.wmma.f32.16x16x16.f16 {{.*}} : (vector<16xf16>, vector<16xf16>, vector<8xf32>) -> vector<8xf32>
// RDNA-NOT: math.fma

// No row: FMAs in f32.
// SM70-LABEL: gpu.func @matmul
// SM70-NOT: nvvm
// SM70: arith.extf
// SM70: math.fma %{{.*}} : vector<8xf32>
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func private @matmul(%a: memref<1024x1024xf16>, %b: memref<1024x1024xf16>, %c: memref<1024x1024xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [64, 64, 32], warps = 4, thread = [4, 8]},
                claw.grid = affine_map<() -> (16, 16)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %columns = arith.constant 16 : index
  %tm = arith.constant 64 : index
  %tn = arith.constant 64 : index
  %tk = arith.constant 32 : index
  %end = arith.constant 1024 : index
  %pad = arith.constant 0.0 : f16
  %zero = arith.constant dense<0.0> : vector<64x64xf32>
  %block = gpu.block_id x
  %row = arith.divui %block, %columns : index
  %column = arith.remui %block, %columns : index
  %i = arith.muli %row, %tm : index
  %j = arith.muli %column, %tn : index
  %r = scf.for %p = %c0 to %end step %tk iter_args(%acc = %zero) -> (vector<64x64xf32>) {
    %va = vector.transfer_read %a[%i, %p], %pad {in_bounds = [true, true]} : memref<1024x1024xf16>, vector<64x32xf16>
    %vb = vector.transfer_read %b[%p, %j], %pad {in_bounds = [true, true]} : memref<1024x1024xf16>, vector<32x64xf16>
    %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
        kind = #vector.kind<add>} %va, %vb, %acc : vector<64x32xf16>, vector<32x64xf16> into vector<64x64xf32>
    scf.yield %s : vector<64x64xf32>
  }
  vector.transfer_write %r, %c[%i, %j] {in_bounds = [true, true]} : vector<64x64xf32>, memref<1024x1024xf32>
  return
}
