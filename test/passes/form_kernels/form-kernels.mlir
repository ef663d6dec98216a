// RUN: claw-opt %s -normalize-linalg -form-kernels -split-input-file | FileCheck %s

// A product and what follows it are one kernel; the bias is read where it is.

// CHECK-LABEL: func.func @linear(
// CHECK-SAME:    %[[X:.*]]: memref<?x8xf16>, %[[W:.*]]: memref<8x4xf16>, %[[B:.*]]: memref<4xf32>)
// CHECK:         %[[M:.*]] = memref.dim %[[X]], %{{.*}}
// CHECK:         %[[O:.*]] = memref.alloc(%[[M]]) : memref<?x4xf32>
// CHECK-NEXT:    call @linear_matmul_0(%[[X]], %[[W]], %[[B]], %[[O]])
// CHECK-NEXT:    return %[[O]]
// CHECK:       func.func private @linear_matmul_0(
// CHECK-SAME:    claw.kernel, claw.kind = "contraction", claw.lane = "vector"
// CHECK:         bufferization.to_tensor %{{.*}} restrict : memref<?x8xf16>
// CHECK:         linalg.fill
// CHECK:         linalg.generic {{.*}}["parallel", "parallel", "reduction"]
// CHECK:           arith.extf
// CHECK:           arith.extf
// CHECK:           arith.mulf
// CHECK:           arith.addf
// CHECK:         linalg.generic {{.*}}["parallel", "parallel"]
// CHECK:           arith.addf
// CHECK:         bufferization.materialize_in_destination %{{.*}} in restrict writable
// CHECK-NOT:   func.func
func.func @linear(%x: tensor<?x8xf16>, %w: tensor<8x4xf16>, %b: tensor<4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x8xf16>
  %e = tensor.empty(%m) : tensor<?x4xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %p = linalg.matmul ins(%x, %w : tensor<?x8xf16>, tensor<8x4xf16>)
    outs(%f : tensor<?x4xf32>) -> tensor<?x4xf32>
  %bb = linalg.broadcast ins(%b : tensor<4xf32>) outs(%e : tensor<?x4xf32>) dimensions = [0]
  %r = arith.addf %p, %bb : tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// -----

// Neighbouring dimensions that stay together are one: the kernel is on vectors, the host passes
// collapsed views.

// CHECK-LABEL: func.func @elementwise(
// CHECK:         %[[IN:.*]] = memref.collapse_shape %{{.*}} {{\[\[}}0, 1, 2]]
// CHECK:         %[[OUT:.*]] = memref.collapse_shape %{{.*}} {{\[\[}}0, 1, 2]]
// CHECK:         call @elementwise_map_0(%[[IN]], %[[OUT]]) : (memref<?xf32>, memref<?xf32>) -> ()
// CHECK:       func.func private @elementwise_map_0(%{{.*}}: memref<?xf32>, %{{.*}}: memref<?xf32>) attributes {claw.kernel
// CHECK:         linalg.generic {{.*}}iterator_types = ["parallel"]
func.func @elementwise(%x: tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  %0 = math.exp %x : tensor<?x4x8xf32>
  %1 = math.tanh %0 : tensor<?x4x8xf32>
  return %1 : tensor<?x4x8xf32>
}

// -----

// A chain over rows: every value once.

// CHECK-LABEL: func.func @softmax(
// CHECK-COUNT-1: call @softmax_reduce_0
// CHECK:       func.func private @softmax_reduce_0({{.*}}claw.kind = "reduction"
// CHECK:         arith.maximumf
// CHECK:         math.exp
// CHECK-NOT:     math.exp
// CHECK:         arith.addf
// CHECK:         arith.divf
func.func @softmax(%x: tensor<2x4x?xf32>) -> tensor<2x4x?xf32> {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %x, %c2 : tensor<2x4x?xf32>
  %e = tensor.empty(%n) : tensor<2x4x?xf32>
  %r = linalg.softmax dimension(2) ins(%x : tensor<2x4x?xf32>)
    outs(%e : tensor<2x4x?xf32>) -> tensor<2x4x?xf32>
  return %r : tensor<2x4x?xf32>
}

// -----

// What the vector lane does not take goes alone; sizes that no buffer has are arguments.

// CHECK-LABEL: func.func @pad(
// CHECK-SAME:    %[[X:.*]]: memref<?xf32>, %[[N:.*]]: memref<?xf32>)
// CHECK:         call @pad_generic_0(%[[X]], %{{.*}}, %{{.*}}) : (memref<?xf32>, memref<?xf32>, index) -> ()
// CHECK:       func.func private @pad_generic_0(
// CHECK-SAME:    claw.kind = "generic", claw.lane = "generic"
// CHECK:         linalg.generic
// CHECK:           scf.if
// CHECK:             tensor.extract
func.func @pad(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0.0 : f32
  %low = tensor.dim %y, %c0 : tensor<?xf32>
  %p = tensor.pad %x low[%low] high[0] {
    ^bb0(%i: index):
      tensor.yield %z : f32
  } : tensor<?xf32> to tensor<?xf32>
  return %p : tensor<?xf32>
}

// -----

// Bits are bytes in memory; constants are globals, checks stay with the host.

// CHECK:       memref.global "private" constant @mask_constant_0 : memref<3xi8> = dense<[1, 0, 1]>
// CHECK-LABEL: func.func @mask(
// CHECK-SAME:    memref<?xi8> {claw.type = i1}, {{.*}}) -> (memref<3xi8> {claw.type = i1})
// CHECK:         cf.assert %{{.*}}, "three are expected"
// CHECK:         memref.get_global @mask_constant_0
// CHECK:       func.func private @mask_map_0
// CHECK:           arith.trunci
// CHECK:           arith.andi
// CHECK:           arith.extui
func.func @mask(%x: tensor<?xi1>, %y: tensor<3xi1>) -> tensor<3xi1> {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c = arith.constant dense<[true, false, true]> : tensor<3xi1>
  %n = tensor.dim %x, %c0 : tensor<?xi1>
  %ok = arith.cmpi eq, %n, %c3 : index
  cf.assert %ok, "three are expected"
  %s = tensor.cast %x : tensor<?xi1> to tensor<3xi1>
  %0 = arith.andi %s, %c : tensor<3xi1>
  %1 = arith.andi %0, %y : tensor<3xi1>
  return %1 : tensor<3xi1>
}

// -----

// Calls are inlined, every public function is an entry, and results that nothing computes are
// copied.

// CHECK-LABEL: func.func @one(
// CHECK:         call @one_map_0
// CHECK-LABEL: func.func @two(
// CHECK:         call @two_map_0
// CHECK-NOT:   func.func private @helper
func.func private @helper(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = math.exp %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func @one(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @helper(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func @two(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// One token of a language model: dimensions of size 1 are no loops, however many there are.

// CHECK-LABEL: func.func @token(
// CHECK:         memref.collapse_shape %{{.*}} {{\[\[}}0, 1, 2]] : memref<1x1x64xf32> into memref<64xf32>
// CHECK:         call @token_reduce_0(
// CHECK-NOT:     call
// CHECK:       func.func private @token_reduce_0(
// CHECK-SAME:    claw.kind = "reduction", claw.lane = "vector"
func.func @token(%x: tensor<1x1x64xf32>) -> tensor<1x1x64xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(b, t, i) -> (b, t, i)>, affine_map<(b, t, i) -> (b, t)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : tensor<1x1x64xf32>) outs(%f : tensor<1x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %n = arith.addf %o, %q : f32
    linalg.yield %n : f32
  } -> tensor<1x1xf32>
  %r = tensor.empty() : tensor<1x1x64xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(b, t, i) -> (b, t, i)>, affine_map<(b, t, i) -> (b, t)>,
                                        affine_map<(b, t, i) -> (b, t, i)>],
                       iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %s : tensor<1x1x64xf32>, tensor<1x1xf32>) outs(%r : tensor<1x1x64xf32>) {
  ^bb0(%a: f32, %n: f32, %o: f32):
    %q = arith.divf %a, %n : f32
    linalg.yield %q : f32
  } -> tensor<1x1x64xf32>
  return %y : tensor<1x1x64xf32>
}
