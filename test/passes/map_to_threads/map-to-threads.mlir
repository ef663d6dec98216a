// RUN: claw-opt %s --pass-pipeline='map-to-threads{chip=nvptx},canonicalize' | FileCheck %s --check-prefixes=CHECK,GPU
// RUN: claw-opt %s --pass-pipeline='map-to-threads{chip=host},canonicalize' | FileCheck %s --check-prefixes=CHECK,HOST

// A maximum and where it is: a reduction with two results.
#all = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
// CHECK-LABEL: func.func @main
// GPU: %[[N:.*]] = arith.ceildivui %{{.*}}, %c256 : index
// HOST: %[[N:.*]] = arith.ceildivui %{{.*}}, %c1024 : index
// CHECK: gpu.launch_func @kernels::@argmax blocks in (%[[N]],
func.func @main(%x: memref<?x8xf32>, %y: memref<?xf32>, %z: memref<?xi64>) {
  call @argmax(%x, %y, %z) : (memref<?x8xf32>, memref<?xf32>, memref<?xi64>) -> ()
  return
}

// CHECK: gpu.func @argmax(%[[X:.*]]: memref<?xf32>, %[[Y:.*]]: memref<?xf32>, %[[Z:.*]]: memref<?xi64>, %[[D:.*]]: index)
// CHECK-SAME: claw.access = ["read", "write", "write"]
// GPU: %[[IN:.*]] = arith.cmpi ult, %[[I:.*]], %[[D]] : index
// GPU: scf.if %[[IN]] {
// HOST: scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step %c1 {
// CHECK: %[[R:.*]]:2 = scf.for %[[J:.*]] = %c0 to %c8 step %c1
// CHECK: %[[ROW:.*]] = arith.muli %[[I]], %c8 : index
// CHECK: %[[AT:.*]] = arith.addi %[[ROW]], %[[J]] : index
// CHECK: memref.load %[[X]][%[[AT]]]
// CHECK: arith.index_cast %[[J]]
// CHECK: memref.store %[[R]]#0, %[[Y]][%[[I]]]
// CHECK: memref.store %[[R]]#1, %[[Z]][%[[I]]]
func.func private @argmax(%x: memref<?x8xf32>, %y: memref<?xf32>, %z: memref<?xi64>)
    attributes {claw.kernel, claw.lane = "generic", claw.kind = "generic"} {
  %c0 = arith.constant 0 : index
  %in = bufferization.to_tensor %x restrict : memref<?x8xf32> to tensor<?x8xf32>
  %d = memref.dim %x, %c0 : memref<?x8xf32>
  %e = tensor.empty(%d) : tensor<?xf32>
  %ei = tensor.empty(%d) : tensor<?xi64>
  %least = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0 : i64
  %f = linalg.fill ins(%least : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %fi = linalg.fill ins(%zero : i64) outs(%ei : tensor<?xi64>) -> tensor<?xi64>
  %r:2 = linalg.generic {indexing_maps = [#all, #row, #row], iterator_types = ["parallel", "reduction"]}
      ins(%in : tensor<?x8xf32>) outs(%f, %fi : tensor<?xf32>, tensor<?xi64>) {
  ^bb0(%a: f32, %m: f32, %mi: i64):
    %j = linalg.index 1 : index
    %ji = arith.index_cast %j : index to i64
    %more = arith.cmpf ogt, %a, %m : f32
    %v = arith.select %more, %a, %m : f32
    %w = arith.select %more, %ji, %mi : i64
    linalg.yield %v, %w : f32, i64
  } -> (tensor<?xf32>, tensor<?xi64>)
  bufferization.materialize_in_destination %r#0 in restrict writable %y : (tensor<?xf32>, memref<?xf32>) -> ()
  bufferization.materialize_in_destination %r#1 in restrict writable %z : (tensor<?xi64>, memref<?xi64>) -> ()
  return
}
