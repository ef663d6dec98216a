// bf16 is held as 16-bit integers; what is computed in it is computed in f32, and rounded back.
// RUN: claw-opt %s -legalize-bf16 | FileCheck %s

// CHECK-NOT: bf16
// CHECK-LABEL: gpu.func @sum(
// CHECK-SAME: %[[X:.*]]: memref<?xi16>, %[[O:.*]]: memref<?xi16>)
// CHECK-DAG: %[[ONE:.*]] = arith.constant 16256 : i16
// CHECK: %[[V:.*]] = memref.load %[[X]][%{{.*}}] : memref<?xi16>
// Its bits are the upper half of the f32.
// CHECK: %[[WIDE:.*]] = arith.extui %[[V]] : i16 to i32
// CHECK: %[[C16:.*]] = arith.constant 16 : i32
// CHECK: %[[HIGH:.*]] = arith.shli %[[WIDE]], %[[C16]] : i32
// CHECK: %[[A:.*]] = arith.bitcast %[[HIGH]] : i32 to f32
// CHECK: arith.extui %[[ONE]] : i16 to i32
// CHECK: %[[SUM:.*]] = arith.addf %[[A]], %{{.*}} : f32
// To nearest: 0x7FFF and the bit that will be the lowest are added, so that ties go to even.
// CHECK: %[[BITS:.*]] = arith.bitcast %[[SUM]] : f32 to i32
// CHECK: %[[UPPER:.*]] = arith.shrui %[[BITS]], %{{.*}} : i32
// CHECK: %[[C1:.*]] = arith.constant 1 : i32
// CHECK: %[[EVEN:.*]] = arith.andi %[[UPPER]], %[[C1]]
// CHECK: %[[BELOW_HALF:.*]] = arith.constant 32767 : i32
// CHECK: %[[RAISED:.*]] = arith.addi %[[BITS]], %[[BELOW_HALF]]
// CHECK: %[[CARRIED:.*]] = arith.addi %[[RAISED]], %[[EVEN]]
// CHECK: %[[ROUNDED:.*]] = arith.shrui %[[CARRIED]]
// A NaN stays one, and quiet.
// CHECK: %[[SIGN_OFF:.*]] = arith.constant 2147483647 : i32
// CHECK: %[[MAGNITUDE:.*]] = arith.andi %[[BITS]], %[[SIGN_OFF]]
// CHECK: %[[INFINITY:.*]] = arith.constant 2139095040 : i32
// CHECK: %[[NAN:.*]] = arith.cmpi ugt, %[[MAGNITUDE]], %[[INFINITY]]
// CHECK: %[[QUIET_BIT:.*]] = arith.constant 64 : i32
// CHECK: %[[QUIET:.*]] = arith.ori %[[UPPER]], %[[QUIET_BIT]]
// CHECK: %[[CHOSEN:.*]] = arith.select %[[NAN]], %[[QUIET]], %[[ROUNDED]]
// CHECK: %[[R:.*]] = arith.trunci %[[CHOSEN]] : i32 to i16
// CHECK: memref.store %[[R]], %[[O]][%{{.*}}] : memref<?xi16>

// A widening cast to f32 needs no rounding, a narrowing one nothing else; to f64 it goes on from f32.
// CHECK-LABEL: gpu.func @casts(
// CHECK-SAME: %[[X:.*]]: memref<?xi16>, %[[S:.*]]: memref<?xf32>, %[[D:.*]]: memref<?xf64>
// CHECK: %[[V:.*]] = memref.load %[[X]]
// CHECK: %[[F:.*]] = arith.bitcast %{{.*}} : i32 to f32
// CHECK-NEXT: memref.store %[[F]], %[[S]]
// CHECK: %[[F:.*]] = arith.bitcast %{{.*}} : i32 to f32
// CHECK-NEXT: %[[W:.*]] = arith.extf %[[F]] : f32 to f64
// CHECK-NEXT: memref.store %[[W]], %[[D]]
// CHECK: %[[Y:.*]] = memref.load %[[S]]
// CHECK-NEXT: arith.bitcast %[[Y]] : f32 to i32

// Moves, selections and bit casts only change their type; comparisons are made in f32.
// CHECK-LABEL: gpu.func @moves(
// CHECK: %[[V:.*]] = vector.load %{{.*}} : memref<?xi16>, vector<4xi16>
// CHECK: %[[ZERO:.*]] = arith.constant dense<-32768> : vector<4xi16>
// CHECK: arith.extui %[[V]] : vector<4xi16> to vector<4xi32>
// CHECK: %[[LESS:.*]] = arith.cmpf olt, %{{.*}} : vector<4xf32>
// CHECK-NEXT: %[[C:.*]] = arith.select %[[LESS]], %[[V]], %[[ZERO]] : vector<4xi1>, vector<4xi16>
// CHECK-NEXT: arith.xori %[[C]]
// CHECK: scf.for {{.*}} -> (vector<4xi16>)

// Other types are left alone, and so is what is no kernel.
// CHECK-LABEL: gpu.func @others(
// CHECK: arith.addf %{{.*}} : f16
// CHECK-LABEL: func.func @host(%{{.*}}: memref<?xbf16>)
gpu.module @kernels {
  gpu.func @sum(%x: memref<?xbf16>, %o: memref<?xbf16>) kernel {
    %one = arith.constant 1.0 : bf16
    %t = gpu.thread_id x
    %v = memref.load %x[%t] : memref<?xbf16>
    %s = arith.addf %v, %one : bf16
    memref.store %s, %o[%t] : memref<?xbf16>
    gpu.return
  }
  gpu.func @casts(%x: memref<?xbf16>, %s: memref<?xf32>, %d: memref<?xf64>, %i: index) kernel {
    %v = memref.load %x[%i] : memref<?xbf16>
    %f = arith.extf %v : bf16 to f32
    memref.store %f, %s[%i] : memref<?xf32>
    %w = arith.extf %v : bf16 to f64
    memref.store %w, %d[%i] : memref<?xf64>
    %y = memref.load %s[%i] : memref<?xf32>
    %r = arith.truncf %y : f32 to bf16
    memref.store %r, %x[%i] : memref<?xbf16>
    gpu.return
  }
  gpu.func @moves(%x: memref<?xbf16>, %k: memref<?xi16>, %i: index) kernel {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %v = vector.load %x[%i] : memref<?xbf16>, vector<4xbf16>
    %zero = arith.constant dense<-0.0> : vector<4xbf16>
    %less = arith.cmpf olt, %v, %zero : vector<4xbf16>
    %c = arith.select %less, %v, %zero : vector<4xi1>, vector<4xbf16>
    %b = arith.bitcast %c : vector<4xbf16> to vector<4xi16>
    %n = arith.xori %b, %b : vector<4xi16>
    vector.store %n, %k[%i] : memref<?xi16>, vector<4xi16>
    %r = scf.for %j = %c0 to %i step %c1 iter_args(%a = %v) -> (vector<4xbf16>) {
      scf.yield %a : vector<4xbf16>
    }
    vector.store %r, %x[%i] : memref<?xbf16>, vector<4xbf16>
    gpu.return
  }
  gpu.func @others(%x: memref<?xf16>, %i: index) kernel {
    %v = memref.load %x[%i] : memref<?xf16>
    %s = arith.addf %v, %v : f16
    memref.store %s, %x[%i] : memref<?xf16>
    gpu.return
  }
}
func.func @host(%x: memref<?xbf16>) {
  return
}
