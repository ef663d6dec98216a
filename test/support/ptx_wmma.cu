// Products by nvcuda::wmma, whose fragments are worked on element by element.
#include <mma.h>

using namespace nvcuda;
namespace experimental = wmma::experimental;

// c = max(alpha a b + beta c, 0), tile by tile, a warp a tile; sizes are multiples of 16.
extern "C" __global__ void scaled(const half *a, const half *b, float *c, int n, int k, float alpha,
                                  float beta) {
  int tile = (blockIdx.x * blockDim.x + threadIdx.x) / 32, row = tile / (n / 16) * 16,
      column = tile % (n / 16) * 16;
  wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> left;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::col_major> right;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum, old;
  wmma::fill_fragment(sum, 0.0f);
  for (int i = 0; i < k; i += 16) {
    wmma::load_matrix_sync(left, a + row * k + i, k);
    wmma::load_matrix_sync(right, b + column * k + i, k);
    wmma::mma_sync(sum, left, right, sum);
  }
  wmma::load_matrix_sync(old, c + row * n + column, n, wmma::mem_row_major);
  for (int i = 0; i < sum.num_elements; ++i)
    old.x[i] = fmaxf(alpha * sum.x[i] + beta * old.x[i], 0.0f);
  wmma::store_matrix_sync(c + row * n + column, old, n, wmma::mem_row_major);
}

// Sums in f32 are stored as halves, added to a matrix of halves; A is doubled first.
extern "C" __global__ void converted(const half *a, const half *b, half *c) {
  wmma::fragment<wmma::matrix_a, 32, 8, 16, half, wmma::col_major> left;
  wmma::fragment<wmma::matrix_b, 32, 8, 16, half, wmma::row_major> right;
  wmma::fragment<wmma::accumulator, 32, 8, 16, float> sum;
  wmma::fragment<wmma::accumulator, 32, 8, 16, half> result;
  wmma::load_matrix_sync(left, a, 32);
  wmma::load_matrix_sync(right, b, 8);
  wmma::load_matrix_sync(result, c, 32, wmma::mem_col_major);
  wmma::fill_fragment(sum, 0.5f);
  for (int i = 0; i < left.num_elements; ++i) left.x[i] = left.x[i] * __float2half(2.0f);
  wmma::mma_sync(sum, left, right, sum);
  for (int i = 0; i < sum.num_elements; ++i) result.x[i] = result.x[i] + __float2half(sum.x[i]);
  wmma::store_matrix_sync(c, result, 32, wmma::mem_col_major);
}

extern "C" __global__ void shared_bytes(const signed char *a, const signed char *b, int *c) {
  __shared__ signed char tile[512];
  __shared__ int sums[256];
  for (int i = threadIdx.x; i < 512; i += blockDim.x) tile[i] = a[i];
  __syncthreads();
  if (threadIdx.x < 32) {
    wmma::fragment<wmma::matrix_a, 32, 8, 16, signed char, wmma::col_major> left;
    wmma::fragment<wmma::matrix_b, 32, 8, 16, signed char, wmma::row_major> right;
    wmma::fragment<wmma::accumulator, 32, 8, 16, int> sum;
    wmma::fill_fragment(sum, 1);
    wmma::load_matrix_sync(left, tile, 32);
    wmma::load_matrix_sync(right, b, 8);
    wmma::mma_sync(sum, left, right, sum);
    wmma::store_matrix_sync(sums, sum, 8, wmma::mem_row_major);
  }
#ifndef WITHOUT_BARRIER
  __syncthreads();
#endif
  for (int i = threadIdx.x; i < 256; i += blockDim.x) c[i] = sums[i];
}

extern "C" __global__ void bits(const unsigned *a, const unsigned *b, int *c) {
  wmma::fragment<wmma::matrix_a, 8, 8, 128, experimental::precision::b1, wmma::row_major> left;
  wmma::fragment<wmma::matrix_b, 8, 8, 128, experimental::precision::b1, wmma::col_major> right;
  wmma::fragment<wmma::accumulator, 8, 8, 128, int> sum;
  wmma::fill_fragment(sum, 0);
  wmma::load_matrix_sync(left, a, 128);
  wmma::load_matrix_sync(right, b, 128);
  wmma::bmma_sync(sum, left, right, sum);
  for (int i = 0; i < sum.num_elements; ++i) sum.x[i] *= 1000;
  wmma::bmma_sync(sum, left, right, sum, experimental::bmmaBitOpAND);
  wmma::store_matrix_sync(c, sum, 8, wmma::mem_row_major);
}

extern "C" __global__ void nibbles(const unsigned *a, const unsigned *b, int *c) {
  wmma::fragment<wmma::matrix_a, 8, 8, 32, experimental::precision::s4, wmma::row_major> left;
  wmma::fragment<wmma::matrix_b, 8, 8, 32, experimental::precision::s4, wmma::col_major> right;
  wmma::fragment<wmma::accumulator, 8, 8, 32, int> sum;
  wmma::fill_fragment(sum, 0);
  wmma::load_matrix_sync(left, a, 32);
  wmma::load_matrix_sync(right, b, 32);
  wmma::mma_sync(sum, left, right, sum);
  wmma::store_matrix_sync(c, sum, 8, wmma::mem_row_major);
}

extern "C" __global__ void floats(const float *a, const float *b, float *c) {
  wmma::fragment<wmma::matrix_a, 16, 16, 8, wmma::precision::tf32, wmma::row_major> left;
  wmma::fragment<wmma::matrix_b, 16, 16, 8, wmma::precision::tf32, wmma::row_major> right;
  wmma::fragment<wmma::accumulator, 16, 16, 8, float> sum;
  wmma::load_matrix_sync(left, a, 8);
  wmma::load_matrix_sync(right, b, 16);
  for (int i = 0; i < left.num_elements; ++i) left.x[i] = wmma::__float_to_tf32(left.x[i]);
  for (int i = 0; i < right.num_elements; ++i) right.x[i] = wmma::__float_to_tf32(right.x[i]);
  wmma::fill_fragment(sum, 0);
  wmma::mma_sync(sum, left, right, sum);
  wmma::store_matrix_sync(c, sum, 16, wmma::mem_row_major);
}

extern "C" __global__ void doubles(const double *a, const double *b, double *c) {
  wmma::fragment<wmma::matrix_a, 8, 8, 4, double, wmma::row_major> left;
  wmma::fragment<wmma::matrix_b, 8, 8, 4, double, wmma::col_major> right;
  wmma::fragment<wmma::accumulator, 8, 8, 4, double> sum;
  wmma::load_matrix_sync(left, a, 4);
  wmma::load_matrix_sync(right, b, 4);
  wmma::fill_fragment(sum, 0);
  wmma::mma_sync(sum, left, right, sum);
  wmma::store_matrix_sync(c, sum, 8, wmma::mem_row_major);
}

extern "C" __global__ void brains(const __nv_bfloat16 *a, const __nv_bfloat16 *b, float *c) {
  wmma::fragment<wmma::matrix_a, 8, 32, 16, __nv_bfloat16, wmma::row_major> left;
  wmma::fragment<wmma::matrix_b, 8, 32, 16, __nv_bfloat16, wmma::row_major> right;
  wmma::fragment<wmma::accumulator, 8, 32, 16, float> sum;
  wmma::load_matrix_sync(left, a, 16);
  wmma::load_matrix_sync(right, b, 32);
  wmma::fill_fragment(sum, 0);
  wmma::mma_sync(sum, left, right, sum);
  wmma::store_matrix_sync(c, sum, 32, wmma::mem_row_major);
}
