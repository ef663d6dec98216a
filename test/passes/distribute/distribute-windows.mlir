// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=spirv:vulkan},stage-operands{chip=spirv:vulkan},distribute{chip=spirv:vulkan}' | FileCheck %s
// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=host},stage-operands{chip=host},distribute{chip=host}' | FileCheck %s --check-prefix=HOST

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

// A processor reads every second element by wide loads, the last of which stops at the last element.
// HOST: gpu.func @second(%[[X:.*]]: memref<?xf32>,
// HOST: %[[END:.*]] = vector.broadcast %c31 : index to vector<16xindex>
// HOST: %[[LOW:.*]] = vector.maskedload %[[X]][%c0]
// HOST: %[[INSIDE:.*]] = arith.cmpi slt, %{{.*}}, %[[END]] : vector<16xindex>
// HOST: %[[HIGH:.*]] = vector.maskedload %[[X]][%{{.*}}], %[[INSIDE]]
// HOST: vector.shuffle %[[LOW]], %[[HIGH]] [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30]
func.func private @second(%x: memref<100xf32>, %y: memref<16xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise",
                claw.schedule = {tile = [16], warps = 1},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %view = memref.reinterpret_cast %x to offset: [0], sizes: [16], strides: [2]
      : memref<100xf32> to memref<16xf32, strided<[2]>>
  %v = vector.transfer_read %view[%c0], %zero {in_bounds = [true]}
      : memref<16xf32, strided<[2]>>, vector<16xf32>
  vector.transfer_write %v, %y[%c0] {in_bounds = [true]} : vector<16xf32>, memref<16xf32>
  return
}
