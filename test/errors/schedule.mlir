// RUN: not claw-opt %s --pass-pipeline='tile{chip=nvptx:sm_80}' 2>&1 | FileCheck %s

#id = affine_map<(i) -> (i)>
// CHECK: schedule.mlir:[[@LINE+2]]:{{[0-9]+}}: error: {{.*}}the schedule of kernel double cannot be used: 64 warps are 2048 threads; sm_80 has at most 1024 in a workgroup
// CHECK-NOT: Traceback
func.func private @double(%xm: memref<?xf32>, %om: memref<?xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise",
                claw.schedule = {tile = [4096], warps = 64}} {
  %c0 = arith.constant 0 : index
  %n = memref.dim %xm, %c0 : memref<?xf32>
  %x = bufferization.to_tensor %xm restrict : memref<?xf32> to tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%u: f32, %_: f32):
    %t = arith.addf %u, %u : f32
    linalg.yield %t : f32
  } -> tensor<?xf32>
  bufferization.materialize_in_destination %q in restrict writable %om : (tensor<?xf32>, memref<?xf32>) -> ()
  return
}
