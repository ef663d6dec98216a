module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<5x8xf32>) -> (tensor<5x8xf32> {jax.result_info = "result"}) {
    %0 = stablehlo.slice %arg0 [0:1, 0:1] : (tensor<5x8xf32>) -> tensor<1x1xf32>
    %1 = stablehlo.reshape %0 : (tensor<1x1xf32>) -> tensor<f32>
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %2 = stablehlo.compare GT, %1, %cst, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %3 = stablehlo.convert %2 : (tensor<i1>) -> tensor<i32>
    %4 = "stablehlo.case"(%3) ({
      %cst_0 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
      %5 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<5x8xf32>
      %6 = stablehlo.subtract %arg0, %5 : tensor<5x8xf32>
      stablehlo.return %6 : tensor<5x8xf32>
    }, {
      %cst_0 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
      %5 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<5x8xf32>
      %6 = stablehlo.add %arg0, %5 : tensor<5x8xf32>
      stablehlo.return %6 : tensor<5x8xf32>
    }) : (tensor<i32>) -> tensor<5x8xf32>
    return %4 : tensor<5x8xf32>
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
