// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=nvptx:sm_80},stage-operands{chip=nvptx:sm_80},distribute{chip=nvptx:sm_80}' | FileCheck %s --check-prefixes=CHECK,GPU
// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=spirv:vulkan},stage-operands{chip=spirv:vulkan},distribute{chip=spirv:vulkan}' | FileCheck %s --check-prefixes=CHECK,VULKAN
// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=host},stage-operands{chip=host},distribute{chip=host}' | FileCheck %s --check-prefixes=CHECK,HOST

// CHECK-LABEL: func.func @main
// CHECK: %[[N:.*]] = arith.ceildivui
// CHECK: %[[X:.*]] = memref.reinterpret_cast %{{.*}} : memref<?xf32> to memref<?xf32>
// CHECK: gpu.launch_func @kernels::@exp blocks in (%[[N]],
func.func @main(%x: memref<?xf32>, %y: memref<?xf32>) {
  call @exp(%x, %y) : (memref<?xf32>, memref<?xf32>) -> ()
  return
}

// CHECK: gpu.func @exp(%[[IN:.*]]: memref<?xf32>, %[[OUT:.*]]: memref<?xf32>, %[[SIZE:.*]]: index)
// CHECK-SAME: claw.access = ["read", "write"]
// GPU-SAME: known_block_size = array<i32: 32, 1, 1>
// VULKAN-SAME: known_block_size = array<i32: 1, 1, 1>
// HOST-SAME: known_block_size = array<i32: 1, 1, 1>

// Aligned and inside as a whole, or not: tested once.
// GPU: %[[LOW:.*]] = arith.andi %{{.*}}, %c3
// GPU: %[[WIDE:.*]] = arith.cmpi eq, %[[LOW]], %c0
// GPU: scf.if %[[WIDE]] -> (vector<8xf32>
// GPU: arith.select
// GPU: vector.load %[[IN]][%{{.*}}] {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
// GPU: } else {
// GPU: memref.load %[[IN]]
// GPU: math.exp %{{.*}} : vector<8xf32>
// GPU: vector.store %{{.*}}, %[[OUT]][%{{.*}}] {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>

// VULKAN: math.exp %{{.*}} : vector<4xf32>

// A processor needs no alignment, only that the tile is inside; at the edge it masks elements.
// HOST: %[[INSIDE:.*]] = arith.cmpi slt, %c255, %{{.*}} : index
// HOST: scf.if %[[INSIDE]]
// HOST: vector.load %[[IN]][%{{.*}}] {alignment = 4 : i64} : memref<?xf32>, vector<16xf32>
// HOST: } else {
// HOST: %[[MASK:.*]] = arith.cmpi slt, %{{.*}} : vector<16xindex>
// HOST: vector.maskedload %[[IN]][%{{.*}}], %[[MASK]], %{{.*}} : memref<?xf32>, vector<16xi1>, vector<16xf32> into vector<16xf32>
// HOST: math.exp %{{.*}} : vector<16xf32>
func.func private @exp(%x: memref<?xf32>, %y: memref<?xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise",
                claw.schedule = {tile = [256], warps = 1},
                claw.grid = affine_map<()[s0] -> (s0 ceildiv 256)>,
                claw.grid_symbols = array<i64: 0, 0>} {
  %c0 = arith.constant 0 : index
  %c256 = arith.constant 256 : index
  %pad = arith.constant 0.0 : f32
  %n = memref.dim %x, %c0 : memref<?xf32>
  %block = gpu.block_id x
  %i = arith.muli %block, %c256 : index
  %left = arith.subi %n, %i : index
  %mask = vector.create_mask %left : vector<256xi1>
  %v = vector.transfer_read %x[%i], %pad, %mask {in_bounds = [true]} : memref<?xf32>, vector<256xf32>
  %e = math.exp %v : vector<256xf32>
  vector.transfer_write %e, %y[%i], %mask {in_bounds = [true]} : vector<256xf32>, memref<?xf32>
  return
}
