// Each level refuses what belongs to another, at the operation to blame, and takes its own.
// RUN: claw-opt %s -check-level=level=linalg -split-input-file -verify-diagnostics
// RUN: clawc %S/../../../examples/softmax.mlir -target=nvptx:sm_80 -emit=kernels -o %t.kernels.mlir
// RUN: claw-opt %t.kernels.mlir -check-level=level=kernels | FileCheck %s --check-prefix=KERNELS
// RUN: not claw-opt %t.kernels.mlir -check-level=level=vector 2>&1 | FileCheck %s --check-prefix=VECTOR
// RUN: clawc %S/../../../examples/softmax.mlir -target=nvptx:sm_80 -emit=simt -o %t.simt.mlir
// RUN: claw-opt %t.simt.mlir -check-level=level=simt | FileCheck %s --check-prefix=SIMT
// RUN: not claw-opt %t.simt.mlir -check-level=level=kernels 2>&1 | FileCheck %s --check-prefix=EARLIER
// RUN: not claw-opt %t.simt.mlir -check-level=level=thread 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// KERNELS: claw.kernel
// VECTOR: error: {{.*}} may not stand in a kernel of the vector lane, at level 'vector'
// SIMT: gpu.func
// EARLIER: error: 'gpu.launch_func' op may not stand in a function that callers see
// UNKNOWN: no level is called 'thread'; known: claw, linalg, kernels, tiled, vector, layouts, pipelined, simt, llvm


func.func @right(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = math.exp %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @claw_is_lowered(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{may not stand in a function that callers see, at level 'linalg'}}
  %0 = claw.unary %x {kind = "exp"} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// expected-error @+1 {{has a value of type memref<4xf32> (1-D buffer), which may not stand in a function that callers see}}
func.func @buffers_come_later(%x: memref<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  return %y : tensor<4xf32>
}

// -----

// expected-error @+1 {{may not have the attribute claw.grid}}
func.func @grids_come_later(%x: tensor<4xf32>) -> tensor<4xf32> attributes {claw.grid = affine_map<() -> (8)>} {
  return %x : tensor<4xf32>
}

// -----

func.func @in_a_body(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%x : tensor<4xf32>) {
  ^bb0(%o: f32):
    // expected-error @+1 {{may not stand in the region of a `linalg` or `tensor` operation}}
    %v = vector.broadcast %o : f32 to vector<4xf32>
    %e = vector.extract %v[0] : f32 from vector<4xf32>
    linalg.yield %e : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
