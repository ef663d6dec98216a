/* A HIP driver without a GPU: gfx90a as device 0, gfx1100 as device 1. */
#include "device.c"

int hipInit(unsigned flags) { return fails("init") ? NO_DEVICE : OK; }
int hipGetDeviceCount(int *count) { return device_count(count); }
int hipDeviceGet(int *device, int index) { *device = index; return OK; }
int hipDeviceGetName(char *name, int size, int device) {
  snprintf(name, size, "Fake gfx %d", device);
  return OK;
}
int hipGetDevicePropertiesR0600(char *properties, int device) {
  memset(properties, 0, 1472);
  hipDeviceGetName(properties, 256, device);
  strcpy(properties + 1160, device ? "gfx1100" : "gfx90a:sramecc+:xnack-");
  return OK;
}
int hipSetDevice(int device) { current = device; return OK; }

int hipMalloc(void **out, size_t size) { return device_alloc(out, size); }
int hipFree(void *address) { return device_free(address); }
int hipMemcpyHtoD(void *to, const void *from, size_t size) { return copy(to, from, size, to); }
int hipMemcpyDtoH(void *to, const void *from, size_t size) { return copy(to, from, size, from); }

int hipModuleLoadData(void **module, const char *image) {
  *module = MODULE;
  return strncmp(image, "\177ELF", 4) ? BAD_CODE : device_load();
}
int hipModuleUnload(void *module) { return device_unload(module); }
int hipModuleGetFunction(void **out, void *module, const char *name) {
  return find_kernel(out, name);
}
int hipModuleLaunchKernel(void *kernel, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
                          unsigned by, unsigned bz, unsigned shared, void *stream, void **args,
                          void **extra) {
  if (gy * gz * by * bz != 1 || extra) return INVALID;
  return launch(kernel, gx, bx, shared, stream, args);
}

int hipFuncGetAttribute(int *value, int attribute, void *kernel) {
  *value = attribute == 4 ? 40 : attribute == 3 ? 16 : 0;
  return state();
}
int hipModuleOccupancyMaxActiveBlocksPerMultiprocessor(int *count, void *kernel, int block,
                                                       size_t shared) {
  *count = 2048 / block;
  return state();
}

int hipStreamCreateWithFlags(void **out, unsigned flags) { return make_stream(out, flags); }
int hipStreamDestroy(void *stream) { return freed(stream); }
int hipStreamSynchronize(void *stream) { return stream ? wait() : INVALID; }
int hipEventCreateWithFlags(void **out, unsigned flags) { return make_event(out); }
int hipEventDestroy(void *event) { return freed(event); }
int hipEventRecord(void *event, void *stream) { return record(event, stream); }
int hipEventSynchronize(void *event) { return wait(); }
int hipEventElapsedTime(float *out, void *from, void *to) { return elapsed(out, from, to); }
int hipStreamBeginCapture(void *stream, int mode) { return begin_capture(stream, mode); }
int hipStreamEndCapture(void *stream, void **out) { return end_capture(stream, out); }
int hipGraphDestroy(void *graph) { return freed(graph); }
int hipGraphInstantiateWithFlags(void **out, void *source, unsigned long long flags) {
  return make_graph(out, source);
}
int hipGraphLaunch(void *graph, void *stream) { return launch_graph(graph, stream); }
int hipGraphExecDestroy(void *graph) { return freed(graph); }

int hipDrvGetErrorString(int status, const char **text) { return status_text(status, text); }
int hipDrvGetErrorName(int status, const char **name) {
  *name = status_name(status, (const char *[]){
      "hipSuccess", "hipErrorInvalidValue", "hipErrorOutOfMemory", "hipErrorNoDevice",
      "hipErrorInvalidKernelFile", "hipErrorIllegalAddress", "hipErrorLaunchOutOfResources",
      NULL});
  return *name ? OK : INVALID;
}
