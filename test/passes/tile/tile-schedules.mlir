// RUN: claw-opt %s --pass-pipeline='tile{chip=nvptx:sm_80}' | FileCheck %s

#read = affine_map<(m, i, j) -> (m, j)>
#written = affine_map<(m, i, j) -> (m, i)>

// What is read again for each i is read once for a tile of them.

// CHECK-LABEL: func.func private @read_again
// CHECK-SAME:    claw.schedule = {tile = [1, 16, 64], warps = 4 : i64}
func.func private @read_again(%xm: memref<100x64xf32>, %om: memref<100x64xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "reduction"} {
  %x = bufferization.to_tensor %xm restrict : memref<100x64xf32> to tensor<100x64xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<100x64xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<100x64xf32>) -> tensor<100x64xf32>
  %r = linalg.generic {indexing_maps = [#read, #written], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : tensor<100x64xf32>) outs(%f : tensor<100x64xf32>) {
  ^bb0(%v: f32, %acc: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %seen = arith.cmpi ule, %j, %i : index
    %w = arith.select %seen, %v, %zero : f32
    %s = arith.addf %acc, %w : f32
    linalg.yield %s : f32
  } -> tensor<100x64xf32>
  bufferization.materialize_in_destination %r in restrict writable %om : (tensor<100x64xf32>, memref<100x64xf32>) -> ()
  return
}
