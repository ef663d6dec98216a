/* OpenCL: SPIR-V kernels on the devices of every platform that takes SPIR-V. */

typedef struct claw_cl_object *claw_cl; /* whatever the driver makes */

static struct {
  void *library;
  int32_t (*platforms)(uint32_t, claw_cl *, uint32_t *);
  int32_t (*devices)(claw_cl, uint64_t, uint32_t, claw_cl *, uint32_t *);
  int32_t (*device_info)(claw_cl, uint32_t, size_t, void *, size_t *);
  claw_cl (*context)(const intptr_t *, uint32_t, const claw_cl *, void *, void *, int32_t *);
  claw_cl (*queue)(claw_cl, claw_cl, uint64_t, int32_t *);
  claw_cl (*program)(claw_cl, const void *, size_t, int32_t *);
  int32_t (*build)(claw_cl, uint32_t, const claw_cl *, const char *, void *, void *);
  claw_cl (*kernel)(claw_cl, const char *, int32_t *);
  claw_cl (*buffer)(claw_cl, uint64_t, size_t, void *, int32_t *);
  int32_t (*write)(claw_cl, claw_cl, uint32_t, size_t, size_t, const void *, uint32_t, void *,
                   void *);
  int32_t (*read)(claw_cl, claw_cl, uint32_t, size_t, size_t, void *, uint32_t, void *, void *);
  int32_t (*argument)(claw_cl, uint32_t, size_t, const void *);
  int32_t (*launch)(claw_cl, claw_cl, uint32_t, const size_t *, const size_t *, const size_t *,
                    uint32_t, void *, void *);
  int32_t (*finish)(claw_cl);
  int32_t (*release_buffer)(claw_cl), (*release_kernel)(claw_cl), (*release_program)(claw_cl);
  int32_t (*release_queue)(claw_cl), (*release_context)(claw_cl);
} claw_cl_api;

enum {
  CLAW_CL_TYPE = 0x1000,
  CLAW_CL_ADDRESS_BITS = 0x100D,
  CLAW_CL_IL_VERSION = 0x105B,
  CLAW_CL_CPU = 2,
  CLAW_CL_ALL = -1
};

typedef struct claw_cl_state {
  claw_cl device, context, queue, program, *kernels;
  size_t kernel_count;
  int is_cpu;
  uint32_t address_bits;
} claw_cl_state;

static claw_status claw_cl_check(claw_context *c, const char *call, int32_t status) {
  if (!status) return CLAW_OK;
  const int memory = status == -4 || status == -5 || status == -6 || status == -61;
  return claw_fail(c, memory ? CLAW_NO_MEMORY : CLAW_DRIVER_ERROR, "%s failed: error %d", call,
                   (int)status);
}

static claw_status claw_cl_functions(claw_context *c) {
  static const char *const names[] = {"libOpenCL.so.1", "libOpenCL.so", NULL};
  const claw_symbol symbols[] = {
      {"clGetPlatformIDs", &claw_cl_api.platforms},
      {"clGetDeviceIDs", &claw_cl_api.devices},
      {"clGetDeviceInfo", &claw_cl_api.device_info},
      {"clCreateContext", &claw_cl_api.context},
      {"clCreateCommandQueue", &claw_cl_api.queue},
      {"clCreateProgramWithIL", &claw_cl_api.program},
      {"clBuildProgram", &claw_cl_api.build},
      {"clCreateKernel", &claw_cl_api.kernel},
      {"clCreateBuffer", &claw_cl_api.buffer},
      {"clEnqueueWriteBuffer", &claw_cl_api.write},
      {"clEnqueueReadBuffer", &claw_cl_api.read},
      {"clSetKernelArg", &claw_cl_api.argument},
      {"clEnqueueNDRangeKernel", &claw_cl_api.launch},
      {"clFinish", &claw_cl_api.finish},
      {"clReleaseMemObject", &claw_cl_api.release_buffer},
      {"clReleaseKernel", &claw_cl_api.release_kernel},
      {"clReleaseProgram", &claw_cl_api.release_program},
      {"clReleaseCommandQueue", &claw_cl_api.release_queue},
      {"clReleaseContext", &claw_cl_api.release_context},
  };
  if (!claw_cl_api.library) {
    claw_cl_api.library = claw_library("CLAW_OPENCL_LIBRARY", names);
    if (!claw_cl_api.library)
      return claw_fail(c, CLAW_NO_DEVICE, "no OpenCL loader on this machine (libOpenCL.so.1)");
  }
  const char *lacks =
      claw_symbols(claw_cl_api.library, symbols, sizeof symbols / sizeof *symbols);
  return lacks ? claw_fail(c, CLAW_NO_DEVICE, "the OpenCL loader is too old: no %s", lacks)
               : CLAW_OK;
}

/* The index-th device that takes SPIR-V, over all platforms. */
static claw_status claw_cl_find(claw_context *c, int index, claw_cl *found) {
  claw_cl platforms[16], devices[64];
  uint32_t platform_count = 0, device_count;
  claw_cl_api.platforms(16, platforms, &platform_count);
  for (uint32_t p = 0; p < platform_count && p < 16; p++) {
    device_count = 0;
    if (claw_cl_api.devices(platforms[p], (uint64_t)(int64_t)CLAW_CL_ALL & 0xFFFFFFFF, 64, devices,
                            &device_count))
      continue;
    for (uint32_t d = 0; d < device_count && d < 64; d++) {
      char versions[256] = "";
      if (claw_cl_api.device_info(devices[d], CLAW_CL_IL_VERSION, sizeof versions, versions, NULL))
        continue;
      if (!strstr(versions, "SPIR-V") || index--) continue;
      *found = devices[d];
      return CLAW_OK;
    }
  }
  return claw_fail(c, CLAW_NO_DEVICE, "no such OpenCL device that takes SPIR-V");
}

static claw_status claw_cl_open(claw_context *c, int index) {
  claw_status status = claw_cl_functions(c);
  if (status) return status;
  claw_cl_state *state = c->state = calloc(1, sizeof *state);
  if (!state) return claw_fail(c, CLAW_NO_MEMORY, "no memory for the device");
  status = claw_cl_find(c, index, &state->device);
  if (status) return status;
  uint64_t type = 0;
  int32_t error = 0;
  claw_cl_api.device_info(state->device, CLAW_CL_TYPE, sizeof type, &type, NULL);
  claw_cl_api.device_info(state->device, CLAW_CL_ADDRESS_BITS, sizeof state->address_bits,
                          &state->address_bits, NULL);
  state->is_cpu = (type & CLAW_CL_CPU) != 0;
  state->context = claw_cl_api.context(NULL, 1, &state->device, NULL, NULL, &error);
  if (error) return claw_cl_check(c, "clCreateContext", error);
  state->queue = claw_cl_api.queue(state->context, state->device, 0, &error);
  return claw_cl_check(c, "clCreateCommandQueue", error);
}

static int claw_cl_fit(claw_context *c, const claw_image *image) {
  const claw_cl_state *state = c->state;
  if (strcmp(image->target, "spirv") || strncmp(image->chip, "opencl", 6)) return 0;
  return !strcmp(image->chip, state->is_cpu ? "opencl-cpu" : "opencl") ? 2 : 1;
}

static claw_status claw_cl_load(claw_context *c, const claw_image *image) {
  claw_cl_state *state = c->state;
  int32_t error = 0;
  state->program = claw_cl_api.program(state->context, image->code, image->size, &error);
  if (error) return claw_cl_check(c, "clCreateProgramWithIL", error);
  error = claw_cl_api.build(state->program, 1, &state->device, "", NULL, NULL);
  if (error) return claw_cl_check(c, "clBuildProgram", error);
  state->kernels = calloc(image->kernel_count + 1, sizeof *state->kernels);
  if (!state->kernels) return claw_fail(c, CLAW_NO_MEMORY, "no memory for the kernels");
  for (; state->kernel_count < image->kernel_count; state->kernel_count++) {
    const char *name = image->kernels[state->kernel_count].name;
    state->kernels[state->kernel_count] = claw_cl_api.kernel(state->program, name, &error);
    if (error) return claw_cl_check(c, "clCreateKernel", error);
  }
  return CLAW_OK;
}

static claw_status claw_cl_alloc(claw_context *c, claw_buffer *buffer, size_t size) {
  const claw_cl_state *state = c->state;
  int32_t error = 0;
  buffer->memory = claw_cl_api.buffer(state->context, 1, size, NULL, &error);
  return claw_cl_check(c, "clCreateBuffer", error);
}

static void claw_cl_release(claw_context *c, claw_buffer *buffer) {
  (void)c;
  claw_cl_api.release_buffer(buffer->memory);
}

static claw_status claw_cl_write(claw_context *c, claw_buffer *buffer, const void *from,
                                 size_t size) {
  const claw_cl_state *state = c->state;
  return claw_cl_check(
      c, "clEnqueueWriteBuffer",
      claw_cl_api.write(state->queue, buffer->memory, 1, 0, size, from, 0, NULL, NULL));
}

static claw_status claw_cl_read(claw_context *c, const claw_buffer *buffer, void *to,
                                size_t size) {
  const claw_cl_state *state = c->state;
  return claw_cl_check(
      c, "clEnqueueReadBuffer",
      claw_cl_api.read(state->queue, buffer->memory, 1, 0, size, to, 0, NULL, NULL));
}

static claw_status claw_cl_launch(claw_context *c, size_t kernel, int64_t grid,
                                  claw_buffer *const *buffers, size_t buffer_count,
                                  const int64_t *scalars, size_t scalar_count) {
  const claw_cl_state *state = c->state;
  const claw_cl handle = state->kernels[kernel];
  const size_t local = c->image->kernels[kernel].threads, global = (size_t)grid * local;
  int32_t error = 0;
  uint32_t number = 0;
  for (size_t i = 0; i < buffer_count && !error; i++)
    error = claw_cl_api.argument(handle, number++, sizeof(claw_cl), &buffers[i]->memory);
  for (size_t i = 0; i < scalar_count && !error; i++) {
    const int32_t narrow = (int32_t)scalars[i];
    error = state->address_bits == 64
                ? claw_cl_api.argument(handle, number++, sizeof scalars[i], &scalars[i])
                : claw_cl_api.argument(handle, number++, sizeof narrow, &narrow);
  }
  if (error) return claw_cl_check(c, "clSetKernelArg", error);
  return claw_cl_check(
      c, c->image->kernels[kernel].name,
      claw_cl_api.launch(state->queue, handle, 1, NULL, &global, &local, 0, NULL, NULL));
}

static void claw_cl_close(claw_context *c) {
  claw_cl_state *state = c->state;
  if (!state) return;
  if (state->queue) claw_cl_api.finish(state->queue);
  while (state->kernel_count) claw_cl_api.release_kernel(state->kernels[--state->kernel_count]);
  free(state->kernels);
  if (state->program) claw_cl_api.release_program(state->program);
  if (state->queue) claw_cl_api.release_queue(state->queue);
  if (state->context) claw_cl_api.release_context(state->context);
  free(state);
}

static const claw_driver claw_opencl = {
    "opencl",        claw_cl_open,  claw_cl_fit,  claw_cl_load,   claw_cl_alloc,
    claw_cl_release, claw_cl_write, claw_cl_read, claw_cl_launch, claw_cl_close,
    0,
};
