func.func @main(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = claw.softmax %x {axis = 1 : i64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}
