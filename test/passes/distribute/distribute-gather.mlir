// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=nvptx:sm_80},stage-operands{chip=nvptx:sm_80},distribute{chip=nvptx:sm_80}' | FileCheck %s
// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=spirv:opencl},stage-operands{chip=spirv:opencl},distribute{chip=spirv:opencl}' | FileCheck %s --check-prefix=OPENCL

// Neighbours of a row are loaded together where each row begins at a multiple of four elements; a
// thread computes the places of its rows itself.  Masked ones are at place 0.
// CHECK-LABEL: gpu.func @rows(
// CHECK-NOT:     gpu.barrier
// CHECK:         %[[PLACE:.*]] = vector.extract %{{.*}}[0] : index from vector<8xindex>
// CHECK:         %[[AT:.*]] = arith.select %{{.*}}, %[[PLACE]], %c0 : index
// CHECK:         vector.load %arg1[%[[AT]]] {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
// CHECK:         arith.select {{.*}} : vector<4xi1>, vector<4xf32>
func.func private @rows(%at: memref<?xi32>, %x: memref<6400xf32>, %o: memref<?x64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise",
                claw.schedule = {tile = [16, 64], warps = 4},
                claw.grid = affine_map<()[s0] -> (s0 ceildiv 16)>, claw.grid_symbols = array<i64: 2, 0>} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0 : i32
  %n = memref.dim %o, %c0 : memref<?x64xf32>
  %block = gpu.block_id x
  %i = arith.muli %block, %c16 : index
  %left = arith.subi %n, %i : index
  %rows = arith.minsi %left, %c16 : index
  %inside = vector.create_mask %rows : vector<16xi1>
  %a = vector.transfer_read %at[%i], %zero, %inside {in_bounds = [true]} : memref<?xi32>, vector<16xi32>
  %p = arith.index_cast %a : vector<16xi32> to vector<16xindex>
  %width = arith.constant dense<64> : vector<16xindex>
  %begin = arith.muli %p, %width : vector<16xindex>
  %wide = vector.broadcast %begin : vector<16xindex> to vector<64x16xindex>
  %begins = vector.transpose %wide, [1, 0] : vector<64x16xindex> to vector<16x64xindex>
  %steps = vector.step : vector<64xindex>
  %along = vector.broadcast %steps : vector<64xindex> to vector<16x64xindex>
  %places = arith.addi %begins, %along : vector<16x64xindex>
  %mask = vector.create_mask %rows, %c64 : vector<16x64xi1>
  %zeros = arith.constant dense<0.0> : vector<16x64xf32>
  %v = vector.gather %x[%c0] [%places], %mask, %zeros {claw.rows} : memref<6400xf32>, vector<16x64xindex>, vector<16x64xi1>, vector<16x64xf32> into vector<16x64xf32>
  vector.transfer_write %v, %o[%i, %c0], %mask {in_bounds = [true, true]} : vector<16x64xf32>, memref<?x64xf32>
  return
}

// Each row begins two elements after the other: loads are of two, where they have to be aligned.
// CHECK-LABEL: gpu.func @shifted(
// CHECK:         vector.load %arg0[%{{.*}}] {alignment = 8 : i64} : memref<?xf32>, vector<2xf32>
// CHECK-NOT:     vector.load {{.*}} vector<4xf32>
// CHECK:         gpu.return
// OPENCL-LABEL: gpu.func @shifted(
func.func private @shifted(%x: memref<6400xf32>, %o: memref<8x64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise",
                claw.schedule = {tile = [8, 64], warps = 4},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %i = vector.step : vector<8xindex>
  %two = arith.constant dense<2> : vector<8xindex>
  %begin = arith.muli %i, %two : vector<8xindex>
  %wide = vector.broadcast %begin : vector<8xindex> to vector<64x8xindex>
  %begins = vector.transpose %wide, [1, 0] : vector<64x8xindex> to vector<8x64xindex>
  %steps = vector.step : vector<64xindex>
  %along = vector.broadcast %steps : vector<64xindex> to vector<8x64xindex>
  %places = arith.addi %begins, %along : vector<8x64xindex>
  %mask = vector.constant_mask [8, 64] : vector<8x64xi1>
  %zeros = arith.constant dense<0.0> : vector<8x64xf32>
  %v = vector.gather %x[%c0] [%places], %mask, %zeros {claw.rows} : memref<6400xf32>, vector<8x64xindex>, vector<8x64xi1>, vector<8x64xf32> into vector<8x64xf32>
  vector.transfer_write %v, %o[%c0, %c0] {in_bounds = [true, true]} : vector<8x64xf32>, memref<8x64xf32>
  return
}

// Places that another thread has cross shared memory as i64.
// CHECK-LABEL: gpu.func @turned(
// CHECK:         memref.store %{{.*}} : memref<{{.*}}xi64, #gpu.address_space<workgroup>>
// CHECK:         gpu.barrier
// CHECK:         memref.load %arg1
// OPENCL-LABEL: gpu.func @turned(
// OPENCL-NOT:    xindex, #gpu.address_space<workgroup>
// OPENCL:        memref<{{.*}}xi64, #gpu.address_space<workgroup>>
// OPENCL:        gpu.barrier
func.func private @turned(%at: memref<32x32xi64>, %x: memref<100xf32>, %o: memref<32x32xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise",
                claw.schedule = {tile = [32, 32], warps = 4},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i64
  %a = vector.transfer_read %at[%c0, %c0], %zero {in_bounds = [true, true]} : memref<32x32xi64>, vector<32x32xi64>
  %t = vector.transpose %a, [1, 0] : vector<32x32xi64> to vector<32x32xi64>
  %p = arith.index_cast %t : vector<32x32xi64> to vector<32x32xindex>
  %mask = vector.constant_mask [32, 32] : vector<32x32xi1>
  %zeros = arith.constant dense<0.0> : vector<32x32xf32>
  %v = vector.gather %x[%c0] [%p], %mask, %zeros : memref<100xf32>, vector<32x32xindex>, vector<32x32xi1>, vector<32x32xf32> into vector<32x32xf32>
  vector.transfer_write %v, %o[%c0, %c0] {in_bounds = [true, true]} : vector<32x32xf32>, memref<32x32xf32>
  return
}
