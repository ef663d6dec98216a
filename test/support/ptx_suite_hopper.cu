// Kernels for sm_90 that nvcc compiles to PTX for the emulator: see test_ptx_nvcc_hopper.py.
#include <cooperative_groups.h>
#include <cuda/barrier>
#include <cuda/ptx>

namespace cg = cooperative_groups;
namespace ptx = cuda::ptx;

// A histogram whose bins are spread over the shared memory of a cluster of workgroups.
extern "C" __global__ void __cluster_dims__(2) histogram(const int *x, int *bins, int n) {
  __shared__ int own[64];
  cg::cluster_group cluster = cg::this_cluster();
  for (int i = threadIdx.x; i < 64; i += blockDim.x) own[i] = 0;
  cluster.sync();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    int *theirs = cluster.map_shared_rank(own, x[i] / 64);
    atomicAdd(theirs + x[i] % 64, 1);
  }
  cluster.sync();
  for (int i = threadIdx.x; i < 64; i += blockDim.x) atomicAdd(bins + cluster.block_rank() * 64 + i, own[i]);
}

// Each workgroup writes what the next one of its cluster holds.
extern "C" __global__ void __cluster_dims__(4) turned(const float *x, float *y) {
  __shared__ float own[32];
  cg::cluster_group cluster = cg::this_cluster();
  own[threadIdx.x] = x[blockIdx.x * 32 + threadIdx.x];
  cluster.sync();
  const float *theirs = cluster.map_shared_rank(own, (cluster.block_rank() + 1) % 4);
  y[blockIdx.x * 32 + threadIdx.x] = theirs[31 - threadIdx.x];
  cluster.sync();
}

// Rows of 64 words come in by a copy in bulk, and go out by another, doubled.
extern "C" __global__ void doubled(const int *x, int *y, int rows) {
  using barrier = cuda::barrier<cuda::thread_scope_block>;
  __shared__ alignas(16) int row[64];
#pragma nv_diag_suppress static_var_with_dynamic_init
  __shared__ barrier ready;
  if (threadIdx.x == 0) {
    init(&ready, blockDim.x);
    ptx::fence_proxy_async(ptx::space_shared);
  }
  __syncthreads();
  for (int i = blockIdx.x; i < rows; i += gridDim.x) {
    barrier::arrival_token token;
    if (threadIdx.x == 0) {
      cuda::device::memcpy_async_tx(row, x + i * 64, cuda::aligned_size_t<16>(sizeof(row)), ready);
      token = cuda::device::barrier_arrive_tx(ready, 1, sizeof(row));
    } else {
      token = ready.arrive();
    }
    ready.wait(std::move(token));
    for (int j = threadIdx.x; j < 64; j += blockDim.x) row[j] *= 2;
    ptx::fence_proxy_async(ptx::space_shared);
    __syncthreads();
    if (threadIdx.x == 0) {
      ptx::cp_async_bulk(ptx::space_global, ptx::space_shared, y + i * 64, row, sizeof(row));
      ptx::cp_async_bulk_commit_group();
      ptx::cp_async_bulk_wait_group_read(ptx::n32_t<0>());
    }
    __syncthreads();
  }
  if (threadIdx.x == 0) ptx::cp_async_bulk_wait_group(ptx::n32_t<0>());
}
