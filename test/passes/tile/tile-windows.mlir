// RUN: claw-opt %s --pass-pipeline='tile{chip=host}' | FileCheck %s

#x = affine_map<(f, i, j, c, h, k) -> (c, i * 2 + h, j * 2 + k * 3)>
#w = affine_map<(f, i, j, c, h, k) -> (f, c, h, k)>
#o = affine_map<(f, i, j, c, h, k) -> (f, i, j)>

// The tensor in windows is a view with a dimension for each loop, in which the operation is a plain
// contraction; `w` is a column of the left matrix, as `o` runs along j.
// CHECK: #[[X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d3, d4, d1, d5, d2)>
// CHECK-LABEL: func.func private @conv(
// CHECK-SAME: claw.schedule = {thread = [8, 32], tile = [8, 1, 32, 4, 1, 1], warps = 1 : i64}
// CHECK: %[[VIEW:.*]] = memref.reinterpret_cast %arg0 to offset: [0], sizes: [8, 3, 20, 2, 40], strides: [3362, 82, 164, 3, 2] : memref<8x41x82xf32> to memref<8x3x20x2x40xf32, strided<[3362, 82, 164, 3, 2]>>
// CHECK: %[[SEEN:.*]] = bufferization.to_tensor %[[VIEW]]
// CHECK: scf.forall (%[[F:.*]], %[[I:.*]], %[[J:.*]]) =
// CHECK: scf.for %[[C:.*]] = %c0 to %c8 step %c4
// CHECK: scf.for %[[H:.*]] = %c0 to %c3 step %c1
// CHECK: scf.for %[[K:.*]] = %c0 to %c2 step %c1
// CHECK: tensor.extract_slice %[[SEEN]][%[[C]], %[[H]], %[[I]], %[[K]], %[[J]]] [4, 1, 1, 1, %{{.*}}]
// CHECK: linalg.generic {indexing_maps = [#[[X]],
func.func private @conv(%xm: memref<8x41x82xf32>, %wm: memref<16x8x3x2xf32>, %om: memref<16x20x40xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "contraction"} {
  %x = bufferization.to_tensor %xm restrict : memref<8x41x82xf32> to tensor<8x41x82xf32>
  %w = bufferization.to_tensor %wm restrict : memref<16x8x3x2xf32> to tensor<16x8x3x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<16x20x40xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16x20x40xf32>) -> tensor<16x20x40xf32>
  %r = linalg.generic {indexing_maps = [#x, #w, #o],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<8x41x82xf32>, tensor<16x8x3x2xf32>) outs(%f : tensor<16x20x40xf32>) {
  ^bb0(%l: f32, %q: f32, %acc: f32):
    %m = arith.mulf %l, %q : f32
    %s = arith.addf %acc, %m : f32
    linalg.yield %s : f32
  } -> tensor<16x20x40xf32>
  bufferization.materialize_in_destination %r in restrict writable %om : (tensor<16x20x40xf32>, memref<16x20x40xf32>) -> ()
  return
}

// Padding: the view reaches out of the argument; what of a tile is inside is cut out, and padded.
// CHECK-LABEL: func.func private @pool(
// CHECK-SAME: tile = [64, 1]
// CHECK: %[[LOWEST:.*]] = arith.constant 0xFF800000 : f32
// CHECK: %[[BEFORE:.*]] = arith.constant -1 : index
// CHECK: %[[VIEW:.*]] = memref.reinterpret_cast %arg0 to offset: [%[[BEFORE]]], sizes: [3, %{{.*}}], strides: [1, 1]
// CHECK: %[[SEEN:.*]] = bufferization.to_tensor %[[VIEW]]
// CHECK: scf.forall (%[[I:.*]]) =
// CHECK: scf.for %[[K:.*]] = %c0 to %c3 step %c1
// CHECK: %[[INSIDE:.*]] = tensor.extract_slice %[[SEEN]][%[[K]], %{{.*}}] [1, %{{.*}}] [1, 1]
// CHECK: tensor.pad %[[INSIDE]] low[0, %{{.*}}] high[0, %{{.*}}]
// CHECK: tensor.yield %[[LOWEST]]
// CHECK: arith.maximumf
func.func private @pool(%xm: memref<?xf32>, %om: memref<?xf32>)
    attributes {claw.kernel, claw.lane = "vector", claw.kind = "reduction"} {
  %c0 = arith.constant 0 : index
  %x = bufferization.to_tensor %xm restrict : memref<?xf32> to tensor<?xf32>
  %lowest = arith.constant 0xFF800000 : f32
  %n = memref.dim %om, %c0 : memref<?xf32>
  %p = tensor.pad %x low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %lowest : f32
  } : tensor<?xf32> to tensor<?xf32>
  %w = tensor.empty() : tensor<3xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %f = linalg.fill ins(%lowest : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, k) -> (i + k)>, affine_map<(i, k) -> (k)>,
                                        affine_map<(i, k) -> (i)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%p, %w : tensor<?xf32>, tensor<3xf32>) outs(%f : tensor<?xf32>) {
  ^bb0(%l: f32, %q: f32, %acc: f32):
    %s = arith.maximumf %acc, %l : f32
    linalg.yield %s : f32
  } -> tensor<?xf32>
  bufferization.materialize_in_destination %r in restrict writable %om : (tensor<?xf32>, memref<?xf32>) -> ()
  return
}
