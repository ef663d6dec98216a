// What no kernel could be called through is refused, with the remedy.
// RUN: claw-opt %s -check-entries --split-input-file --verify-diagnostics

// expected-error @unknown {{the program holds no function to compile}}

// -----

// expected-error @unknown {{the program holds no function to compile}}
func.func private @helper(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{function @main returns nothing}}
func.func @main(%x: tensor<4xf32>) {
  return
}

// -----

// expected-error @below {{argument 1 of function @main is i3; expected a ranked tensor or one of index, i1, i8}}
func.func @main(%x: tensor<4xf32>, %y: i3) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{is tensor<*xf32>; expected a ranked tensor}}
func.func @main(%x: tensor<*xf32>) -> tensor<*xf32> {
  return %x : tensor<*xf32>
}

// -----

// expected-error @below {{argument 0 of function @main has element type i3; expected one of i1, i8}}
func.func @main(%x: tensor<4xi3>) -> tensor<4xi3> {
  return %x : tensor<4xi3>
}

// -----

// expected-error @below {{more bytes than can be addressed}}
func.func @main(%x: tensor<9223372036854775807x4xf32>) -> tensor<9223372036854775807x4xf32> {
  return %x : tensor<9223372036854775807x4xf32>
}

// -----

// An argument is blamed where it stands.
func.func @main(%x: tensor<4xf32>,
    // expected-error @below {{argument 1 of function @main has element type i3}}
    %y: tensor<4xi3>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

#sparse = #sparse_tensor.encoding<{ map = (i) -> (i : compressed) }>
// expected-error @below {{expected no encoding: tensors are dense, in row-major order}}
func.func @main(%x: tensor<4xf32, #sparse>) -> tensor<4xf32, #sparse> {
  return %x : tensor<4xf32, #sparse>
}

// -----

// A function that is fine says nothing.
func.func @main(%x: tensor<0x?xi1>, %k: f64, %n: index) -> (tensor<0x?xi1>, f64) {
  return %x, %k : tensor<0x?xi1>, f64
}
