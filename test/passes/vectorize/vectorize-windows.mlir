// RUN: claw-opt %s --pass-pipeline='tile{chip=nvptx:sm_80},vectorize' | FileCheck %s

// A tile that reaches out of its argument is read where that is, and under a mask: inside its end,
// and not before its start.
// CHECK-LABEL: func.func private @sum(
// CHECK: %[[VIEW:.*]] = memref.reinterpret_cast %arg0
// CHECK: scf.for %[[K:.*]] = %c0 to %c3 step %c1
// CHECK: %[[END:.*]] = vector.create_mask %{{.*}} : vector<[[N:.*]]xi1>
// CHECK: %[[START:.*]] = vector.create_mask %{{.*}} : vector<[[N]]xi1>
// CHECK: %[[LATER:.*]] = arith.xori %[[START]], %{{.*}} : vector<[[N]]xi1>
// CHECK: %[[MASK:.*]] = arith.andi %[[END]], %[[LATER]]
// CHECK: vector.transfer_read %[[VIEW]][%[[K]], %{{.*}}], %{{.*}}, %[[MASK]] {in_bounds = [true]} : memref<3x?xf32, strided<[2, 1], offset: ?>>, vector<[[N]]xf32>
// CHECK: arith.addf
func.func private @sum(%xm: memref<?xf32>, %om: memref<?xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "reduction"} {
  %c0 = arith.constant 0 : index
  %x = bufferization.to_tensor %xm restrict : memref<?xf32> to tensor<?xf32>
  %z = arith.constant 0.0 : f32
  %n = memref.dim %om, %c0 : memref<?xf32>
  %p = tensor.pad %x low[2] high[2] {
  ^bb0(%i: index):
    tensor.yield %z : f32
  } : tensor<?xf32> to tensor<?xf32>
  %w = tensor.empty() : tensor<3xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, k) -> (i + k * 2)>, affine_map<(i, k) -> (k)>,
                                        affine_map<(i, k) -> (i)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%p, %w : tensor<?xf32>, tensor<3xf32>) outs(%f : tensor<?xf32>) {
  ^bb0(%l: f32, %q: f32, %acc: f32):
    %s = arith.addf %acc, %l : f32
    linalg.yield %s : f32
  } -> tensor<?xf32>
  bufferization.materialize_in_destination %r in restrict writable %om : (tensor<?xf32>, memref<?xf32>) -> ()
  return
}
