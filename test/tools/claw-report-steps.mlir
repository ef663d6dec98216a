// The report shows what the host does between kernels: reads, loops, branches, variables, checks.
// Covers: compiler/report.py.
// RUN: claw-report %s | FileCheck %s

// CHECK:      main(arg0.dim0xi64, f64, index) -> {{.*}}xi64, f64
// CHECK-NEXT:   assert cmpi.ult(arg2, arg0.dim0): more than there are
// CHECK-NEXT:   [[STATE:b[0-9]+]] = @state
// CHECK:        [[A:b[0-9]+]] = b0
// CHECK:        for [[I:v[0-9]+]] from 0 below arg2 by 1:
// CHECK-NEXT:     assert cmpi.ne({{v[0-9]+}}, 0): reads an element of a tensor that has none
// CHECK:          [[E:v[0-9]+]] = the i64 in {{b[0-9]+}}: waits for it
// CHECK-NEXT:     if cmpi.sgt([[E]], 3):
// CHECK:            main_map_{{[0-9]+}}: elementwise, vector lane
// CHECK:            [[B:b[0-9]+]] = b
// CHECK:          else:
// CHECK:            [[B]] = [[A]]
// CHECK:          [[A]] = [[B]]
// CHECK:        loop:
// CHECK-NEXT:     leave unless cmpf.olt([[V:v[0-9]+]], 100.0)
// CHECK-NEXT:     [[W:v[0-9]+]] = [[V]]
// CHECK-NEXT:     [[V]] = [[W]] * 2.0
// CHECK:        [[R:v[0-9]+]] = [[V]]
// CHECK:        @state = [[STATE]]
#id = affine_map<(i) -> (i)>
ml_program.global private mutable @state(dense<0> : tensor<2xi64>) : tensor<2xi64>
func.func @main(%x: tensor<?xi64>, %k: f64, %n: index) -> (tensor<?xi64>, f64) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %three = arith.constant 3 : i64
  %two = arith.constant 2.0 : f64
  %most = arith.constant 100.0 : f64
  %d = tensor.dim %x, %c0 : tensor<?xi64>
  %ok = arith.cmpi ult, %n, %d : index
  cf.assert %ok, "more than there are"
  %s = ml_program.global_load @state : tensor<2xi64>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> tensor<?xi64> {
    %e = tensor.extract %a[%c0] : tensor<?xi64>
    %big = arith.cmpi sgt, %e, %three : i64
    %b = scf.if %big -> tensor<?xi64> {
      %t = arith.subi %a, %a : tensor<?xi64>
      scf.yield %t : tensor<?xi64>
    } else {
      scf.yield %a : tensor<?xi64>
    }
    scf.yield %b : tensor<?xi64>
  }
  %w = scf.while (%v = %k) : (f64) -> f64 {
    %more = arith.cmpf olt, %v, %most : f64
    scf.condition(%more) %v : f64
  } do {
  ^bb0(%v: f64):
    %v2 = arith.mulf %v, %two : f64
    scf.yield %v2 : f64
  }
  ml_program.global_store @state = %s : tensor<2xi64>
  return %r, %w : tensor<?xi64>, f64
}
