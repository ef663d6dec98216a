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
  if (gy * gz * by * bz != 1 || stream || extra || (int)shared > allowed) return INVALID;
  return launch(kernel, gx, bx, shared, args);
}
int cuCtxSynchronize(void) { return wait(); }

int cuGetErrorName(int status, const char **name) {
  *name = status_name(status, (const char *[]){
      "CUDA_SUCCESS", "CUDA_ERROR_INVALID_VALUE", "CUDA_ERROR_OUT_OF_MEMORY",
      "CUDA_ERROR_NO_DEVICE", "CUDA_ERROR_INVALID_PTX", "CUDA_ERROR_ILLEGAL_ADDRESS",
      "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", NULL});
  return *name ? OK : INVALID;
}
