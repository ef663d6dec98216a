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

// An element that the body reads by itself, at a sum of loops, is an operand: what a branch guards
// is padded, and cut to what is read.

// CHECK-LABEL: func.func @pad(
// CHECK-SAME:    %[[X:.*]]: memref<?xf32>, %[[N:.*]]: memref<?xf32>)
// CHECK:         call @pad_map_0(%[[X]], %{{.*}}, %{{.*}}) : (memref<?xf32>, memref<?xf32>, index{{.*}}) -> ()
// CHECK:       func.func private @pad_map_0(
// CHECK-SAME:    claw.kind = "elementwise", claw.lane = "vector"
// CHECK:         %[[P:.*]] = tensor.pad %{{.*}} low[%{{.*}}] high[%{{.*}}]
// CHECK:         %[[S:.*]] = tensor.extract_slice %[[P]][%{{.*}}] [%{{.*}}] [1]
// CHECK:         linalg.generic {{.*}} ins(%[[S]] : tensor<?xf32>)
// CHECK:           arith.select
// CHECK-NOT:       scf.if
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

// What the vector lane does not take goes alone, and says why.

// CHECK-LABEL: func.func @halves(
// CHECK:         call @halves_generic_0(
// CHECK:       func.func private @halves_generic_0(
// CHECK-SAME:    claw.kind = "generic", claw.lane = "generic", claw.reason = "
func.func @halves(%x: tensor<4xf32>) -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i floordiv 2)>, affine_map<(i) -> (i)>],
                       iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
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

// Calls are inlined, every public function is an entry, and a result that nothing computes is what
// came in: who calls it gets a copy.

// CHECK-LABEL: func.func @one(
// CHECK:         call @one_map_0
// CHECK-LABEL: func.func @two(
// CHECK-NEXT:    return %arg0
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

// -----

// A scalar that is no index comes to a kernel in a buffer of rank 0; what a body computes of it
// alone, the host does.

// CHECK-LABEL: func.func @scaled(
// CHECK-SAME:    %[[X:.*]]: memref<?xf32>, %[[K:.*]]: f64, %[[N:.*]]: index) -> (memref<?xf32>, f64)
// CHECK:         %[[S:.*]] = arith.truncf %[[K]] : f64 to f32
// CHECK:         %[[B:.*]] = memref.alloc() : memref<f32>
// CHECK:         memref.store %[[S]], %[[B]][]
// CHECK:         call @scaled_map_0(%[[X]], %{{.*}}, %[[N]], %[[B]])
// CHECK:         return %{{.*}}, %[[K]]
// CHECK-LABEL: func.func private @scaled_map_0(
// CHECK:         memref.load %{{.*}}[] : memref<f32>
#id = affine_map<(i) -> (i)>
func.func @scaled(%x: tensor<?xf32>, %k: f64, %n: index) -> (tensor<?xf32>, f64) {
  %c0 = arith.constant 0 : index
  %d = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%d) : tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.truncf %k : f64 to f32
    %i = arith.index_cast %n : index to i32
    %f = arith.sitofp %i : i32 to f32
    %t = arith.mulf %a, %s : f32
    %u = arith.addf %t, %f : f32
    linalg.yield %u : f32
  } -> tensor<?xf32>
  return %r, %k : tensor<?xf32>, f64
}

// -----

// Loops and branches of the host stay, around kernels of their own; a size that a loop changes is
// carried by its buffer.  A fill that leaves a block is made for it.

// CHECK-LABEL: func.func @loop(
// CHECK-SAME:    %[[X:.*]]: memref<?xf32>, %[[N:.*]]: index, %[[C:.*]]: i1
// CHECK:         %[[R:.*]] = scf.for {{.*}} to %[[N]] {{.*}} iter_args(%[[A:.*]] = %[[X]]) -> (memref<?xf32>)
// CHECK:           memref.dim %[[A]]
// CHECK:           %[[B:.*]] = memref.alloc({{.*}}) : memref<?xf32>
// CHECK:           call @loop_map_0(%[[A]], %[[B]])
// CHECK:           scf.yield %[[B]]
// CHECK:         %[[T:.*]] = scf.if %[[C]] -> (memref<?xf32>)
// CHECK:           call @loop_map_1(
// CHECK:           scf.yield
// CHECK:           scf.yield %[[R]]
// CHECK:         return %[[T]]
#id = affine_map<(i) -> (i)>
func.func @loop(%x: tensor<?xf32>, %n: index, %c: i1) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> tensor<?xf32> {
    %d = tensor.dim %a, %c0 : tensor<?xf32>
    %m = arith.addi %d, %c1 : index
    %e = tensor.empty(%m) : tensor<?xf32>
    %b = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]}
        outs(%e : tensor<?xf32>) {
    ^bb0(%o: f32):
      %j = linalg.index 0 : index
      %k = arith.minui %j, %d : index
      %l = arith.subi %k, %c1 : index
      %v = tensor.extract %a[%l] : tensor<?xf32>
      linalg.yield %v : f32
    } -> tensor<?xf32>
    scf.yield %b : tensor<?xf32>
  }
  %t = scf.if %c -> tensor<?xf32> {
    %z = arith.constant 0.0 : f32
    %e = tensor.empty(%n) : tensor<?xf32>
    %f = linalg.fill ins(%z : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %f : tensor<?xf32>
  } else {
    scf.yield %r : tensor<?xf32>
  }
  return %t : tensor<?xf32>
}

// -----

// An element that a size depends on is read between two kernels.

// CHECK-LABEL: func.func @size(
// CHECK:         call @size_reduce_0(%{{.*}}, %[[S:.*]])
// CHECK:         %[[N:.*]] = memref.load %{{.*}}[] : memref<i64>
// CHECK:         %[[I:.*]] = arith.index_cast %[[N]]
// CHECK:         memref.alloc(%[[I]])
// CHECK:         call @size_map_1(
#id = affine_map<(i) -> (i)>
#none = affine_map<(i) -> ()>
func.func @size(%x: tensor<4xi64>) -> tensor<?xf32> {
  %z = arith.constant 0 : i64
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<i64>
  %f = linalg.fill ins(%z : i64) outs(%e : tensor<i64>) -> tensor<i64>
  %s = linalg.generic {indexing_maps = [#id, #none], iterator_types = ["reduction"]}
      ins(%x : tensor<4xi64>) outs(%f : tensor<i64>) {
  ^bb0(%a: i64, %o: i64):
    %t = arith.addi %a, %o : i64
    linalg.yield %t : i64
  } -> tensor<i64>
  %n = tensor.extract %s[] : tensor<i64>
  %i = arith.index_cast %n : i64 to index
  %g = tensor.empty(%i) : tensor<?xf32>
  %r = linalg.fill ins(%one : f32) outs(%g : tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

// -----

// A variable is a buffer, kept until the next call; what is read after it was stored is what was
// stored.

// CHECK:       ml_program.global private mutable @count(dense<0> : tensor<i64>) : memref<i64>
// CHECK-LABEL: func.func @counter(
// CHECK:         %[[OLD:.*]] = ml_program.global_load @count : memref<i64>
// CHECK:         %[[NEW:.*]] = memref.alloc() : memref<i64>
// CHECK:         call @counter_map_0(
// CHECK:         ml_program.global_store @count = %[[NEW]] : memref<i64>
// CHECK-NOT:     ml_program
// CHECK:         return %[[NEW]]
ml_program.global private mutable @count(dense<0> : tensor<i64>) : tensor<i64>
func.func @counter() -> tensor<i64> {
  %one = arith.constant 1 : i64
  %old = ml_program.global_load @count : tensor<i64>
  %e = tensor.empty() : tensor<i64>
  %new = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>],
                         iterator_types = []} ins(%old : tensor<i64>) outs(%e : tensor<i64>) {
  ^bb0(%a: i64, %o: i64):
    %b = arith.addi %a, %one : i64
    linalg.yield %b : i64
  } -> tensor<i64>
  ml_program.global_store @count = %new : tensor<i64>
  %again = ml_program.global_load @count : tensor<i64>
  return %again : tensor<i64>
}

// -----

// Names that the program has are not made again, and are identifiers.

// CHECK-LABEL: func.func @one(
// CHECK:         call @one_map_0_1(
// CHECK-LABEL: func.func @one_map_0(
// CHECK:         call @one_map_0_map_0(
// CHECK-LABEL: func.func @"a b.c"(
// CHECK:         call @a_b_c_map_0(
func.func @one(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = math.exp %x : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @one_map_0(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = math.sin %x : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @"a b.c"(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = math.cos %x : tensor<3xf32>
  return %0 : tensor<3xf32>
}
