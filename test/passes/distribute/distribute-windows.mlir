// RUN: claw-opt %s --pass-pipeline='distribute{chip=spirv:vulkan}' | FileCheck %s

// A view has its own strides, from an offset before the buffer: what is read lies inside, as the
// mask says; where it has a start, each element is tested against both.
// CHECK: gpu.func @strided(%[[X:.*]]: memref<?xf32>, %[[Y:.*]]: memref<?xf32>, %[[START:.*]]: index, %[[END:.*]]: index)
// CHECK: %[[BELOW:.*]] = arith.cmpi slt, %c1, %[[END]] : index
// CHECK: %[[BEHIND:.*]] = arith.cmpi slt, %[[START]], %c2 : index
// CHECK: %[[INSIDE:.*]] = arith.andi %[[BELOW]], %[[BEHIND]] : i1
// CHECK: %[[ADDRESS:.*]] = arith.select %[[INSIDE]], %c-2, %c0 : index
// CHECK: %[[V:.*]] = memref.load %[[X]][%[[ADDRESS]]]
// CHECK: arith.select %[[INSIDE]], %[[V]], %cst : f32
func.func private @strided(%x: memref<100xf32>, %y: memref<4xf32>, %start: index, %end: index)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise",
                claw.schedule = {tile = [4], warps = 1},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %before = arith.constant -5 : index
  %zero = arith.constant 0.0 : f32
  %true = arith.constant dense<true> : vector<4xi1>
  %view = memref.reinterpret_cast %x to offset: [%before], sizes: [4], strides: [3]
      : memref<100xf32> to memref<4xf32, strided<[3], offset: ?>>
  %e = vector.create_mask %end : vector<4xi1>
  %s = vector.create_mask %start : vector<4xi1>
  %later = arith.xori %s, %true : vector<4xi1>
  %mask = arith.andi %e, %later : vector<4xi1>
  %v = vector.transfer_read %view[%c0], %zero, %mask {in_bounds = [true]}
      : memref<4xf32, strided<[3], offset: ?>>, vector<4xf32>
  vector.transfer_write %v, %y[%c0] {in_bounds = [true]} : vector<4xf32>, memref<4xf32>
  return
}
