// RUN: claw-opt %s --verify-diagnostics --split-input-file

func.func @no_dialect() {
  // expected-error @below {{"claw" is no operation name; expected "dialect.operation"}}
  "claw"() : () -> ()
  return
}

// -----

// expected-error @below {{array<index: ...> is no MLIR attribute; write array<i64: ...>}}
func.func @index_array() attributes {sizes = array<index: 1>} {
  return
}

// -----

func.func @iterators(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{iterator_types must be strings, such as "parallel" or "reduction"}}
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = [1]}
      ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
