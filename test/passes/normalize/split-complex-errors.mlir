// What has no parts is named, with what to do.
// RUN: not claw-opt %s -split-complex -split-input-file 2>&1 | FileCheck %s

// CHECK: error: {{.*}}takes or gives complex numbers, which only operations of complex, arith.select and moves of tensors do; take their parts (complex.re, complex.im) before
func.func @loop(%x: tensor<4xcomplex<f32>>, %n: index) -> tensor<4xcomplex<f32>> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %z = complex.constant [0.0 : f32, 1.0 : f32] : complex<f32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (tensor<4xcomplex<f32>>) {
    %b = tensor.insert %z into %a[%c0] : tensor<4xcomplex<f32>>
    scf.yield %b : tensor<4xcomplex<f32>>
  }
  return %r : tensor<4xcomplex<f32>>
}
