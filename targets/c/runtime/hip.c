/* AMD GPUs: HSACO through HIP's module functions. */

static const claw_gpu_names claw_hip_names = {
    "HIP",
    "amdgpu",
    "CLAW_HIP_LIBRARY",
    {"libamdhip64.so", "libamdhip64.so.7", "libamdhip64.so.6", NULL},
    "hipInit",
    "hipDeviceGet",
    "hipMalloc",
    "hipFree",
    "hipMemcpyHtoD",
    "hipMemcpyDtoH",
    "hipModuleLoadData",
    "hipModuleUnload",
    "hipModuleGetFunction",
    "hipModuleLaunchKernel",
    "hipStreamCreateWithFlags",
    "hipStreamDestroy",
    "hipStreamSynchronize",
    "hipDrvGetErrorName",
};

enum {
  CLAW_HIP_PROPERTIES = 8192, /* bytes: more than any version's structure of properties */
  CLAW_HIP_NAME = 256         /* which starts with the marketing name */
};

/* The architecture out of the device's properties, where it stands with its features behind it: its
   place changes with the version of the structure, the text does not. */
static claw_status claw_hip_open(claw_context *c, int index) {
  claw_status status = claw_gpu_open(c, index, &claw_hip_names);
  if (status) return status;
  claw_gpu_state *state = c->state;
  int (*properties)(void *, int) = NULL;
  const claw_symbol symbols[] = {
      {"hipGetDevicePropertiesR0600", &properties},
      {"hipSetDevice", &state->set_device},
  };
  const char *lacks = claw_symbols(state->api.library, symbols, sizeof symbols / sizeof *symbols);
  if (lacks) return claw_fail(c, CLAW_NO_DEVICE, "the HIP driver is too old: no %s", lacks);
  char *raw = calloc(1, CLAW_HIP_PROPERTIES + 1);
  if (!raw) return claw_fail(c, CLAW_NO_MEMORY, "no memory for the device");
  status = claw_gpu_check(c, "hipGetDevicePropertiesR0600", properties(raw, index));
  for (size_t i = CLAW_HIP_NAME; i + 3 < CLAW_HIP_PROPERTIES && !state->chip[0]; i++)
    if (!memcmp(raw + i, "gfx", 3)) sscanf(raw + i, "%31[gfx0-9a-f]", state->chip);
  free(raw);
  if (!status && !state->chip[0])
    return claw_fail(c, CLAW_NO_DEVICE, "the HIP driver does not tell the architecture");
  return status ? status : claw_gpu_begin(c);
}

static int claw_hip_fit(claw_context *c, const claw_image *image) {
  const claw_gpu_state *state = c->state;
  return !strcmp(image->target, "amdgpu") && !strcmp(image->chip, state->chip);
}

static const claw_driver claw_hip = {
    "hip",            claw_hip_open,  claw_hip_fit,  claw_gpu_load,   claw_gpu_alloc,
    claw_gpu_release, claw_gpu_write, claw_gpu_read, claw_gpu_launch, claw_gpu_close,
    0,
};
