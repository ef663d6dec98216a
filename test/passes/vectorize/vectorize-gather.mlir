// How elements of tables are read.
// RUN: claw-opt %s --pass-pipeline='tile{chip=nvptx:sm_80},vectorize' -split-input-file | FileCheck %s
// RUN: claw-opt %s --pass-pipeline='tile{chip=host},vectorize' -split-input-file | FileCheck %s --check-prefix=HOST

// Parts of many rows: places count up along the last dimension.  Where one row is a tile, it is read
// as any other.

// CHECK-LABEL: func.func private @rows
// CHECK-SAME:    claw.gathers = ["rows"]
// CHECK-DAG:     %[[AT:.*]] = vector.transfer_read %arg0
// CHECK-DAG:     %[[I:.*]] = arith.index_cast %{{.*}} : vector<16xi64> to vector<16xindex>
// CHECK-DAG:     %[[BEGIN:.*]] = arith.muli %[[I]], %{{.*}} : vector<16xindex>
// CHECK:         %[[PLACES:.*]] = arith.addi %{{.*}}, %{{.*}} : vector<16x64xindex>
// CHECK:         %[[MASK:.*]] = vector.create_mask %{{.*}}, %{{.*}} : vector<16x64xi1>
// CHECK:         %[[LINE:.*]] = memref.collapse_shape %arg1 {{\[}}[0, 1]] : memref<100x64xf32> into memref<6400xf32>
// CHECK:         vector.gather %[[LINE]][%c0] [%[[PLACES]]], %[[MASK]], %{{.*}} {claw.rows}

// HOST-LABEL: func.func private @rows
// HOST:         %[[AT:.*]] = memref.load %arg0
// HOST:         %[[I:.*]] = arith.index_cast
// HOST:         vector.transfer_read %arg1[%[[I]], %c0], %{{.*}} {in_bounds = [true]} : memref<100x64xf32>, vector<64xf32>
#row = affine_map<(i, j) -> (i)>
#both = affine_map<(i, j) -> (i, j)>
func.func private @rows(%at: memref<?xi64>, %x: memref<100x64xf32>, %o: memref<?x64xf32>)
    attributes {claw.kernel, claw.kind = "elementwise", claw.lane = "vector"} {
  %c0 = arith.constant 0 : index
  %n = memref.dim %at, %c0 : memref<?xi64>
  %i = bufferization.to_tensor %at restrict : memref<?xi64> to tensor<?xi64>
  %t = bufferization.to_tensor %x restrict : memref<100x64xf32> to tensor<100x64xf32>
  %e = tensor.empty(%n) : tensor<?x64xf32>
  %r = linalg.generic {indexing_maps = [#row, #both], iterator_types = ["parallel", "parallel"]}
      ins(%i : tensor<?xi64>) outs(%e : tensor<?x64xf32>) {
  ^bb0(%a: i64, %b: f32):
    %p = arith.index_cast %a : i64 to index
    %j = linalg.index 1 : index
    %v = tensor.extract %t[%p, %j] : tensor<100x64xf32>
    linalg.yield %v : f32
  } -> tensor<?x64xf32>
  bufferization.materialize_in_destination %r in restrict writable %o : (tensor<?x64xf32>, memref<?x64xf32>) -> ()
  return
}

// -----

// Elements anywhere: the mask leaves out what is beyond the bounds, where indices may be anything.
// What is the same for the whole tile is loaded once.

// CHECK-LABEL: func.func private @elements
// CHECK-SAME:    claw.gathers = ["elements", "element"]
// CHECK:         %[[BOUND:.*]] = arith.minsi
// CHECK:         %[[MASK:.*]] = vector.create_mask %[[BOUND]] : vector<1024xi1>
// CHECK:         %[[AT:.*]] = vector.transfer_read %arg0[%{{.*}}], %{{.*}}, %[[MASK]]
// CHECK:         %[[I:.*]] = arith.index_cast %[[AT]]
// CHECK:         %[[ZEROS:.*]] = arith.constant dense<0.000000e+00> : vector<1024xf32>
// CHECK:         vector.gather %arg1[%c0] [%[[I]]], %[[MASK]], %[[ZEROS]] : memref<?xf32>
// CHECK:         %[[ONE:.*]] = memref.load %arg2[] : memref<f32>
// CHECK:         vector.broadcast %[[ONE]] : f32 to vector<1024xf32>
#id = affine_map<(i) -> (i)>
func.func private @elements(%at: memref<?xi64>, %x: memref<?xf32>, %s: memref<f32>, %o: memref<?xf32>)
    attributes {claw.kernel, claw.kind = "elementwise", claw.lane = "vector"} {
  %c0 = arith.constant 0 : index
  %n = memref.dim %at, %c0 : memref<?xi64>
  %i = bufferization.to_tensor %at restrict : memref<?xi64> to tensor<?xi64>
  %t = bufferization.to_tensor %x restrict : memref<?xf32> to tensor<?xf32>
  %u = bufferization.to_tensor %s restrict : memref<f32> to tensor<f32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%i : tensor<?xi64>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: i64, %b: f32):
    %p = arith.index_cast %a : i64 to index
    %v = tensor.extract %t[%p] : tensor<?xf32>
    %w = tensor.extract %u[] : tensor<f32>
    %y = arith.mulf %v, %w : f32
    linalg.yield %y : f32
  } -> tensor<?xf32>
  bufferization.materialize_in_destination %r in restrict writable %o : (tensor<?xf32>, memref<?xf32>) -> ()
  return
}
