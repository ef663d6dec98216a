// RUN: claw-opt %s -split-results | FileCheck %s

// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[COLUMN:.*]] = affine_map<(d0, d1) -> (d1)>

// The sums of rows are a reduction, the numbers that they add a map.

// CHECK-LABEL: func.func @sums_and_terms(
// CHECK-SAME:    %[[X:.*]]: tensor<7x33xf32>, %[[Z:.*]]: tensor<7xf32>, %[[E:.*]]: tensor<7x33xf32>
// CHECK:         %[[S:.*]] = linalg.generic {indexing_maps = [#[[ALL]], #[[ROW]]], iterator_types = ["parallel", "reduction"]} ins(%[[X]] : tensor<7x33xf32>) outs(%[[Z]] : tensor<7xf32>)
// CHECK:         %[[T:.*]] = linalg.generic {indexing_maps = [#[[ALL]], #[[ALL]]], iterator_types = ["parallel", "parallel"]} ins(%[[X]] : tensor<7x33xf32>) outs(%[[E]] : tensor<7x33xf32>)
// CHECK-NOT:       arith.addf
// CHECK:         return %[[S]], %[[T]]
func.func @sums_and_terms(%x: tensor<7x33xf32>, %z: tensor<7xf32>, %e: tensor<7x33xf32>)
    -> (tensor<7xf32>, tensor<7x33xf32>) {
  %r:2 = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<7x33xf32>) outs(%z, %e : tensor<7xf32>, tensor<7x33xf32>) {
  ^bb0(%a: f32, %o: f32, %p: f32):
    %y = math.exp %a : f32
    %s = arith.addf %o, %y : f32
    linalg.yield %s, %y : f32, f32
  } -> (tensor<7xf32>, tensor<7x33xf32>)
  return %r#0, %r#1 : tensor<7xf32>, tensor<7x33xf32>
}

// What an iteration finds in its own element is what was there before: an input to the other.

// CHECK-LABEL: func.func @sums_of_an_output(
// CHECK-SAME:    %[[X:.*]]: tensor<7x33xf32>, %[[Z:.*]]: tensor<33xf32>, %[[Y:.*]]: tensor<7x33xf32>
// CHECK:         %[[S:.*]] = linalg.generic {indexing_maps = [#[[ALL]], #[[COLUMN]]], iterator_types = ["reduction", "parallel"]} ins(%[[Y]] : tensor<7x33xf32>) outs(%[[Z]] : tensor<33xf32>)
// CHECK:         %[[T:.*]] = linalg.generic {{.*}} outs(%[[Y]] : tensor<7x33xf32>)
// CHECK:         return %[[S]], %[[T]]
func.func @sums_of_an_output(%x: tensor<7x33xf32>, %z: tensor<33xf32>, %y: tensor<7x33xf32>)
    -> (tensor<33xf32>, tensor<7x33xf32>) {
  %r:2 = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<7x33xf32>) outs(%z, %y : tensor<33xf32>, tensor<7x33xf32>) {
  ^bb0(%a: f32, %o: f32, %p: f32):
    %s = arith.addf %o, %p : f32
    linalg.yield %s, %a : f32, f32
  } -> (tensor<33xf32>, tensor<7x33xf32>)
  return %r#0, %r#1 : tensor<33xf32>, tensor<7x33xf32>
}

// A running sum takes its total on the way: both stay together; the columns go.

// CHECK-LABEL: func.func @running_sum(
// CHECK:         %[[R:.*]]:2 = linalg.generic {indexing_maps = [#[[ALL]], #[[ROW]], #[[ALL]]], iterator_types = ["parallel", "reduction"]}
// CHECK:         %[[C:.*]] = linalg.generic {indexing_maps = [#[[ALL]], #[[COLUMN]]], iterator_types = ["reduction", "parallel"]}
// CHECK:         return %[[R]]#1, %[[C]]
func.func @running_sum(%x: tensor<7x33xf32>, %z: tensor<7xf32>, %e: tensor<7x33xf32>, %c: tensor<33xf32>)
    -> (tensor<7x33xf32>, tensor<33xf32>) {
  %r:3 = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>,
                       affine_map<(i, j) -> (j)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<7x33xf32>) outs(%z, %e, %c : tensor<7xf32>, tensor<7x33xf32>, tensor<33xf32>) {
  ^bb0(%a: f32, %o: f32, %p: f32, %q: f32):
    %s = arith.addf %o, %a : f32
    %t = arith.addf %q, %a : f32
    linalg.yield %s, %s, %t : f32, f32, f32
  } -> (tensor<7xf32>, tensor<7x33xf32>, tensor<33xf32>)
  return %r#1, %r#2 : tensor<7x33xf32>, tensor<33xf32>
}

// One map for all: nothing to do.

// CHECK-LABEL: func.func @together(
// CHECK:         linalg.generic
// CHECK-NOT:     linalg.generic
func.func @together(%x: tensor<7xf32>, %z: tensor<f32>, %y: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %r:2 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>, affine_map<(i) -> ()>],
      iterator_types = ["reduction"]}
      ins(%x : tensor<7xf32>) outs(%z, %y : tensor<f32>, tensor<f32>) {
  ^bb0(%a: f32, %o: f32, %p: f32):
    %s = arith.addf %o, %a : f32
    %t = arith.maximumf %p, %a : f32
    linalg.yield %s, %t : f32, f32
  } -> (tensor<f32>, tensor<f32>)
  return %r#0, %r#1 : tensor<f32>, tensor<f32>
}
