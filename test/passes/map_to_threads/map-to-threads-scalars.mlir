// RUN: claw-opt %s --pass-pipeline='map-to-threads{chip=nvptx},canonicalize' | FileCheck %s

#all = affine_map<(i) -> (i)>

// A scalar that a kernel reads from a buffer is loaded once, before its elements.
// CHECK-LABEL: gpu.func @read
// CHECK-SAME: (%[[X:.*]]: memref<?xi64>, %[[S:.*]]: memref<?xi64>, %[[Y:.*]]: memref<?xi64>)
// CHECK: %[[K:.*]] = memref.load %[[S]][%c0]
// CHECK: scf.if
// CHECK: %[[E:.*]] = memref.load %[[X]]
// CHECK: arith.addi %[[E]], %[[K]]
func.func private @read(%x: memref<8xi64>, %s: memref<i64>, %y: memref<8xi64>)
    attributes {claw.kernel, claw.lane = "generic", claw.kind = "generic"} {
  %in = bufferization.to_tensor %x restrict : memref<8xi64> to tensor<8xi64>
  %k = memref.load %s[] : memref<i64>
  %e = tensor.empty() : tensor<8xi64>
  %r = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel"]} ins(%in : tensor<8xi64>) outs(%e : tensor<8xi64>) {
  ^bb0(%a: i64, %_: i64):
    %v = arith.addi %a, %k : i64
    linalg.yield %v : i64
  } -> tensor<8xi64>
  bufferization.materialize_in_destination %r in restrict writable %y : (tensor<8xi64>, memref<8xi64>) -> ()
  return
}
