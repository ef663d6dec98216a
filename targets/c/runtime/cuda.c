/* NVIDIA GPUs: PTX, compiled by the driver for the chip, or cubins. */

static const claw_gpu_names claw_cuda_names = {
    "CUDA",
    "nvptx",
    "CLAW_CUDA_LIBRARY",
    {"libcuda.so.1", "libcuda.so", NULL, NULL},
    "cuInit",
    "cuDeviceGet",
    "cuMemAlloc_v2",
    "cuMemFree_v2",
    "cuMemcpyHtoD_v2",
    "cuMemcpyDtoH_v2",
    "cuModuleLoadDataEx",
    "cuModuleUnload",
    "cuModuleGetFunction",
    "cuLaunchKernel",
    "cuStreamCreate",
    "cuStreamDestroy_v2",
    "cuStreamSynchronize",
    "cuGetErrorName",
};

static claw_status claw_cuda_open(claw_context *c, int index) {
  claw_status status = claw_gpu_open(c, index, &claw_cuda_names);
  if (status) return status;
  claw_gpu_state *state = c->state;
  int (*attribute)(int *, int, int) = NULL, (*retain)(void **, int) = NULL;
  const claw_symbol symbols[] = {
      {"cuDeviceGetAttribute", &attribute},
      {"cuDevicePrimaryCtxRetain", &retain},
      {"cuDevicePrimaryCtxRelease_v2", &state->release},
      {"cuCtxSetCurrent", &state->current},
      {"cuFuncSetAttribute", &state->attribute},
      {"cuModuleLoadDataEx", &state->load_with_log},
  };
  const char *lacks = claw_symbols(state->api.library, symbols, sizeof symbols / sizeof *symbols);
  if (lacks) return claw_fail(c, CLAW_NO_DEVICE, "the CUDA driver is too old: no %s", lacks);
  attribute(&state->major, 75, state->device);
  attribute(&state->minor, 76, state->device);
  status = claw_gpu_check(c, "cuDevicePrimaryCtxRetain", retain(&state->context, state->device));
  return status ? status : claw_gpu_begin(c);
}

/* PTX runs on its chip and all later ones; sm_90a and cubins on their own generation. */
static int claw_cuda_fit(claw_context *c, const claw_image *image) {
  const claw_gpu_state *state = c->state;
  int number = 0;
  char only[2] = "";
  if (strcmp(image->target, "nvptx") || sscanf(image->chip, "sm_%d%1s", &number, only) < 1) return 0;
  const int here = 10 * state->major + state->minor, cubin = !strcmp(image->kind, "cubin");
  if (number > here || (only[0] && number != here)) return 0;
  if (cubin && number / 10 != state->major) return 0;
  return 1 + 4 * number + 2 * (only[0] != 0) + cubin;
}

static const claw_driver claw_cuda = {
    "cuda",           claw_cuda_open, claw_cuda_fit, claw_gpu_load,   claw_gpu_alloc,
    claw_gpu_release, claw_gpu_write, claw_gpu_read, claw_gpu_launch, claw_gpu_close,
    0,
};
