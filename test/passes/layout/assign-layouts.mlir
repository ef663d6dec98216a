// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=nvptx:sm_80},check-level{level=layouts}' | FileCheck %s
// RUN: sed 's/warps = 4/warps = 2/' %s | claw-opt - --pass-pipeline='assign-layouts{chip=amdgpu:gfx90a}' | FileCheck %s --check-prefix=CDNA
// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=nvptx:sm_80}' -o %t.mlir
// RUN: claw-opt %t.mlir --pass-pipeline='assign-layouts{chip=nvptx:sm_80}' | diff %t.mlir -

// Read in rows, written in rows: between them the tile changes hands.
// CHECK-LABEL: func.func private @transpose
// CHECK: %[[X:.*]] = vector.transfer_read {{.*}}claw.layout = {lane = {{\[\[}}0, 4], [0, 8], [0, 16], [1, 0], [2, 0]], register = {{\[\[}}0, 1], [0, 2], [16, 0]], warp = {{\[\[}}4, 0], [8, 0]]}
// CHECK: %[[T:.*]] = vector.transpose %[[X]], [1, 0] {claw.layout = {lane = {{\[\[}}4, 0], [8, 0], [16, 0], [0, 1], [0, 2]], register = {{\[\[}}1, 0], [2, 0], [0, 16]], warp = {{\[\[}}0, 4], [0, 8]]}
// CHECK: %[[C:.*]] = claw.convert_layout %[[T]] {claw.layout = {lane = {{\[\[}}0, 4], [0, 8], [0, 16], [1, 0], [2, 0]], register = {{\[\[}}0, 1], [0, 2], [16, 0]]
// CHECK: vector.transfer_write %[[C]],
func.func private @transpose(%x: memref<64x96xf32>, %y: memref<96x64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise",
                claw.schedule = {tile = [32, 32], warps = 4},
                claw.grid = affine_map<() -> (6)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  %v = vector.transfer_read %x[%c0, %c0], %pad {in_bounds = [true, true]} : memref<64x96xf32>, vector<32x32xf32>
  %t = vector.transpose %v, [1, 0] : vector<32x32xf32> to vector<32x32xf32>
  vector.transfer_write %t, %y[%c0, %c0] {in_bounds = [true, true]} : vector<32x32xf32>, memref<96x64xf32>
  return
}

// A row's sum: lanes that counted along it hold copies.  Its broadcast is made as its user has it,
// and so is the mask, once for each of them.
// CHECK-LABEL: func.func private @center
// CHECK: vector.create_mask {{.*}} {claw.layout = {lane = {{\[\[}}0, 4], [0, 8], [0, 16], [0, 32], [1, 0]]
// CHECK: %[[S:.*]] = vector.multi_reduction <add>, {{.*}} {claw.layout = {lane = {{\[\[}}0], [0], [0], [0], [1]], register = {{\[\[}}8]], warp = {{\[\[}}2], [4]]}}
// CHECK: %[[B:.*]] = vector.broadcast %[[S]] {claw.layout = {lane = {{\[\[}}4, 0], [8, 0], [16, 0], [32, 0], [0, 1]]
// CHECK: %[[T:.*]] = vector.transpose %[[B]], [1, 0] {claw.layout = {lane = {{\[\[}}0, 4], [0, 8], [0, 16], [0, 32], [1, 0]]
// CHECK: arith.subf %{{.*}}, %[[T]] {claw.layout = {lane = {{\[\[}}0, 4], [0, 8], [0, 16], [0, 32], [1, 0]]
// CHECK-NOT: claw.convert_layout
// CHECK: return
func.func private @center(%x: memref<?x64xf32>, %y: memref<?x64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "reduction",
                claw.schedule = {tile = [16, 64], warps = 4},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %pad = arith.constant 0.0 : f32
  %zero = arith.constant dense<0.0> : vector<16xf32>
  %n = memref.dim %x, %c0 : memref<?x64xf32>
  %mask = vector.create_mask %n, %c64 : vector<16x64xi1>
  %v = vector.transfer_read %x[%c0, %c0], %pad, %mask {in_bounds = [true, true]} : memref<?x64xf32>, vector<16x64xf32>
  %s = vector.multi_reduction <add>, %v, %zero [1] : vector<16x64xf32> to vector<16xf32>
  %b = vector.broadcast %s : vector<16xf32> to vector<64x16xf32>
  %t = vector.transpose %b, [1, 0] : vector<64x16xf32> to vector<16x64xf32>
  %r = arith.subf %v, %t : vector<16x64xf32>
  vector.transfer_write %r, %y[%c0, %c0], %mask {in_bounds = [true, true]} : vector<16x64xf32>, memref<?x64xf32>
  return
}

// A contraction names its instruction.  The loop carries its accumulators, whose constant is made
// so; the bias, read only, is read as they need it.
// CHECK-LABEL: func.func private @matmul
// CHECK: %[[ZERO:.*]] = arith.constant {claw.layout = {lane = {{\[\[}}0, 2], [0, 4], [1, 0], [2, 0], [4, 0]], register = {{\[\[}}0, 1], [8, 0],
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[ZERO]])
// CHECK: vector.contract {{.*}} {claw.instruction = "mma.sync.m16n8k16.f16", claw.layout = {lane = {{\[\[}}0, 2], [0, 4], [1, 0], [2, 0], [4, 0]]
// CHECK: } {claw.layout = [{lane = {{\[\[}}0, 2], [0, 4], [1, 0], [2, 0], [4, 0]]
// CHECK: vector.transfer_read {{.*}}claw.layout = {lane = {{\[\[}}2], [4], [0], [0], [0]]
// CHECK-NOT: claw.convert_layout
// CHECK: return

// Where a chip has no matrix loads, operands go to shared memory in runs along k: B is read in pairs
// of runs, and its registers are renumbered.
// CDNA-LABEL: func.func private @matmul
// CDNA: %[[B:.*]] = vector.transfer_read {{.*}}claw.layout = {{.*}} memref<64x64xf16>, vector<32x64xf16>
// CDNA: %[[T:.*]] = claw.convert_layout %[[B]] {claw.layout = {{.*}}register = {{\[\[}}1, 0], [0, 1]
// CDNA: vector.contract {{.*}} %{{.*}}, %[[T]], %{{.*}} {claw.instruction = "mfma.f32.32x32x8f16"
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func private @matmul(%a: memref<64x64xf16>, %b: memref<64x64xf16>, %bias: memref<64xf32>, %c: memref<64x64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [64, 64, 32], warps = 4, thread = [4, 8]},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %tk = arith.constant 32 : index
  %end = arith.constant 64 : index
  %pad = arith.constant 0.0 : f16
  %pad32 = arith.constant 0.0 : f32
  %zero = arith.constant dense<0.0> : vector<64x64xf32>
  %r = scf.for %p = %c0 to %end step %tk iter_args(%acc = %zero) -> (vector<64x64xf32>) {
    %va = vector.transfer_read %a[%c0, %p], %pad {in_bounds = [true, true]} : memref<64x64xf16>, vector<64x32xf16>
    %vb = vector.transfer_read %b[%p, %c0], %pad {in_bounds = [true, true]} : memref<64x64xf16>, vector<32x64xf16>
    %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
        kind = #vector.kind<add>} %va, %vb, %acc : vector<64x32xf16>, vector<32x64xf16> into vector<64x64xf32>
    scf.yield %s : vector<64x64xf32>
  }
  %vbias = vector.transfer_read %bias[%c0], %pad32 {in_bounds = [true]} : memref<64xf32>, vector<64xf32>
  %rows = vector.broadcast %vbias : vector<64xf32> to vector<64x64xf32>
  %sum = arith.addf %r, %rows : vector<64x64xf32>
  vector.transfer_write %sum, %c[%c0, %c0] {in_bounds = [true, true]} : vector<64x64xf32>, memref<64x64xf32>
  return
}
