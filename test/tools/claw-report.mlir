// The report: facts of each kernel, and what a launch of it is estimated to take.
// Covers: compiler/report.py, estimates.py.
// RUN: claw-report %s -target=nvptx:sm_80 | FileCheck %s
// RUN: claw-report %s -target=amdgpu:gfx942 | FileCheck %s --check-prefix=AMD
// RUN: claw-report %s -target=spirv:vulkan | FileCheck %s --check-prefix=VULKAN
// RUN: clawc %s -target=nvptx:sm_80 -emit=bundle -o %t.claw && claw-report %t.claw | FileCheck %s --check-prefix=BUNDLE

// CHECK: nvptx:sm_80: ptx, {{[0-9]+}} bytes
// CHECK-NEXT: main(arg0.dim0x64xf16, 64x128xf16) -> arg0.dim0x128xf32
// CHECK-NEXT: main_matmul_0: contraction, vector lane
// CHECK-NEXT: grid ceildiv(arg0.dim0, 64) * 2, workgroup 128, shared 9728 B
// CHECK-NEXT: schedule {thread = [4, 8], tile = [64, 64, 32], warps = 4}
// CHECK-NEXT: estimated: global read ceildiv(arg0.dim0, 64) * 32768 B, write ceildiv(arg0.dim0, 64) * 32768 B
// CHECK-NEXT: estimated: shared read ceildiv(arg0.dim0, 64) * 65536 B, write ceildiv(arg0.dim0, 64) * 32768 B
// CHECK-NEXT: estimated: matrix ceildiv(arg0.dim0, 64) * 1048576 FLOP, barriers ceildiv(arg0.dim0, 64) * 8

// CHECK: gather(100x64xf32, 32xi32) -> 32x64xf32
// CHECK-NEXT: gather_map_0: elementwise, vector lane
// CHECK: indices: kept in range by 2 minima and maxima for each element; --unchecked-indices leaves them out
// CHECK-NEXT: tables: rows, whose neighbours are loaded together
// CHECK: estimated: global read {{.*}} B in ? sectors, write 8,192 B in 256 sectors

// CHECK: twice(32xf32) -> 64xf32
// CHECK-NEXT: twice_generic_0: generic, generic lane
// CHECK-NEXT: grid 1, workgroup 256, shared 0 B
// CHECK-NEXT: lane: generic (indexes an operand by d0 mod 32; {{.*}})

// CHECK: add(1024xf32, 1024xf32) -> 1024xf32
// CHECK: estimated: global read 8,192 B in 256 sectors, write 4,096 B in 128 sectors
// CHECK-NEXT: estimated: vector 1,024 FLOP, 0.08 FLOP a byte

// AMD: estimated: matrix ceildiv(arg0.dim0, 64) * 1048576 FLOP
// VULKAN: add(1024xf32, 1024xf32)
// VULKAN: estimated: global read 8,192 B, write 4,096 B
// BUNDLE: estimated: global read ceildiv(arg0.dim0, 64) * 32768 B
// BUNDLE: lane: generic (indexes an operand by d0 mod 32;

func.func @main(%x: tensor<?x64xf16>, %w: tensor<64x128xf16>) -> tensor<?x128xf32> {
  %0 = claw.matmul %x, %w : (tensor<?x64xf16>, tensor<64x128xf16>) -> tensor<?x128xf32>
  return %0 : tensor<?x128xf32>
}

#row = affine_map<(i, j) -> (i)>
#both = affine_map<(i, j) -> (i, j)>
func.func @gather(%t: tensor<100x64xf32>, %k: tensor<32xi32>) -> tensor<32x64xf32> {
  %e = tensor.empty() : tensor<32x64xf32>
  %r = linalg.generic {indexing_maps = [#row, #both], iterator_types = ["parallel", "parallel"]}
      ins(%k : tensor<32xi32>) outs(%e : tensor<32x64xf32>) {
  ^bb0(%a: i32, %b: f32):
    %i = arith.index_cast %a : i32 to index
    %j = linalg.index 1 : index
    %v = tensor.extract %t[%i, %j] : tensor<100x64xf32>
    linalg.yield %v : f32
  } -> tensor<32x64xf32>
  return %r : tensor<32x64xf32>
}

#turn = affine_map<(i) -> (i mod 32)>
#each = affine_map<(i) -> (i)>
func.func @twice(%x: tensor<32xf32>) -> tensor<64xf32> {
  %e = tensor.empty() : tensor<64xf32>
  %r = linalg.generic {indexing_maps = [#turn, #each], iterator_types = ["parallel"]}
      ins(%x : tensor<32xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } -> tensor<64xf32>
  return %r : tensor<64xf32>
}

func.func @add(%a: tensor<1024xf32>, %b: tensor<1024xf32>) -> tensor<1024xf32> {
  %0 = claw.binary %a, %b {kind = "add"} : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  return %0 : tensor<1024xf32>
}
