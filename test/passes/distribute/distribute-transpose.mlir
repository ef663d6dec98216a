// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=amdgpu:gfx90a},stage-operands{chip=amdgpu:gfx90a},distribute{chip=amdgpu:gfx90a}' | FileCheck %s

// Read in rows, written in rows: the tile goes through padded shared memory.
// CHECK: memref.global "private" @transpose_shared0 : memref<1152xf32, #gpu.address_space<workgroup>>
// CHECK-LABEL: gpu.func @transpose
// CHECK-SAME: known_block_size = array<i32: 256, 1, 1>
// CHECK: vector.load %{{.*}} {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
// CHECK: gpu.barrier
// CHECK: vector.store %{{.*}} {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
// CHECK-NEXT: gpu.return
func.func private @transpose(%x: memref<64x96xf32>, %y: memref<96x64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise",
                claw.schedule = {tile = [32, 32], warps = 4},
                claw.grid = affine_map<() -> (6)>, claw.grid_symbols = array<i64>} {
  %c3 = arith.constant 3 : index
  %c32 = arith.constant 32 : index
  %pad = arith.constant 0.0 : f32
  %block = gpu.block_id x
  %row = arith.divui %block, %c3 : index
  %column = arith.remui %block, %c3 : index
  %i = arith.muli %row, %c32 : index
  %j = arith.muli %column, %c32 : index
  %v = vector.transfer_read %x[%i, %j], %pad {in_bounds = [true, true]} : memref<64x96xf32>, vector<32x32xf32>
  %t = vector.transpose %v, [1, 0] : vector<32x32xf32> to vector<32x32xf32>
  vector.transfer_write %t, %y[%j, %i] {in_bounds = [true, true]} : vector<32x32xf32>, memref<96x64xf32>
  return
}
