// Kernels that another compiler turns into PTX, for the emulator: see test_ptx_nvcc.py.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

__constant__ float table[8] = {1, 2, 3, 4, 5, 6, 7, 8};
extern __shared__ float dynamic[];

extern "C" {

__device__ __noinline__ float weighted(float a, int n) {
  float total = 0;
  for (int i = 0; i < n; i++) total += a * i;
  return total;
}

__global__ void calls(const float *x, float *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = weighted(x[i], i & 7);
}

__global__ void switches(const int *x, float *y) {
  int i = threadIdx.x;
  float r;
  switch (x[i]) {
    case 0: r = 1.5f; break;
    case 1: r = table[i & 7]; break;
    case 2: r = table[3] * 2; break;
    case 3: r = -1; break;
    case 4: r = table[x[i + 1] & 7]; break;
    case 5: r = table[1] + 9; break;
    case 6: r = 42; break;
    default: r = 7;
  }
  y[i] = r;
}

__global__ void halves(const __half2 *a, const __half2 *b, __half2 *o, const __nv_bfloat162 *c,
                       __nv_bfloat162 *p, int n) {
  int i = threadIdx.x;
  if (i >= n) return;
  o[i] = __hfma2(a[i], b[i], __hmax2(a[i], b[i]));
  p[i] = __hadd2(c[i], __hmul2(c[i], c[i]));
}

__global__ void conversions(const float *x, __half *h, __nv_bfloat16 *b, int *i0, unsigned *u0,
                            signed char *c0, long long *l0, int n) {
  int i = threadIdx.x;
  if (i >= n) return;
  float v = x[i];
  h[i] = __float2half_rn(v);
  b[i] = __float2bfloat16(v);
  i0[i] = __float2int_rn(v);
  u0[i] = __float2uint_rz(v);
  c0[i] = (signed char)__float2int_rd(v);
  l0[i] = __float2ll_ru(v);
}

__global__ void warps(const int *x, int *o) {
  int i = threadIdx.x;
  int v = x[i];
  o[i] = __shfl_up_sync(~0u, v, 3);
  o[i + 64] = __shfl_down_sync(~0u, v, 5, 16);
  o[i + 128] = __shfl_sync(~0u, v, i & 7, 8);
  o[i + 192] = __ballot_sync(~0u, v & 1);
  o[i + 256] = __any_sync(~0u, v > 90) + 2 * __all_sync(~0u, v >= 0);
  o[i + 320] = __reduce_add_sync(~0u, v);
  o[i + 384] = __reduce_max_sync(~0u, v);
  if (i & 1)
    o[i + 448] = __activemask();
  else
    o[i + 448] = __popc(__ballot_sync(0x55555555, v & 2));
  o[i + 512] = __match_any_sync(~0u, v & 3);
}

__global__ void atomics(float *f, int *m, unsigned long long *u, const float *x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  atomicAdd(f, x[i]);
  atomicMax(m, (int)(x[i] * 100));
  atomicAdd(u, (unsigned long long)i);
  atomicCAS(m + 1, 0, i + 1);
  atomicExch(m + 2, 5);
}

__global__ void prefix_sum(const float *x, float *y, int n) {
  int t = threadIdx.x;
  dynamic[t] = x[t];
  __syncthreads();
  float total = 0;
  for (int j = 0; j <= t; j++) total += dynamic[j];
  y[t] = total;
}

__global__ void local_array(const float *x, float *y, int k) {
  float a[16];
  int t = threadIdx.x;
  for (int i = 0; i < 16; i++) a[i] = x[t * 16 + i];
  for (int i = 0; i < 16; i++) {
    int j = (i * k) & 15;
    float held = a[i];
    a[i] = a[j];
    a[j] = held;
  }
  for (int i = 0; i < 16; i++) y[t * 16 + i] = a[i];
}

__global__ void forgets_barrier(const float *x, float *y) {
  __shared__ float s[256];
  int t = threadIdx.x;
  s[t] = x[t];
  y[t] = s[255 - t];
}

__global__ void tree_sum(const float *x, float *y) {
  __shared__ float s[256];
  int t = threadIdx.x;
  s[t] = x[blockIdx.x * 256 + t];
  __syncthreads();
  for (int step = 128; step > 16; step /= 2) {
    if (t < step) s[t] += s[t + step];
    __syncthreads();
  }
  if (t < 32) {
    for (int step = 16; step > 0; step /= 2) {
      float other = s[t + step];
      __syncwarp();
      s[t] += other;
      __syncwarp();
    }
  }
  if (t == 0) y[blockIdx.x] = s[0];
}

__global__ void copies(const float4 *x, float4 *y, int n) {
  __shared__ float4 s[64];
  int t = threadIdx.x;
  unsigned place = (unsigned)__cvta_generic_to_shared(&s[t]);
  int size = t < n ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0],[%1],16,%2;" ::"r"(place), "l"(x + t), "r"(size));
  asm volatile("cp.async.wait_all;");
  __syncthreads();
  y[t] = s[63 - t];
}

__global__ void diverges(int *o, int n) {
  int i = threadIdx.x;
  int s = 0;
  for (int j = 0; j < i % 17; j++) {
    if ((i + j) % 3 == 0) continue;
    if (j > 12) break;
    s += j * i;
    if (s > 500) {
      while (s > 100) s -= 37;
    }
  }
  __syncthreads();
  o[i] = s;
}

__global__ void deadlocks(int *o) {
  if (threadIdx.x < 16) __syncthreads();
  o[threadIdx.x] = 1;
}

__global__ void doubles(const double *x, double *y, int n) {
  int i = threadIdx.x;
  if (i < n) y[i] = sqrt(x[i]) * exp(-x[i]) + x[i] / 3.0;
}

__global__ void functions(const float *x, float *y) {
  int i = threadIdx.x;
  float v = x[i];
  y[i] = tanhf(v) + expf(v) + logf(fabsf(v) + 1) + rsqrtf(v * v + 1) + sinf(v * 3) + erff(v) +
         powf(fabsf(v), 1.7f) + fmodf(v, 0.3f);
}

__global__ void integers(const long long *a, const long long *b, long long *o) {
  int i = threadIdx.x;
  long long x = a[i], y = b[i];
  o[i] = x / y;
  o[i + 64] = x % y;
  o[i + 128] = __mul64hi(x, y);
  o[i + 192] = (int)x / (int)(y | 1);
  o[i + 256] = __clzll(x) + 100 * __ffsll(x) + 10000 * __popcll(x);
  o[i + 320] = __brevll(x) ^ __byte_perm((int)x, (int)y, 0x5271);
}
}
