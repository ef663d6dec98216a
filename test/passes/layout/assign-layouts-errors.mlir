// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=nvptx:sm_80}' --split-input-file --verify-diagnostics

func.func private @no_layout(%x: memref<64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise", claw.schedule = {tile = [64], warps = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  // expected-error @below {{claw.layout must be such as {lane = [[0, 1], [0, 2]], register = [], warp = [[1, 0]]}, not 3 : i64}}
  %v = vector.transfer_read %x[%c0], %pad {in_bounds = [true], claw.layout = 3} : memref<64xf32>, vector<64xf32>
  vector.transfer_write %v, %x[%c0] {in_bounds = [true]} : vector<64xf32>, memref<64xf32>
  return
}

// -----

func.func private @no_warps(%x: memref<64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise", claw.schedule = {tile = [64], warps = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  // expected-error @below {{claw.layout must be such as}}
  %v = vector.transfer_read %x[%c0], %pad {in_bounds = [true], claw.layout = {lane = [[1], [2], [4], [8], [16]], register = [[32]]}} : memref<64xf32>, vector<64xf32>
  vector.transfer_write %v, %x[%c0] {in_bounds = [true]} : vector<64xf32>, memref<64xf32>
  return
}

// -----

func.func private @text(%x: memref<64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise", claw.schedule = {tile = [64], warps = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  // expected-error @below {{claw.layout must be such as}}
  %v = vector.transfer_read %x[%c0], %pad {in_bounds = [true], claw.layout = {lane = [["1"]], register = [], warp = []}} : memref<64xf32>, vector<64xf32>
  vector.transfer_write %v, %x[%c0] {in_bounds = [true]} : vector<64xf32>, memref<64xf32>
  return
}

// -----

func.func private @lanes(%x: memref<64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise", claw.schedule = {tile = [64], warps = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  // expected-error @below {{claw.layout must have 5 rows of lane, as there are 32 of them; got 4}}
  %v = vector.transfer_read %x[%c0], %pad {in_bounds = [true], claw.layout = {lane = [[1], [2], [4], [8]], register = [[16]], warp = [[32]]}} : memref<64xf32>, vector<64xf32>
  vector.transfer_write %v, %x[%c0] {in_bounds = [true]} : vector<64xf32>, memref<64xf32>
  return
}

// -----

func.func private @warps(%x: memref<64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise", claw.schedule = {tile = [64], warps = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  // expected-error @below {{claw.layout must have 1 rows of warp, as there are 2 of them; got 0}}
  %v = vector.transfer_read %x[%c0], %pad {in_bounds = [true], claw.layout = {lane = [[1], [2], [4], [8], [16]], register = [[32]], warp = []}} : memref<64xf32>, vector<64xf32>
  vector.transfer_write %v, %x[%c0] {in_bounds = [true]} : vector<64xf32>, memref<64xf32>
  return
}

// -----

func.func private @rank(%x: memref<64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise", claw.schedule = {tile = [64], warps = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  // expected-error @below {{claw.layout must have rows of 1 numbers, one for each dimension}}
  %v = vector.transfer_read %x[%c0], %pad {in_bounds = [true], claw.layout = {lane = [[1], [2], [4], [8], [16]], register = [], warp = [[32, 0]]}} : memref<64xf32>, vector<64xf32>
  vector.transfer_write %v, %x[%c0] {in_bounds = [true]} : vector<64xf32>, memref<64xf32>
  return
}

// -----

func.func private @twice(%x: memref<64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise", claw.schedule = {tile = [64], warps = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  // expected-error @below {{claw.layout must have each bit of each coordinate in a row of its own}}
  %v = vector.transfer_read %x[%c0], %pad {in_bounds = [true], claw.layout = {lane = [[1], [2], [4], [8], [16]], register = [[32]], warp = [[32]]}} : memref<64xf32>, vector<64xf32>
  vector.transfer_write %v, %x[%c0] {in_bounds = [true]} : vector<64xf32>, memref<64xf32>
  return
}

// -----

func.func private @missing(%x: memref<64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise", claw.schedule = {tile = [64], warps = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  // expected-error @below {{claw.layout must have each bit of each coordinate in a row of its own}}
  %v = vector.transfer_read %x[%c0], %pad {in_bounds = [true], claw.layout = {lane = [[1], [2], [4], [8], [16]], register = [], warp = [[0]]}} : memref<64xf32>, vector<64xf32>
  vector.transfer_write %v, %x[%c0] {in_bounds = [true]} : vector<64xf32>, memref<64xf32>
  return
}

// -----

func.func private @idle_register(%x: memref<64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise", claw.schedule = {tile = [64], warps = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  // expected-error @below {{claw.layout must have each bit of each coordinate in a row of its own}}
  %v = vector.transfer_read %x[%c0], %pad {in_bounds = [true], claw.layout = {lane = [[1], [2], [4], [8], [16]], register = [[0]], warp = [[32]]}} : memref<64xf32>, vector<64xf32>
  vector.transfer_write %v, %x[%c0] {in_bounds = [true]} : vector<64xf32>, memref<64xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func private @unknown(%a: memref<16x16xf16>, %b: memref<16x16xf16>, %c: memref<16x16xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [16, 16, 16], warps = 1},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f16
  %zero = arith.constant dense<0.0> : vector<16x16xf32>
  %va = vector.transfer_read %a[%c0, %c0], %pad {in_bounds = [true, true]} : memref<16x16xf16>, vector<16x16xf16>
  %vb = vector.transfer_read %b[%c0, %c0], %pad {in_bounds = [true, true]} : memref<16x16xf16>, vector<16x16xf16>
  // expected-error @below {{sm_80 has no claw.instruction 'mfma.f32.32x32x8f16'; say 'fma'}}
  %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>} %va, %vb, %zero {claw.instruction = "mfma.f32.32x32x8f16"}
      : vector<16x16xf16>, vector<16x16xf16> into vector<16x16xf32>
  vector.transfer_write %s, %c[%c0, %c0] {in_bounds = [true, true]} : vector<16x16xf32>, memref<16x16xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func private @types(%a: memref<16x16xbf16>, %b: memref<16x16xbf16>, %c: memref<16x16xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [16, 16, 16], warps = 1},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : bf16
  %zero = arith.constant dense<0.0> : vector<16x16xf32>
  %va = vector.transfer_read %a[%c0, %c0], %pad {in_bounds = [true, true]} : memref<16x16xbf16>, vector<16x16xbf16>
  %vb = vector.transfer_read %b[%c0, %c0], %pad {in_bounds = [true, true]} : memref<16x16xbf16>, vector<16x16xbf16>
  // expected-error @below {{mma.sync.m16n8k16.f16 multiplies f16 into f32, not bf16 into f32}}
  %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>} %va, %vb, %zero {claw.instruction = "mma.sync.m16n8k16.f16"}
      : vector<16x16xbf16>, vector<16x16xbf16> into vector<16x16xf32>
  vector.transfer_write %s, %c[%c0, %c0] {in_bounds = [true, true]} : vector<16x16xf32>, memref<16x16xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func private @small(%a: memref<8x16xf16>, %b: memref<16x16xf16>, %c: memref<8x16xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [8, 16, 16], warps = 1},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f16
  %zero = arith.constant dense<0.0> : vector<8x16xf32>
  %va = vector.transfer_read %a[%c0, %c0], %pad {in_bounds = [true, true]} : memref<8x16xf16>, vector<8x16xf16>
  %vb = vector.transfer_read %b[%c0, %c0], %pad {in_bounds = [true, true]} : memref<16x16xf16>, vector<16x16xf16>
  // expected-error @below {{a tile of (8, 16, 16) is no multiple of (16, 8, 16), as mma.sync.m16n8k16.f16 takes}}
  %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>} %va, %vb, %zero {claw.instruction = "mma.sync.m16n8k16.f16"}
      : vector<8x16xf16>, vector<16x16xf16> into vector<8x16xf32>
  vector.transfer_write %s, %c[%c0, %c0] {in_bounds = [true, true]} : vector<8x16xf32>, memref<8x16xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func private @other_fragments(%a: memref<16x16xf16>, %b: memref<16x16xf16>, %c: memref<16x16xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [16, 16, 16], warps = 1},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f16
  %zero = arith.constant dense<0.0> : vector<16x16xf32>
  %va = vector.transfer_read %a[%c0, %c0], %pad {in_bounds = [true, true]} : memref<16x16xf16>, vector<16x16xf16>
  %vb = vector.transfer_read %b[%c0, %c0], %pad {in_bounds = [true, true]} : memref<16x16xf16>, vector<16x16xf16>
  // expected-error @below {{the registers and lanes of its claw.layout do not begin with the accumulators of mma.sync.m16n8k16.f16: register = [[0, 1], [8, 0]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]]}}
  %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>} %va, %vb, %zero {claw.instruction = "mma.sync.m16n8k16.f16",
      claw.layout = {lane = [[0, 1], [0, 2], [0, 4], [1, 0], [2, 0]], register = [[0, 8], [4, 0], [8, 0]], warp = []}}
      : vector<16x16xf16>, vector<16x16xf16> into vector<16x16xf32>
  vector.transfer_write %s, %c[%c0, %c0] {in_bounds = [true, true]} : vector<16x16xf32>, memref<16x16xf32>
  return
}
