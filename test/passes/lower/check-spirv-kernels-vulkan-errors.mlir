// What every device of Vulkan has is the limit of shared memory, threads and vectors.
// RUN: claw-opt %s -check-spirv-kernels=chip=spirv:vulkan -split-input-file -verify-diagnostics

gpu.module @kernels {
  // expected-error @below {{needs 65536 bytes of shared memory; vulkan has 32768 a workgroup: choose a smaller tile}}
  gpu.func @k(%x: memref<?xf32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %s = memref.alloc() : memref<16384xf32, #spirv.storage_class<Workgroup>>
    %t = gpu.thread_id x
    %v = memref.load %s[%t] : memref<16384xf32, #spirv.storage_class<Workgroup>>
    memref.store %v, %x[%t] : memref<?xf32>
    gpu.return
  }
}

// -----

gpu.module @kernels {
  // expected-error @below {{has 4096 threads; vulkan allows}}
  gpu.func @many() kernel attributes {known_block_size = array<i32: 4096, 1, 1>} {
    gpu.return
  }
}

// -----

gpu.module @kernels {
  gpu.func @length(%x: memref<?xf32, #spirv.storage_class<StorageBuffer>>, %v: vector<4xf32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    // expected-error @below {{uses vector<8xf32>; vulkan has 1-D vectors of length 1, 2, 3, 4}}
    %w = vector.shuffle %v, %v [0, 1, 2, 3, 4, 5, 6, 7] : vector<4xf32>, vector<4xf32>
    gpu.return
  }
}
