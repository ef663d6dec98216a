// What OpenCL, or the conversion, cannot take is refused at its place.
// RUN: claw-opt %s -check-spirv-kernels=chip=spirv:opencl -split-input-file -verify-diagnostics

gpu.module @kernels {
  gpu.func @type(%x: memref<?xi4>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %t = gpu.thread_id x
    // expected-error @below {{uses i4, which opencl does not have}}
    %v = memref.load %x[%t] : memref<?xi4>
    memref.store %v, %x[%t] : memref<?xi4>
    gpu.return
  }
}

// -----

gpu.module @kernels {
  gpu.func @shuffle(%x: memref<?xi32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %t = gpu.thread_id x
    %c1 = arith.constant 1 : i32
    %c32 = arith.constant 32 : i32
    // expected-error @below {{exchanges values in a warp; opencl guarantees no warps}}
    %v, %ok = gpu.shuffle xor %c1, %c1, %c32 : i32
    memref.store %v, %x[%t] : memref<?xi32>
    gpu.return
  }
}

// -----

gpu.module @kernels {
  gpu.func @length(%x: memref<?xf32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %t = gpu.thread_id x
    // expected-error @below {{uses vector<5xf32>; opencl has 1-D vectors of length 1, 2, 3, 4, 8}}
    %v = vector.load %x[%t] : memref<?xf32>, vector<5xf32>
    vector.store %v, %x[%t] : memref<?xf32>, vector<5xf32>
    gpu.return
  }
}

// -----

gpu.module @kernels {
  // expected-error @below {{has no known_block_size; expected the workgroup's threads}}
  gpu.func @threads() kernel {
    gpu.return
  }
}

// -----

// expected-error @unknown {{holds not just one gpu.module; run isolate-kernels before}}
func.func @main() {
  return
}
gpu.module @kernels {
}

// -----

gpu.module @kernels {
  // expected-error @below {{stands beside kernels; expected gpu.func operations only}}
  memref.global "private" @s : memref<4xf32, #gpu.address_space<workgroup>>
}

// -----

gpu.module @kernels {
  // expected-error @below {{has unstructured control flow; expected scf operations}}
  gpu.func @jumps() kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    cf.br ^end
  ^end:
    gpu.return
  }
}

// -----

gpu.module @kernels {
  gpu.func @transfer(%x: memref<?xf32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %c0 = arith.constant 0 : index
    %pad = arith.constant 0.0 : f32
    // expected-error @below {{has no SPIR-V lowering; lower it to extracts and inserts before}}
    %v = vector.transfer_read %x[%c0], %pad : memref<?xf32>, vector<4xf32>
    gpu.return
  }
}
