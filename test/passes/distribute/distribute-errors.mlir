// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=spirv:vulkan},stage-operands{chip=spirv:vulkan},distribute{chip=spirv:vulkan}' --split-input-file --verify-diagnostics

// expected-error @+4 {{needs 68608 bytes of workgroup memory, but the chip has 32768; use a schedule with smaller tiles}}
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

// -----

// expected-error @below {{claw.schedule asks for 4096 threads, but the chip has at most}}
func.func private @wide(%x: memref<512xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise", claw.schedule = {warps = 4096},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  return
}

// -----

// expected-error @below {{expected claw.schedule with the number of warps}}
func.func private @unscheduled(%x: memref<512xf32>) attributes {claw.kernel, claw.lane = "vector"} {
  return
}

// -----

func.func private @cast(%x: memref<64xf32>, %y: memref<64xi32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise", claw.schedule = {warps = 64},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  %v = vector.transfer_read %x[%c0], %pad {in_bounds = [true]} : memref<64xf32>, vector<64xf32>
  // expected-error @below {{has no rule that distributes it over threads}}
  %g = vector.bitcast %v : vector<64xf32> to vector<64xi32>
  vector.transfer_write %g, %y[%c0] {in_bounds = [true]} : vector<64xi32>, memref<64xi32>
  return
}
