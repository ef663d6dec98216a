module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<5x8xf32>) -> (tensor<5xf32> {jax.result_info = "result"}) {
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.maximum across dimensions = [1] : (tensor<5x8xf32>, tensor<f32>) -> tensor<5xf32>
    %cst_0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<5xf32>
    %2 = stablehlo.maximum %1, %0 : tensor<5xf32>
    %3 = stablehlo.is_finite %2 : (tensor<5xf32>) -> tensor<5xi1>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<5xf32>
    %5 = stablehlo.select %3, %2, %4 : tensor<5xi1>, tensor<5xf32>
    %6 = stablehlo.broadcast_in_dim %5, dims = [0] : (tensor<5xf32>) -> tensor<5x1xf32>
    %7 = stablehlo.broadcast_in_dim %6, dims = [0, 1] : (tensor<5x1xf32>) -> tensor<5x8xf32>
    %8 = stablehlo.subtract %arg0, %7 : tensor<5x8xf32>
    %9 = stablehlo.exponential %8 : tensor<5x8xf32>
    %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %10 = stablehlo.reduce(%9 init: %cst_2) applies stablehlo.add across dimensions = [1] : (tensor<5x8xf32>, tensor<f32>) -> tensor<5xf32>
    %11 = stablehlo.abs %10 : tensor<5xf32>
    %12 = stablehlo.log %11 : tensor<5xf32>
    %13 = stablehlo.add %12, %5 : tensor<5xf32>
    return %13 : tensor<5xf32>
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
