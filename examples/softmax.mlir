// The rows of a matrix of any size, each made to sum to one.
func.func @main(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %0 = claw.softmax %x {axis = 1 : i64} : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
