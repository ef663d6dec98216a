// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=host},distribute{chip=host}' | FileCheck %s

// A processor reads a vector of places by one instruction, under the mask; a row as it lies.
// CHECK-LABEL: gpu.func @anywhere(
// CHECK:         %[[MASK:.*]] = arith.cmpi slt, %{{.*}}, %{{.*}} : vector<16xindex>
// CHECK:         %[[PLACES:.*]] = arith.index_cast %{{.*}} : vector<16xi64> to vector<16xindex>
// CHECK:         vector.gather %arg1[%c0] [%[[PLACES]]], %[[MASK]], %{{.*}} : memref<?xf32>, vector<16xindex>, vector<16xi1>, vector<16xf32> into vector<16xf32>
func.func private @anywhere(%at: memref<?xi64>, %x: memref<100xf32>, %o: memref<?xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise",
                claw.schedule = {tile = [16], warps = 1},
                claw.grid = affine_map<()[s0] -> (s0 ceildiv 16)>, claw.grid_symbols = array<i64: 2, 0>} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant 0 : i64
  %n = memref.dim %o, %c0 : memref<?xf32>
  %block = gpu.block_id x
  %i = arith.muli %block, %c16 : index
  %left = arith.subi %n, %i : index
  %count = arith.minsi %left, %c16 : index
  %mask = vector.create_mask %count : vector<16xi1>
  %a = vector.transfer_read %at[%i], %zero, %mask {in_bounds = [true]} : memref<?xi64>, vector<16xi64>
  %p = arith.index_cast %a : vector<16xi64> to vector<16xindex>
  %zeros = arith.constant dense<0.0> : vector<16xf32>
  %v = vector.gather %x[%c0] [%p], %mask, %zeros : memref<100xf32>, vector<16xindex>, vector<16xi1>, vector<16xf32> into vector<16xf32>
  vector.transfer_write %v, %o[%i], %mask {in_bounds = [true]} : vector<16xf32>, memref<?xf32>
  return
}
