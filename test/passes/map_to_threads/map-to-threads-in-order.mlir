// RUN: claw-opt %s -map-to-threads=chip=nvptx | FileCheck %s

// A running sum: a thread has a row, writes what its total starts from, and runs along the row.

#all = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

func.func @main(%x: memref<?x8xf32>, %t: memref<?xf32>, %s: memref<?x8xf32>) {
  call @scan(%x, %t, %s) : (memref<?x8xf32>, memref<?xf32>, memref<?x8xf32>) -> ()
  return
}

// CHECK: gpu.func @scan(%[[X:.*]]: memref<?xf32>, %[[T:.*]]: memref<?xf32>, %[[S:.*]]: memref<?xf32>, %[[N:.*]]: index)
// CHECK-SAME: claw.access = ["read", "readwrite", "write"]
// CHECK: %[[IN:.*]] = arith.cmpi ult, %[[I:.*]], %[[N]] : index
// CHECK: scf.if %[[IN]] {
// CHECK: memref.store %{{.*}}, %[[T]][%[[I]]]
// CHECK: scf.for %[[J:.*]] = %c0 to %c8 step %c1 {
// CHECK: %[[SOFAR:.*]] = memref.load %[[T]][%[[I]]]
// CHECK: %[[A:.*]] = memref.load %[[X]]
// CHECK: %[[NEW:.*]] = arith.addf %[[SOFAR]], %[[A]]
// CHECK: memref.store %[[NEW]], %[[T]][%[[I]]]
// CHECK: memref.store %[[NEW]], %[[S]]
func.func private @scan(%x: memref<?x8xf32>, %t: memref<?xf32>, %s: memref<?x8xf32>)
    attributes {claw.kernel, claw.lane = "generic", claw.kind = "generic"} {
  %c0 = arith.constant 0 : index
  %in = bufferization.to_tensor %x restrict : memref<?x8xf32> to tensor<?x8xf32>
  %d = memref.dim %x, %c0 : memref<?x8xf32>
  %e = tensor.empty(%d) : tensor<?xf32>
  %es = tensor.empty(%d) : tensor<?x8xf32>
  %zero = arith.constant 0.0 : f32
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %r:2 = linalg.generic {indexing_maps = [#all, #row, #all], iterator_types = ["parallel", "reduction"]}
      ins(%in : tensor<?x8xf32>) outs(%f, %es : tensor<?xf32>, tensor<?x8xf32>) {
  ^bb0(%a: f32, %o: f32, %p: f32):
    %v = arith.addf %o, %a : f32
    linalg.yield %v, %v : f32, f32
  } -> (tensor<?xf32>, tensor<?x8xf32>)
  bufferization.materialize_in_destination %r#0 in restrict writable %t : (tensor<?xf32>, memref<?xf32>) -> ()
  bufferization.materialize_in_destination %r#1 in restrict writable %s : (tensor<?x8xf32>, memref<?x8xf32>) -> ()
  return
}
