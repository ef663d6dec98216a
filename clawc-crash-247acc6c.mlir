module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<5x8xf32>) -> (tensor<5x5xbf16> {jax.result_info = "result"}) {
    %0 = stablehlo.convert %arg0 : (tensor<5x8xf32>) -> tensor<5x8xbf16>
    %1 = stablehlo.transpose %arg0, dims = [1, 0] : (tensor<5x8xf32>) -> tensor<8x5xf32>
    %2 = stablehlo.convert %1 : (tensor<8x5xf32>) -> tensor<8x5xbf16>
    %3 = stablehlo.dot_general %0, %2, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<5x8xbf16>, tensor<8x5xbf16>) -> tensor<5x5xbf16>
    return %3 : tensor<5x5xbf16>
  }
}

// The command:
// j.py
// What was asked for:
// targets = ('host:native',)
// options = Options(schedules='', opt_level=3, debug=False, explain=False, unchecked_indices=False, verify_levels=False)
// Versions:
// Python 3.11.7
// machine Linux-6.18.44-fc-v657-x86_64-with-glibc2.36
// clawc 0.1.0
// xtc-mlir-python-bindings 22.1.8.4
// llvmlite 0.50.0
// What the compiler said:
// /tmp/w/jaxvenv/bin/python: Error while finding module specification for 'clawc.compiler.worker_loop' (ModuleNotFoundError: No module named 'clawc')
