// The functions that GPUs have themselves become intrinsics, of vectors too; no library is called.
// RUN: claw-opt %s -math-to-intrinsics | FileCheck %s
// RUN: sed 's/math.exp2/math.erf/' %s | not claw-opt - -math-to-intrinsics 2>&1 | FileCheck %s --check-prefix=LIBRARY

// CHECK-LABEL: gpu.func @k(
// CHECK: %[[V:.*]] = vector.load
// CHECK: %[[A:.*]] = llvm.call_intrinsic "llvm.fabs"(%[[V]]) : (vector<4xf32>) -> vector<4xf32>
// CHECK-NEXT: %[[B:.*]] = llvm.call_intrinsic "llvm.ceil"(%[[A]])
// CHECK-NEXT: %[[C:.*]] = llvm.call_intrinsic "llvm.copysign"(%[[B]], %[[V]])
// CHECK-NEXT: %[[E:.*]] = llvm.call_intrinsic "llvm.floor"(%[[C]])
// CHECK-NEXT: llvm.call_intrinsic "llvm.fma"(%[[E]], %[[V]], %[[A]]) : (vector<4xf32>, vector<4xf32>, vector<4xf32>) -> vector<4xf32>
// CHECK-NEXT: llvm.call_intrinsic "llvm.roundeven"
// CHECK-NEXT: llvm.call_intrinsic "llvm.sqrt"
// CHECK-NEXT: llvm.call_intrinsic "llvm.trunc"
// CHECK-NEXT: llvm.call_intrinsic "llvm.exp2"
// CHECK: llvm.call_intrinsic "llvm.sqrt"(%{{.*}}) : (f64) -> f64
// Counts of zeros are defined for zero.
// CHECK: llvm.call_intrinsic "llvm.ctlz"(%{{.*}}, %false) : (i32, i1) -> i32
// CHECK: llvm.call_intrinsic "llvm.ctpop"(%{{.*}}) : (i32) -> i32
// CHECK: llvm.call_intrinsic "llvm.cttz"(%{{.*}}, %false{{.*}}) : (i32, i1) -> i32
// CHECK-NOT: math.

// LIBRARY: error: 'math.erf' op needs a library
gpu.module @kernels { gpu.func @k(%x: memref<?xf32>, %d: memref<?xf64>, %n: memref<?xi32>) kernel {
 %i = gpu.thread_id x
 %c4 = arith.constant 4 : index
 %j = arith.muli %i, %c4 : index
 %v = vector.load %x[%j] {alignment=16:i64} : memref<?xf32>, vector<4xf32>
 %a = math.absf %v : vector<4xf32>
 %b = math.ceil %a : vector<4xf32>
 %c = math.copysign %b, %v : vector<4xf32>
 %e = math.floor %c : vector<4xf32>
 %f = math.fma %e, %v, %a : vector<4xf32>
 %g = math.roundeven %f : vector<4xf32>
 %h = math.sqrt %g : vector<4xf32>
 %k = math.trunc %h : vector<4xf32>
 %l = math.exp2 %k : vector<4xf32>
 vector.store %l, %x[%j] {alignment=16:i64} : memref<?xf32>, vector<4xf32>
 %dv = memref.load %d[%i] : memref<?xf64>
 %da = math.absf %dv : f64
 %db = math.sqrt %da : f64
 %dc = math.roundeven %db : f64
 %dd = math.ceil %dc : f64
 memref.store %dd, %d[%i] : memref<?xf64>
 %nv = memref.load %n[%i] : memref<?xi32>
 %na = math.ctlz %nv : i32
 %nb = math.ctpop %na : i32
 %nc = math.cttz %nb : i32
 memref.store %nc, %n[%i] : memref<?xi32>
 gpu.return } }
