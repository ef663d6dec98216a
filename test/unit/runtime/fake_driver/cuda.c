/* A CUDA driver without a GPU: sm_80 as device 0, sm_90 as device 1. */
#include "device.c"

static int retained;

int fake_retained(void) { return retained; }

int cuInit(unsigned flags) { return fails("init") ? NO_DEVICE : OK; }
int cuDeviceGetCount(int *count) { return device_count(count); }
int cuDeviceGet(int *device, int index) { *device = index + 40; return OK; }
int cuDeviceGetName(char *name, int size, int device) {
  snprintf(name, size, "Fake %d", device - 40);
  return OK;
}
int cuDeviceGetAttribute(int *value, int attribute, int device) {
  *value = attribute == 75 ? (device == 40 ? 8 : 9) : 0;
  return attribute == 75 || attribute == 76 ? OK : INVALID;
}
int cuDevicePrimaryCtxRetain(void **context, int device) {
  *context = (void *)(intptr_t)device;
  retained++;
  return OK;
}
int cuDevicePrimaryCtxRelease_v2(int device) { retained--; return OK; }
int cuCtxSetCurrent(void *context) { current = (int)(intptr_t)context; return OK; }

int cuMemAlloc_v2(void **out, size_t size) { return device_alloc(out, size); }
int cuMemFree_v2(void *address) { return device_free(address); }
int cuMemcpyHtoD_v2(void *to, const void *from, size_t size) { return copy(to, from, size, to); }
int cuMemcpyDtoH_v2(void *to, const void *from, size_t size) { return copy(to, from, size, from); }

int cuModuleLoadDataEx(void **module, const char *image, unsigned count, int *options,
                       void **values) {
  *module = MODULE;
  if (!strncmp(image, ".version", 8) && image[strlen(image) - 1] == '\n') return device_load();
  char *log = NULL;
  size_t size = 0;
  for (unsigned i = 0; i < count; i++) {
    if (options[i] == 5) log = values[i];
    if (options[i] == 6) size = (size_t)values[i];
  }
  if (log) snprintf(log, size, "ptxas application ptx input, line 1;\n fatal : no .version");
  return BAD_CODE;
}
int cuModuleUnload(void *module) { return device_unload(module); }
int cuModuleGetFunction(void **out, void *module, const char *name) {
  return find_kernel(out, name);
}

static int allowed = 48 << 10;

int cuFuncSetAttribute(void *kernel, int attribute, int value) {
  allowed = value;
  return attribute == 8 ? OK : INVALID;
}
int cuLaunchKernel(void *kernel, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                   unsigned bz, unsigned shared, void *stream, void **args, void **extra) {
  if (gy * gz * by * bz != 1 || extra || (int)shared > allowed) return INVALID;
  return launch(kernel, gx, bx, shared, stream, args);
}

/* CUlaunchConfig and CUlaunchAttribute of cuda.h. */
typedef struct {
  int name;
  char unused[4];
  union { char room[64]; unsigned cluster[3]; } value;
} Attribute;
typedef struct {
  unsigned grid[3], block[3], shared;
  void *stream;
  Attribute *attributes;
  unsigned count;
} Configuration;
static unsigned last_cluster;

unsigned fake_cluster(void) { return last_cluster; }

int cuLaunchKernelEx(const Configuration *c, void *kernel, void **args, void **extra) {
  if (c->count != 1 || c->attributes[0].name != 4 || extra) return INVALID;
  unsigned *cluster = c->attributes[0].value.cluster;
  if (c->grid[0] % cluster[0] || cluster[1] != 1 || cluster[2] != 1) return 912;
  last_cluster = cluster[0];
  return launch(kernel, c->grid[0], c->block[0], c->shared, c->stream, args);
}

static TensorMap last_map;
_Static_assert(sizeof(TensorMap) <= 128, "a tensor map has 128 bytes");

const TensorMap *fake_map(void) { return &last_map; }

int cuTensorMapEncodeTiled(void *out, int element, unsigned rank, void *address,
                           const uint64_t *sizes, const uint64_t *strides, const unsigned *box,
                           const unsigned *steps, int interleave, int swizzle, int lines,
                           int outside) {
  if ((uintptr_t)out % 64 || (uintptr_t)address % 16 || rank < 1 || rank > 5) return INVALID;
  if (interleave || lines != 2 || outside) return INVALID;
  last_map = (TensorMap){.address = address, .element = element, .rank = rank, .swizzle = swizzle};
  for (unsigned i = 0; i < rank; i++) {
    if (steps[i] != 1 || !sizes[i] || !box[i] || box[i] > 256) return INVALID;
    last_map.sizes[i] = sizes[i], last_map.box[i] = box[i];
    if (i) last_map.strides[i - 1] = strides[i - 1];
    if (i && strides[i - 1] % 16) return INVALID;
  }
  memcpy(out, &last_map, sizeof last_map);
  return OK;
}

int cuFuncGetAttribute(int *value, int attribute, void *kernel) {
  *value = attribute == 4 ? 40 : attribute == 3 ? 16 : 0;
  return state();
}
int cuOccupancyMaxActiveBlocksPerMultiprocessor(int *count, void *kernel, int block, size_t shared) {
  *count = 2048 / block;
  return state();
}

int cuStreamCreate(void **out, unsigned flags) { return make_stream(out, flags); }
int cuStreamDestroy_v2(void *stream) { return freed(stream); }
int cuStreamSynchronize(void *stream) { return stream ? wait() : INVALID; }
int cuEventCreate(void **out, unsigned flags) { return make_event(out); }
int cuEventDestroy_v2(void *event) { return freed(event); }
int cuEventRecord(void *event, void *stream) { return record(event, stream); }
int cuEventSynchronize(void *event) { return wait(); }
int cuEventElapsedTime(float *out, void *from, void *to) { return elapsed(out, from, to); }
int cuStreamBeginCapture_v2(void *stream, int mode) { return begin_capture(stream, mode); }
int cuStreamEndCapture(void *stream, void **out) { return end_capture(stream, out); }
int cuGraphDestroy(void *graph) { return freed(graph); }
int cuGraphInstantiateWithFlags(void **out, void *source, unsigned long long flags) {
  return make_graph(out, source);
}
int cuGraphLaunch(void *graph, void *stream) { return launch_graph(graph, stream); }
int cuGraphExecDestroy(void *graph) { return freed(graph); }

int cuGetErrorString(int status, const char **text) { return status_text(status, text); }
int cuGetErrorName(int status, const char **name) {
  *name = status_name(status, (const char *[]){
      "CUDA_SUCCESS", "CUDA_ERROR_INVALID_VALUE", "CUDA_ERROR_OUT_OF_MEMORY",
      "CUDA_ERROR_NO_DEVICE", "CUDA_ERROR_INVALID_PTX", "CUDA_ERROR_ILLEGAL_ADDRESS",
      "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", NULL});
  return *name ? OK : INVALID;
}

int cuDriverGetVersion(int *version) { *version = 12040; return OK; }
int cuMemsetD8Async(void *address, unsigned char value, size_t size, void *stream) {
  if (!host_view(address) || !stream) return INVALID;
  memset(host_view(address), value, size);
  return state();
}
