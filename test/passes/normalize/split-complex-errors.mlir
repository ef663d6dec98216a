// What has no parts is named, with what to do.
// RUN: not claw-opt %s -split-complex -split-input-file 2>&1 | FileCheck %s

// CHECK: error: {{.*}}takes or gives complex numbers, which only operations of complex, arith.select and moves of tensors do; take their parts (complex.re, complex.im) before
func.func @gather(%x: tensor<4xcomplex<f32>>, %at: tensor<2x1xindex>) -> tensor<2x1xcomplex<f32>> {
  %r = tensor.gather %x[%at] gather_dims([0])
    : (tensor<4xcomplex<f32>>, tensor<2x1xindex>) -> tensor<2x1xcomplex<f32>>
  return %r : tensor<2x1xcomplex<f32>>
}
