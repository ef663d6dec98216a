// What torch-mlir's linalg-on-tensors output looks like for
//   torch.nn.Sequential(Linear(32, 64), ReLU(), Linear(64, 10), Softmax(dim=1))
// on a batch of any size, with the weights as arguments; clawc takes it unchanged.
#map = affine_map<(d0, d1) -> (d0, d1)>
#map1 = affine_map<(d0, d1) -> (d1)>
#map2 = affine_map<(d0, d1) -> (d0, 0)>
module attributes {torch.debug_module_name = "Sequential"} {
  ml_program.global private mutable @global_seed(dense<0> : tensor<i64>) : tensor<i64>
  func.func @forward(%arg0: tensor<?x32xf32>, %arg1: tensor<64x32xf32>, %arg2: tensor<64xf32>, %arg3: tensor<10x64xf32>, %arg4: tensor<10xf32>) -> tensor<?x10xf32> {
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 0xFF800000 : f32
    %c0_i64 = arith.constant 0 : i64
    %c0 = arith.constant 0 : index
    %dim = tensor.dim %arg0, %c0 : tensor<?x32xf32>
    %0 = tensor.empty() : tensor<32x64xf32>
    %transposed = linalg.transpose ins(%arg1 : tensor<64x32xf32>) outs(%0 : tensor<32x64xf32>) permutation = [1, 0]
    %1 = tensor.empty(%dim) : tensor<?x64xf32>
    %2 = linalg.fill ins(%cst : f32) outs(%1 : tensor<?x64xf32>) -> tensor<?x64xf32>
    %3 = linalg.matmul ins(%arg0, %transposed : tensor<?x32xf32>, tensor<32x64xf32>) outs(%2 : tensor<?x64xf32>) -> tensor<?x64xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%3, %arg2 : tensor<?x64xf32>, tensor<64xf32>) outs(%1 : tensor<?x64xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %17 = arith.addf %in, %in_1 : f32
      linalg.yield %17 : f32
    } -> tensor<?x64xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%4 : tensor<?x64xf32>) outs(%1 : tensor<?x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.cmpf ugt, %in, %cst : f32
      %18 = arith.select %17, %in, %cst : f32
      linalg.yield %18 : f32
    } -> tensor<?x64xf32>
    %6 = tensor.empty() : tensor<64x10xf32>
    %transposed_1 = linalg.transpose ins(%arg3 : tensor<10x64xf32>) outs(%6 : tensor<64x10xf32>) permutation = [1, 0]
    %7 = tensor.empty(%dim) : tensor<?x10xf32>
    %8 = linalg.fill ins(%cst : f32) outs(%7 : tensor<?x10xf32>) -> tensor<?x10xf32>
    %9 = linalg.matmul ins(%5, %transposed_1 : tensor<?x64xf32>, tensor<64x10xf32>) outs(%8 : tensor<?x10xf32>) -> tensor<?x10xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%9, %arg4 : tensor<?x10xf32>, tensor<10xf32>) outs(%7 : tensor<?x10xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %17 = arith.addf %in, %in_1 : f32
      linalg.yield %17 : f32
    } -> tensor<?x10xf32>
    %11 = tensor.empty(%dim) : tensor<?x1xi64>
    %12 = linalg.fill ins(%c0_i64 : i64) outs(%11 : tensor<?x1xi64>) -> tensor<?x1xi64>
    %13 = tensor.empty(%dim) : tensor<?x1xf32>
    %14 = linalg.fill ins(%cst_0 : f32) outs(%13 : tensor<?x1xf32>) -> tensor<?x1xf32>
    %15:2 = linalg.generic {indexing_maps = [#map, #map2, #map2], iterator_types = ["parallel", "reduction"]} ins(%10 : tensor<?x10xf32>) outs(%14, %12 : tensor<?x1xf32>, tensor<?x1xi64>) {
    ^bb0(%in: f32, %out: f32, %out_2: i64):
      %17 = linalg.index 1 : index
      %18 = arith.index_cast %17 : index to i64
      %19 = arith.maximumf %in, %out : f32
      %20 = arith.cmpf ogt, %in, %out : f32
      %21 = arith.select %20, %18, %out_2 : i64
      linalg.yield %19, %21 : f32, i64
    } -> (tensor<?x1xf32>, tensor<?x1xi64>)
    %16 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel"]} ins(%10, %15#0 : tensor<?x10xf32>, tensor<?x1xf32>) outs(%7 : tensor<?x10xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %17 = arith.subf %in, %in_2 : f32
      linalg.yield %17 : f32
    } -> tensor<?x10xf32>
    %22 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%16 : tensor<?x10xf32>) outs(%7 : tensor<?x10xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = math.exp %in : f32
      linalg.yield %17 : f32
    } -> tensor<?x10xf32>
    %23 = linalg.fill ins(%cst : f32) outs(%13 : tensor<?x1xf32>) -> tensor<?x1xf32>
    %24 = linalg.generic {indexing_maps = [#map, #map2], iterator_types = ["parallel", "reduction"]} ins(%22 : tensor<?x10xf32>) outs(%23 : tensor<?x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.addf %in, %out : f32
      linalg.yield %17 : f32
    } -> tensor<?x1xf32>
    %25 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel"]} ins(%22, %24 : tensor<?x10xf32>, tensor<?x1xf32>) outs(%7 : tensor<?x10xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %17 = arith.divf %in, %in_2 : f32
      linalg.yield %17 : f32
    } -> tensor<?x10xf32>
    return %25 : tensor<?x10xf32>
  }
}
