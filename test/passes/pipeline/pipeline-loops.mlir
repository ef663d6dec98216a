// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=nvptx:sm_80},stage-operands{chip=nvptx:sm_80},pipeline-loops{chip=nvptx:sm_80},check-level{level=pipelined}' | FileCheck %s
// RUN: claw-opt %s --pass-pipeline='assign-layouts{chip=nvptx:sm_80},stage-operands{chip=nvptx:sm_80},pipeline-loops{chip=nvptx:sm_80},distribute{chip=nvptx:sm_80}' | FileCheck %s --check-prefix=THREAD

// The first step is read before the loop. In it one step goes to shared memory, the next one is read
// into the registers that are free then, and the one is multiplied; the last one is behind the loop,
// unless there was none.
// CHECK-LABEL: func.func private @ahead
// CHECK: %[[A:.*]] = vector.transfer_read %arg0[%c0, %c0]
// CHECK: %[[B:.*]] = vector.transfer_read %arg1[%c0, %c0]
// CHECK: %[[SECOND:.*]] = arith.addi %c0, %c16
// CHECK: %[[R:.*]]:3 = scf.for %[[K:.*]] = %[[SECOND]] to %[[N:.*]] step %c16 iter_args(%[[ACC:.*]] = %[[ZERO:.*]], %[[HA:.*]] = %[[A]], %[[HB:.*]] = %[[B]])
// CHECK-NEXT: %[[T:.*]]:2 = claw.stage %[[HA]], %[[HB]] {claw.strides = {{\[\[}}24, 1], [40, 1]]}
// CHECK: %[[NA:.*]] = vector.transfer_read %arg0[%c0, %[[K]]]
// CHECK: %[[NB:.*]] = vector.transfer_read %arg1[%[[K]], %c0]
// CHECK-NOT: vector.create_mask
// CHECK: %[[S:.*]] = vector.contract {{.*}} %[[T]]#0, %[[T]]#1, %[[ACC]]
// CHECK: scf.yield %[[S]], %[[NA]], %[[NB]]
// CHECK: } {claw.layout = [{{{.*}}}, {{{.*}}}, {{{.*}}}]}
// CHECK: %[[U:.*]]:2 = claw.stage %[[R]]#1, %[[R]]#2
// CHECK: %[[L:.*]] = vector.contract {{.*}} %[[U]]#0, %[[U]]#1, %[[R]]#0
// CHECK: %[[RUNS:.*]] = arith.cmpi slt, %c0, %[[N]]
// CHECK: arith.select %[[RUNS]], %[[L]], %[[ZERO]] {claw.layout =

// As a loop runs only up to the end, what it reads ahead needs no test that there is something; what
// is read before it does.
// THREAD-LABEL: gpu.func @ahead
// THREAD-COUNT-3: scf.if
// THREAD: scf.for
// THREAD: vector.store {{.*}}workgroup
// THREAD: gpu.barrier
// THREAD-NOT: scf.if
// THREAD: scf.if {{.*}} -> (vector<8xf16>, vector<8xf16>) {
// THREAD-NOT: scf.if
// THREAD: nvvm.ldmatrix
// THREAD: nvvm.mma.sync
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func private @ahead(%a: memref<32x?xf16>, %b: memref<?x32xf16>, %c: memref<32x32xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [32, 32, 16], warps = 1, stages = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  %pad = arith.constant 0.0 : f16
  %zero = arith.constant dense<0.0> : vector<32x32xf32>
  %n = memref.dim %a, %c1 : memref<32x?xf16>
  %r = scf.for %k = %c0 to %n step %c16 iter_args(%acc = %zero) -> (vector<32x32xf32>) {
    %left = arith.subi %n, %k : index
    %deep = arith.minsi %left, %c16 : index
    %ma = vector.create_mask %c32, %deep : vector<32x16xi1>
    %va = vector.transfer_read %a[%c0, %k], %pad, %ma {in_bounds = [true, true]} : memref<32x?xf16>, vector<32x16xf16>
    %mb = vector.create_mask %deep, %c32 : vector<16x32xi1>
    %vb = vector.transfer_read %b[%k, %c0], %pad, %mb {in_bounds = [true, true]} : memref<?x32xf16>, vector<16x32xf16>
    %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
        kind = #vector.kind<add>} %va, %vb, %acc : vector<32x16xf16>, vector<16x32xf16> into vector<32x32xf32>
    scf.yield %s : vector<32x32xf32>
  }
  vector.transfer_write %r, %c[%c0, %c0] {in_bounds = [true, true]} : vector<32x32xf32>, memref<32x32xf32>
  return
}

// A mask that is used behind the reads is made again for its own round.
// CHECK-LABEL: func.func private @mask_used_behind
// CHECK: scf.for %[[K:.*]] = {{.*}} iter_args({{.*}}, %[[NOW:.*]] = %c0)
// CHECK: %[[LEFT:.*]] = arith.subi %{{.*}}, %[[NOW]]
// CHECK: %[[DEEP:.*]] = arith.minsi %[[LEFT]], %c16
// CHECK: %[[M:.*]] = vector.create_mask %c32, %[[DEEP]]
// CHECK: arith.select %[[M]],
// CHECK: claw.stage
// CHECK: vector.transfer_read
// CHECK: vector.contract
// CHECK: scf.yield {{.*}}, %[[K]]
func.func private @mask_used_behind(%a: memref<32x?xf16>, %b: memref<?x32xf16>, %c: memref<32x32xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [32, 32, 16], warps = 1, stages = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  %pad = arith.constant 0.0 : f16
  %zero = arith.constant dense<0.0> : vector<32x32xf32>
  %n = memref.dim %a, %c1 : memref<32x?xf16>
  %r = scf.for %k = %c0 to %n step %c16 iter_args(%acc = %zero) -> (vector<32x32xf32>) {
    %left = arith.subi %n, %k : index
    %deep = arith.minsi %left, %c16 : index
    %ma = vector.create_mask %c32, %deep : vector<32x16xi1>
    %read = vector.transfer_read %a[%c0, %k], %pad, %ma {in_bounds = [true, true]} : memref<32x?xf16>, vector<32x16xf16>
    %mb = vector.create_mask %deep, %c32 : vector<16x32xi1>
    %vb = vector.transfer_read %b[%k, %c0], %pad, %mb {in_bounds = [true, true]} : memref<?x32xf16>, vector<16x32xf16>
    %none = arith.constant dense<0.0> : vector<32x16xf16>
    %e = arith.addf %read, %read : vector<32x16xf16>
    %va = arith.select %ma, %e, %none : vector<32x16xi1>, vector<32x16xf16>
    %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
        kind = #vector.kind<add>} %va, %vb, %acc : vector<32x16xf16>, vector<16x32xf16> into vector<32x32xf32>
    scf.yield %s : vector<32x32xf32>
  }
  vector.transfer_write %r, %c[%c0, %c0] {in_bounds = [true, true]} : vector<32x32xf32>, memref<32x32xf32>
  return
}

// Of known sizes that divide no read needs a mask, and the loop runs.
// CHECK-LABEL: func.func private @whole
// CHECK: vector.transfer_read
// CHECK: scf.for
// CHECK-SAME: -> (vector<32x32xf32>, vector<32x16xf16>, vector<16x32xf16>)
// CHECK-NOT: arith.select
// CHECK: vector.transfer_write
func.func private @whole(%a: memref<32x128xf16>, %b: memref<128x32xf16>, %c: memref<32x32xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [32, 32, 16], warps = 1, stages = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  %pad = arith.constant 0.0 : f16
  %zero = arith.constant dense<0.0> : vector<32x32xf32>
  %end = arith.constant 128 : index
  %r = scf.for %k = %c0 to %end step %c16 iter_args(%acc = %zero) -> (vector<32x32xf32>) {
    %va = vector.transfer_read %a[%c0, %k], %pad {in_bounds = [true, true]} : memref<32x128xf16>, vector<32x16xf16>
    %vb = vector.transfer_read %b[%k, %c0], %pad {in_bounds = [true, true]} : memref<128x32xf16>, vector<16x32xf16>
    %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
        kind = #vector.kind<add>} %va, %vb, %acc : vector<32x16xf16>, vector<16x32xf16> into vector<32x32xf32>
    scf.yield %s : vector<32x32xf32>
  }
  vector.transfer_write %r, %c[%c0, %c0] {in_bounds = [true, true]} : vector<32x32xf32>, memref<32x32xf32>
  return
}

// One round has no next.
// CHECK-LABEL: func.func private @single
// CHECK-NOT: vector.transfer_read
// CHECK: scf.for {{.*}} -> (vector<32x32xf32>) {
func.func private @single(%a: memref<32x16xf16>, %b: memref<16x32xf16>, %c: memref<32x32xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [32, 32, 16], warps = 1, stages = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  %pad = arith.constant 0.0 : f16
  %zero = arith.constant dense<0.0> : vector<32x32xf32>
  %end = arith.constant 16 : index
  %r = scf.for %k = %c0 to %end step %c16 iter_args(%acc = %zero) -> (vector<32x32xf32>) {
    %va = vector.transfer_read %a[%c0, %k], %pad {in_bounds = [true, true]} : memref<32x16xf16>, vector<32x16xf16>
    %vb = vector.transfer_read %b[%k, %c0], %pad {in_bounds = [true, true]} : memref<16x32xf16>, vector<16x32xf16>
    %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
        kind = #vector.kind<add>} %va, %vb, %acc : vector<32x16xf16>, vector<16x32xf16> into vector<32x32xf32>
    scf.yield %s : vector<32x32xf32>
  }
  vector.transfer_write %r, %c[%c0, %c0] {in_bounds = [true, true]} : vector<32x32xf32>, memref<32x32xf32>
  return
}

// Without masks, a loop that may not run may have nothing to read.
// CHECK-LABEL: func.func private @may_not_run
// CHECK-NOT: vector.transfer_read
// CHECK: scf.for {{.*}} -> (vector<32x32xf32>) {
func.func private @may_not_run(%a: memref<32x128xf16>, %b: memref<128x32xf16>, %c: memref<32x32xf32>, %end: index)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [32, 32, 16], warps = 1, stages = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  %pad = arith.constant 0.0 : f16
  %zero = arith.constant dense<0.0> : vector<32x32xf32>
  %r = scf.for %k = %c0 to %end step %c16 iter_args(%acc = %zero) -> (vector<32x32xf32>) {
    %va = vector.transfer_read %a[%c0, %k], %pad {in_bounds = [true, true]} : memref<32x128xf16>, vector<32x16xf16>
    %vb = vector.transfer_read %b[%k, %c0], %pad {in_bounds = [true, true]} : memref<128x32xf16>, vector<16x32xf16>
    %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
        kind = #vector.kind<add>} %va, %vb, %acc : vector<32x16xf16>, vector<16x32xf16> into vector<32x32xf32>
    scf.yield %s : vector<32x32xf32>
  }
  vector.transfer_write %r, %c[%c0, %c0] {in_bounds = [true, true]} : vector<32x32xf32>, memref<32x32xf32>
  return
}

// What the kernel writes is read where it stands, in its own round; what it only reads goes ahead.
// CHECK-LABEL: func.func private @written
// CHECK-NOT: vector.transfer_read %arg0
// CHECK: scf.for {{.*}} -> (vector<32x32xf32>, vector<16x32xf16>, index) {
// CHECK: vector.transfer_read %arg0
func.func private @written(%a: memref<32x128xf16>, %b: memref<128x32xf16>, %c: memref<32x32xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [32, 32, 16], warps = 1, stages = 2},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  %pad = arith.constant 0.0 : f16
  %zero = arith.constant dense<0.0> : vector<32x32xf32>
  %end = arith.constant 128 : index
  %r = scf.for %k = %c0 to %end step %c16 iter_args(%acc = %zero) -> (vector<32x32xf32>) {
    %va = vector.transfer_read %a[%c0, %k], %pad {in_bounds = [true, true]} : memref<32x128xf16>, vector<32x16xf16>
    %vb = vector.transfer_read %b[%k, %c0], %pad {in_bounds = [true, true]} : memref<128x32xf16>, vector<16x32xf16>
    %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
        kind = #vector.kind<add>} %va, %vb, %acc : vector<32x16xf16>, vector<16x32xf16> into vector<32x32xf32>
    scf.yield %s : vector<32x32xf32>
  }
  vector.transfer_write %r, %c[%c0, %c0] {in_bounds = [true, true]} : vector<32x32xf32>, memref<32x32xf32>
  %va = vector.transfer_read %b[%c0, %c0], %pad {in_bounds = [true, true]} : memref<128x32xf16>, vector<16x32xf16>
  vector.transfer_write %va, %a[%c0, %c0] {in_bounds = [true, true]} : vector<16x32xf16>, memref<32x128xf16>
  return
}

// One stage: as it was.
// CHECK-LABEL: func.func private @one_stage
// CHECK-NOT: vector.transfer_read
// CHECK: scf.for {{.*}} -> (vector<32x32xf32>) {
func.func private @one_stage(%a: memref<32x128xf16>, %b: memref<128x32xf16>, %c: memref<32x32xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction",
                claw.schedule = {tile = [32, 32, 16], warps = 1, stages = 1},
                claw.grid = affine_map<() -> (1)>, claw.grid_symbols = array<i64>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  %pad = arith.constant 0.0 : f16
  %zero = arith.constant dense<0.0> : vector<32x32xf32>
  %end = arith.constant 128 : index
  %r = scf.for %k = %c0 to %end step %c16 iter_args(%acc = %zero) -> (vector<32x32xf32>) {
    %va = vector.transfer_read %a[%c0, %k], %pad {in_bounds = [true, true]} : memref<32x128xf16>, vector<32x16xf16>
    %vb = vector.transfer_read %b[%k, %c0], %pad {in_bounds = [true, true]} : memref<128x32xf16>, vector<16x32xf16>
    %s = vector.contract {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"],
        kind = #vector.kind<add>} %va, %vb, %acc : vector<32x16xf16>, vector<16x32xf16> into vector<32x32xf32>
    scf.yield %s : vector<32x32xf32>
  }
  vector.transfer_write %r, %c[%c0, %c0] {in_bounds = [true, true]} : vector<32x32xf32>, memref<32x32xf32>
  return
}
