// Index arithmetic of a body is done in i64 where 32 bits may not hold it, and only there.
// RUN: claw-opt %s -widen-indices | FileCheck %s

#id = affine_map<(i) -> (i)>
// CHECK-LABEL: func.func @product
// CHECK: %[[I:.*]] = linalg.index 0 : index
// CHECK: %[[W:.*]] = arith.index_cast %[[I]] : index to i64
// CHECK: %[[P:.*]] = arith.muli %[[W]], %{{.*}} : i64
// CHECK: %[[Q:.*]] = arith.remui %[[P]], %{{.*}} : i64
// CHECK: arith.trunci %[[Q]] : i64 to i32
func.func @product(%x: tensor<64xi32>) -> tensor<64xi32> {
  %e = tensor.empty() : tensor<64xi32>
  %r = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]}
      outs(%e : tensor<64xi32>) {
  ^bb0(%o: i32):
    %i = linalg.index 0 : index
    %k = arith.constant 1000000007 : index
    %m = arith.constant 97 : index
    %p = arith.muli %i, %k : index
    %q = arith.remui %p, %m : index
    %s = arith.index_cast %q : index to i32
    linalg.yield %s : i32
  } -> tensor<64xi32>
  return %r : tensor<64xi32>
}

// The same with a factor that cannot leave 32 bits.
// CHECK-LABEL: func.func @small
// CHECK-NOT: i64
// CHECK: arith.muli %{{.*}} : index
// CHECK-NOT: i64
// CHECK: return
func.func @small(%x: tensor<64xi32>) -> tensor<64xi32> {
  %e = tensor.empty() : tensor<64xi32>
  %r = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]}
      outs(%e : tensor<64xi32>) {
  ^bb0(%o: i32):
    %i = linalg.index 0 : index
    %k = arith.constant 1000007 : index
    %p = arith.muli %i, %k : index
    %s = arith.index_cast %p : index to i32
    linalg.yield %s : i32
  } -> tensor<64xi32>
  return %r : tensor<64xi32>
}

// What comes from outside is computed anew there; an element's place is an index again.
// CHECK-LABEL: func.func @outside
// CHECK: %[[D:.*]] = tensor.dim
// CHECK: arith.index_cast %[[D]] : index to i64
// CHECK: %[[P:.*]] = arith.muli %{{.*}}, %{{.*}} : i64
// CHECK: linalg.generic
// CHECK: %[[S:.*]] = arith.addi %{{.*}}, %[[P]] : i64
// CHECK: %[[A:.*]] = arith.index_cast %[[S]] : i64 to index
// CHECK: tensor.extract %{{.*}}[%[[A]]]
func.func @outside(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %d = tensor.dim %x, %c0 : tensor<?xf32>
  %p = arith.muli %d, %d : index
  %e = tensor.empty(%d) : tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]}
      outs(%e : tensor<?xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %s = arith.addi %i, %p : index
    %v = tensor.extract %x[%s] : tensor<?xf32>
    linalg.yield %v : f32
  } -> tensor<?xf32>
  return %r : tensor<?xf32>
}
