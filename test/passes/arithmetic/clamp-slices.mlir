// An offset that is a value is kept in range; one of sizes alone, or a constant, is left alone.
// RUN: claw-opt %s -clamp-slices | FileCheck %s

// CHECK-LABEL: func.func @scalar
// CHECK-SAME: (%[[X:.*]]: tensor<?xf32>, %[[O:.*]]: index)
// CHECK: %[[D:.*]] = tensor.dim %[[X]], %{{.*}}
// CHECK: %[[LAST:.*]] = arith.subi %[[D]], %{{.*}} : index
// CHECK: %[[FITS:.*]] = arith.cmpi sge, %[[LAST]], %{{.*}} : index
// CHECK: cf.assert %[[FITS]], "takes a slice that is larger than its tensor"
// CHECK: %[[A:.*]] = arith.maxsi %[[O]], %{{.*}} : index
// CHECK: %[[B:.*]] = arith.minsi %[[A]], %[[LAST]] : index
// CHECK: tensor.extract_slice %[[X]][%[[B]]] [3] [2]
func.func @scalar(%x: tensor<?xf32>, %o: index) -> tensor<3xf32> {
  %s = tensor.extract_slice %x[%o] [3] [2] : tensor<?xf32> to tensor<3xf32>
  return %s : tensor<3xf32>
}

// CHECK-LABEL: func.func @sizes
// CHECK-NOT: arith.maxsi
// CHECK: return
func.func @sizes(%x: tensor<?xf32>, %y: tensor<8xf32>) -> (tensor<3xf32>, tensor<2xf32>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %d = tensor.dim %x, %c0 : tensor<?xf32>
  %o = arith.subi %d, %c3 : index
  %s = tensor.extract_slice %x[%o] [3] [1] : tensor<?xf32> to tensor<3xf32>
  %t = tensor.extract_slice %y[6] [2] [1] : tensor<8xf32> to tensor<2xf32>
  return %s, %t : tensor<3xf32>, tensor<2xf32>
}
