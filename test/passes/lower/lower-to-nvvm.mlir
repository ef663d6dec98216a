// y = max(2 x + y, 0), four elements a thread, any size.
// RUN: claw-opt %s --pass-pipeline='lower-to-nvvm{chip=nvptx:sm_80}' | FileCheck %s
// RUN: claw-opt %s --pass-pipeline='lower-to-rocdl{chip=amdgpu:gfx942}' | FileCheck %s --check-prefix=AMD

// CHECK-LABEL: llvm.func @scale_add
// CHECK-SAME: !llvm.ptr<1> {llvm.align = 16 : i64, llvm.noalias, llvm.readonly}
// CHECK-SAME: !llvm.ptr<1> {llvm.align = 16 : i64, llvm.noalias}
// CHECK-SAME: i32
// CHECK-SAME: nvvm.maxntid = array<i32: 128, 1, 1>
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
// CHECK: llvm.call_intrinsic "llvm.fma"
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<1>

// AMD-LABEL: llvm.func @scale_add
// AMD-SAME: rocdl.flat_work_group_size = "128,128"
// AMD-SAME: rocdl.kernel
module attributes {gpu.container_module} {
  gpu.module @kernels {
    gpu.func @scale_add(%x: memref<?xf32>, %y: memref<?xf32>, %n: index)
        kernel attributes {known_block_size = array<i32: 128, 1, 1>, claw.access = ["read", "readwrite"]} {
      %c4 = arith.constant 4 : index
      %c128 = arith.constant 128 : index
      %c1 = arith.constant 1 : index
      %zero = arith.constant dense<0.0> : vector<4xf32>
      %zero1 = arith.constant 0.0 : f32
      %a = arith.constant dense<2.0> : vector<4xf32>
      %a1 = arith.constant 2.0 : f32
      %t = gpu.thread_id x
      %b = gpu.block_id x
      %w = arith.muli %b, %c128 : index
      %g = arith.addi %w, %t : index
      %i = arith.muli %g, %c4 : index
      %end = arith.addi %i, %c4 : index
      %whole = arith.cmpi sle, %end, %n : index
      scf.if %whole {
        %v = vector.load %x[%i] {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
        %u = vector.load %y[%i] {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
        %f = math.fma %v, %a, %u : vector<4xf32>
        %r = arith.maximumf %f, %zero : vector<4xf32>
        vector.store %r, %y[%i] {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
      } else {
        scf.for %j = %i to %n step %c1 {
          %v = memref.load %x[%j] : memref<?xf32>
          %u = memref.load %y[%j] : memref<?xf32>
          %f = math.fma %v, %a1, %u : f32
          %r = arith.maximumf %f, %zero1 : f32
          memref.store %r, %y[%j] : memref<?xf32>
        }
      }
      gpu.return
    }
  }
}
