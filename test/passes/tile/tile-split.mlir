// RUN: claw-opt %s --pass-pipeline='tile{chip=nvptx:sm_80}' | FileCheck %s

#n = affine_map<(n) -> (n)>
#none = affine_map<(n) -> ()>
#scalar = affine_map<() -> ()>

// A sum that its schedule splits: the first kernel sums up parts of 4096 elements, wide, and the
// second the parts, with what plain additions would round off, and then onto where the old sum
// began; what followed it follows there.
// CHECK-LABEL: func.func @main
// CHECK-DAG:     %[[N:.*]] = memref.dim %arg0
// CHECK-DAG:     %[[C:.*]] = arith.ceildivsi %[[N]], %c4096
// CHECK:         %[[P:.*]] = memref.alloc(%[[C]]) : memref<?xf32>
// CHECK-NEXT:    call @sum_parts_0(%arg0, %[[P]])
// CHECK-NEXT:    call @sum(%[[P]], %arg1)
func.func @main(%x: memref<?xf16>, %o: memref<f16>) {
  call @sum(%x, %o) : (memref<?xf16>, memref<f16>) -> ()
  return
}

// CHECK-LABEL: func.func private @sum_parts_0(%arg0: memref<?xf16>, %arg1: memref<?xf32>)
// CHECK-SAME:    claw.schedule = {split = 4096 : i64, tile = [256], warps = 4 : i64}
// CHECK:         %[[ALL:.*]] = memref.dim %arg0
// CHECK:         scf.forall (%[[B:.*]]) = (0) to (%[[ALL]]) step (4096) shared_outs(%[[O:.*]] = %{{.*}}) -> (tensor<?xf32>)
// CHECK-DAG:       %[[I:.*]] = arith.divui %[[B]], %c4096
// CHECK-DAG:       %[[END:.*]] = arith.addi %[[B]], %c4096
// CHECK-DAG:       %[[MOST:.*]] = arith.minui %[[END]], %[[ALL]]
// CHECK:           %[[S:.*]] = scf.for %{{.*}} = %[[B]] to %[[MOST]] step %c256
// CHECK:             arith.extf
// CHECK:             arith.addf %{{.*}} : f32
// CHECK-NOT:         arith.truncf
// CHECK:           tensor.parallel_insert_slice %[[S]] into %[[O]][%[[I]]] [1] [1] : tensor<f32> into tensor<?xf32>
// CHECK-LABEL: func.func private @sum(%arg0: memref<?xf32>, %arg1: memref<f16>)
// CHECK:         %[[ONE:.*]] = arith.constant 1.0{{.*}} : f16
// CHECK:         ^bb0(%[[PART:.*]]: f32, %[[ACC:.*]]: f32)
// CHECK:           %[[SIZE:.*]] = math.absf %[[PART]]
// CHECK:           arith.addf %[[ACC]], %[[SIZE]]
// CHECK:         ^bb0(%[[PART:[^:]*]]: f32, %[[BOUND:[^:]*]]: f32, %[[ACC:[^:]*]]: f32)
// CHECK:           %[[S:.*]] = arith.mulf %[[BOUND]], %{{.*}} : f32
// CHECK:           %[[FINITE:.*]] = arith.cmpf olt, %[[S]]
// CHECK:           %[[UP:.*]] = arith.addf %[[PART]], %[[S]] : f32
// CHECK:           %[[LARGE:.*]] = arith.subf %[[UP]], %[[S]] : f32
// CHECK:           %[[KEPT:.*]] = arith.select %[[FINITE]], %[[LARGE]], %[[PART]]
// CHECK:           arith.addf %[[ACC]], %[[KEPT]] : f32
// CHECK:         ^bb0(%[[PART:[^:]*]]: f32, %{{.*}}: f32, %[[ACC:[^:]*]]: f32)
// CHECK:           %[[CUT:.*]] = arith.cmpf one, %[[KEPT:.*]], %[[PART]]
// CHECK:           %[[OFF:.*]] = arith.subf %[[PART]], %[[KEPT]]
// CHECK:           %[[REST:.*]] = arith.select %[[CUT]], %[[OFF]]
// CHECK:           arith.addf %[[ACC]], %[[REST]] : f32
// CHECK:         linalg.fill {{.*}} ins(%[[ONE]] : f16)
// CHECK:         ^bb0(%[[LARGE:[^:]*]]: f32, %[[REST:[^:]*]]: f32, %[[ACC:[^:]*]]: f16, %{{.*}}: f16)
// CHECK:           %[[PART:.*]] = arith.addf %[[LARGE]], %[[REST]] : f32
// CHECK:           %[[W:.*]] = arith.extf %[[ACC]]
// CHECK:           %[[A:.*]] = arith.addf %[[W]], %[[PART]] : f32
// CHECK:           arith.truncf %[[A]]
// CHECK:           math.sqrt
func.func private @sum(%xm: memref<?xf16>, %om: memref<f16>) attributes {
    claw.kernel, claw.lane = "vector", claw.kind = "reduction",
    claw.schedule = {tile = [256], warps = 4 : i64, split = 4096 : i64}} {
  %x = bufferization.to_tensor %xm restrict : memref<?xf16> to tensor<?xf16>
  %one = arith.constant 1.0 : f16
  %e = tensor.empty() : tensor<f16>
  %f = linalg.fill ins(%one : f16) outs(%e : tensor<f16>) -> tensor<f16>
  %s = linalg.generic {indexing_maps = [#n, #none], iterator_types = ["reduction"]}
      ins(%x : tensor<?xf16>) outs(%f : tensor<f16>) {
  ^bb0(%u: f16, %acc: f16):
    %a = arith.extf %u : f16 to f32
    %b = arith.extf %acc : f16 to f32
    %t = arith.addf %b, %a : f32
    %r = arith.truncf %t : f32 to f16
    linalg.yield %r : f16
  } -> tensor<f16>
  %q = linalg.generic {indexing_maps = [#scalar, #scalar], iterator_types = []}
      ins(%s : tensor<f16>) outs(%e : tensor<f16>) {
  ^bb0(%u: f16, %_: f16):
    %t = math.sqrt %u : f16
    linalg.yield %t : f16
  } -> tensor<f16>
  bufferization.materialize_in_destination %q in restrict writable %om : (tensor<f16>, memref<f16>) -> ()
  return
}
