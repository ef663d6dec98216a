// RUN: claw-opt %s -claw-to-linalg | FileCheck %s

// Arithmetic on bf16 is done in f32, and rounded once.
// CHECK-LABEL: func.func @sigmoid
// CHECK: %[[X:.*]] = arith.extf {{.*}} : bf16 to f32
// CHECK: %[[N:.*]] = arith.negf %[[X]] : f32
// CHECK: %[[E:.*]] = math.exp %[[N]] : f32
// CHECK: arith.addf %[[E]]
// CHECK: arith.divf
// CHECK: arith.truncf {{.*}} : f32 to bf16
func.func @sigmoid(%x: tensor<4x?xbf16>) -> tensor<4x?xbf16> {
  %0 = claw.unary %x {kind = "sigmoid"} : (tensor<4x?xbf16>) -> tensor<4x?xbf16>
  return %0 : tensor<4x?xbf16>
}

// CHECK-LABEL: func.func @max_propagates_nan
// CHECK: arith.maximumf
func.func @max_propagates_nan(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = claw.binary %x, %y {kind = "max"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// Integer division traps neither for zero nor for the least integer by -1.
// CHECK-LABEL: func.func @division
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : i32
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : i32
// CHECK: %[[BAD:.*]] = arith.ori
// CHECK: %[[SAFE:.*]] = arith.select %[[BAD]], %[[ONE]], %{{.*}}
// CHECK: arith.divsi %{{.*}}, %[[SAFE]]
func.func @division(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %0 = claw.binary %x, %y {kind = "div"} : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// CHECK-LABEL: func.func @casts
// CHECK: arith.cmpf une
// CHECK: arith.uitofp {{.*}} : i1 to f16
// CHECK: arith.extf {{.*}} : f16 to f32
// CHECK: arith.fptosi {{.*}} : f32 to i8
func.func @casts(%x: tensor<4xf32>) -> tensor<4xi8> {
  %0 = claw.cast %x : (tensor<4xf32>) -> tensor<4xi1>
  %1 = claw.cast %0 : (tensor<4xi1>) -> tensor<4xf16>
  %2 = claw.cast %1 : (tensor<4xf16>) -> tensor<4xi8>
  return %2 : tensor<4xi8>
}
