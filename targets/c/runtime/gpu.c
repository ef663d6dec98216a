/* CUDA's driver and HIP, whose functions take the same: a table names a vendor's.
   The primary context is used, which other libraries of the process share. */

typedef struct claw_gpu_names {
  const char *vendor, *target, *variable;
  const char *libraries[4];
  const char *init, *device, *alloc, *free, *write, *read, *load, *unload, *kernel, *launch, *stream,
      *end_stream, *finish, *error_name;
} claw_gpu_names;

typedef struct claw_gpu_api {
  void *library;
  const claw_gpu_names *names;
  int (*init)(unsigned);
  int (*device)(int *, int);
  int (*alloc)(void **, size_t);
  int (*free)(void *);
  int (*write)(void *, const void *, size_t);
  int (*read)(void *, const void *, size_t);
  int (*load)(void **, const void *);
  int (*unload)(void *);
  int (*kernel)(void **, void *, const char *);
  int (*launch)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *,
                void **, void **);
  int (*stream)(void **, unsigned), (*end_stream)(void *), (*finish)(void *);
  int (*error_name)(int, const char **);
} claw_gpu_api;

typedef struct claw_gpu_state {
  claw_gpu_api api;
  int index, device;
  void *context, *module, **kernels;
  void *stream; /* which waits for the default one, and that for it: copies need no more */
  int major, minor; /* of CUDA */
  char chip[32];    /* of HIP */
  int (*current)(void *), (*release)(int), (*attribute)(void *, int, int);
  int (*set_device)(int);
  int (*load_with_log)(void **, const void *, unsigned, int *, void **); /* of CUDA */
} claw_gpu_state;

static claw_status claw_gpu_check(claw_context *c, const char *call, int status) {
  if (!status) return CLAW_OK;
  const claw_gpu_state *state = c->state;
  const char *name = NULL;
  if (state->api.error_name && state->api.error_name(status, &name)) name = NULL;
  claw_status kind = status == 2 ? CLAW_NO_MEMORY : status == 100 ? CLAW_NO_DEVICE
                                                                  : CLAW_DRIVER_ERROR;
  return claw_fail(c, kind, "%s failed: %s (%d)", call, name ? name : "unknown error", status);
}

static claw_status claw_gpu_current(claw_context *c) {
  const claw_gpu_state *state = c->state;
  if (state->current) return claw_gpu_check(c, "cuCtxSetCurrent", state->current(state->context));
  return claw_gpu_check(c, "hipSetDevice", state->set_device(state->index));
}

/* The device's context for this thread, and a stream in it. */
static claw_status claw_gpu_begin(claw_context *c) {
  claw_gpu_state *state = c->state;
  claw_status status = claw_gpu_current(c);
  return status ? status
                : claw_gpu_check(c, state->api.names->stream, state->api.stream(&state->stream, 0));
}

static claw_status claw_gpu_open(claw_context *c, int index, const claw_gpu_names *names) {
  claw_gpu_state *state = c->state = calloc(1, sizeof *state);
  if (!state) return claw_fail(c, CLAW_NO_MEMORY, "no memory for the device");
  claw_gpu_api *api = &state->api;
  state->index = index;
  api->names = names;
  api->library = claw_library(names->variable, names->libraries);
  if (!api->library)
    return claw_fail(c, CLAW_NO_DEVICE, "no %s driver on this machine (%s)", names->vendor,
                     names->libraries[0]);
  const claw_symbol symbols[] = {
      {names->init, &api->init},     {names->device, &api->device}, {names->alloc, &api->alloc},
      {names->free, &api->free},     {names->write, &api->write},   {names->read, &api->read},
      {names->load, &api->load},     {names->unload, &api->unload}, {names->kernel, &api->kernel},
      {names->launch, &api->launch}, {names->stream, &api->stream},
      {names->end_stream, &api->end_stream}, {names->finish, &api->finish},
      {names->error_name, &api->error_name},
  };
  const char *lacks = claw_symbols(api->library, symbols, sizeof symbols / sizeof *symbols);
  if (lacks)
    return claw_fail(c, CLAW_NO_DEVICE, "the %s driver is too old: no %s", names->vendor, lacks);
  claw_status status = claw_gpu_check(c, names->init, api->init(0));
  return status ? status : claw_gpu_check(c, names->device, api->device(&state->device, index));
}

/* Options of CUDA's compiler of PTX, and a kernel attribute. */
enum { CLAW_ERROR_LOG = 5, CLAW_ERROR_LOG_SIZE = 6, CLAW_MAX_DYNAMIC_SHARED = 8 };

static claw_status claw_gpu_load(claw_context *c, const claw_image *image) {
  claw_gpu_state *state = c->state;
  const claw_gpu_names *names = state->api.names;
  char log[256] = "";
  int loaded;
  if (state->load_with_log) {
    int options[] = {CLAW_ERROR_LOG, CLAW_ERROR_LOG_SIZE};
    void *values[] = {log, (void *)(uintptr_t)sizeof log};
    loaded = state->load_with_log(&state->module, image->code, 2, options, values);
  } else {
    loaded = state->api.load(&state->module, image->code);
  }
  claw_status status = claw_gpu_check(c, names->load, loaded);
  const size_t used = strlen(c->error);
  if (status && log[0]) snprintf(c->error + used, sizeof c->error - used, ": %s", log);
  if (status) return status;
  state->kernels = calloc(image->kernel_count + 1, sizeof *state->kernels);
  if (!state->kernels) return claw_fail(c, CLAW_NO_MEMORY, "no memory for the kernels");
  for (size_t i = 0; i < image->kernel_count && !status; i++)
    status = claw_gpu_check(
        c, image->kernels[i].name,
        state->api.kernel(&state->kernels[i], state->module, image->kernels[i].name));
  return status;
}

static void *claw_gpu_pointer(const claw_buffer *buffer) {
  return (void *)(uintptr_t)buffer->address;
}

static claw_status claw_gpu_alloc(claw_context *c, claw_buffer *buffer, size_t size) {
  const claw_gpu_state *state = c->state;
  void *made = NULL;
  claw_status status = claw_gpu_current(c);
  if (!status)
    status = claw_gpu_check(c, state->api.names->alloc, state->api.alloc(&made, size));
  buffer->address = (uint64_t)(uintptr_t)made;
  return status;
}

static void claw_gpu_release(claw_context *c, claw_buffer *buffer) {
  const claw_gpu_state *state = c->state;
  if (!claw_gpu_current(c)) state->api.free(claw_gpu_pointer(buffer));
}

static claw_status claw_gpu_write(claw_context *c, claw_buffer *buffer, const void *from,
                                  size_t size) {
  const claw_gpu_state *state = c->state;
  claw_status status = claw_gpu_current(c);
  return status ? status
                : claw_gpu_check(c, state->api.names->write,
                                 state->api.write(claw_gpu_pointer(buffer), from, size));
}

static claw_status claw_gpu_read(claw_context *c, const claw_buffer *buffer, void *to,
                                 size_t size) {
  const claw_gpu_state *state = c->state;
  claw_status status = claw_gpu_current(c);
  return status ? status
                : claw_gpu_check(c, state->api.names->read,
                                 state->api.read(to, claw_gpu_pointer(buffer), size));
}

static claw_status claw_gpu_launch(claw_context *c, size_t kernel, int64_t grid,
                                   claw_buffer *const *buffers, size_t buffer_count,
                                   const int64_t *scalars, size_t scalar_count) {
  claw_gpu_state *state = c->state;
  const claw_kernel *facts = &c->image->kernels[kernel];
  if (grid > INT32_MAX)
    return claw_fail(c, CLAW_UNSUPPORTED, "%s takes %lld workgroups", facts->name, (long long)grid);
  claw_status status = claw_gpu_current(c);
  if (!status && facts->shared && state->attribute)
    status = claw_gpu_check(c, facts->name,
                            state->attribute(state->kernels[kernel], CLAW_MAX_DYNAMIC_SHARED,
                                             (int)facts->shared));
  if (status) return status;
  const size_t count = buffer_count + scalar_count;
  void **pointers = calloc(count + 1, sizeof *pointers);
  int32_t *numbers = calloc(scalar_count + 1, sizeof *numbers);
  if (pointers && numbers) {
    for (size_t i = 0; i < buffer_count; i++) pointers[i] = &buffers[i]->address;
    for (size_t i = 0; i < scalar_count; i++) {
      numbers[i] = (int32_t)scalars[i];
      pointers[buffer_count + i] = &numbers[i];
    }
    status = claw_gpu_check(c, facts->name,
                            state->api.launch(state->kernels[kernel], (unsigned)grid, 1, 1,
                                              facts->threads, 1, 1, facts->shared, state->stream,
                                              pointers, NULL));
  } else {
    status = claw_fail(c, CLAW_NO_MEMORY, "no memory for a launch");
  }
  free(pointers);
  free(numbers);
  return status;
}

static void claw_gpu_close(claw_context *c) {
  claw_gpu_state *state = c->state;
  if (!state) return;
  if (state->stream && !claw_gpu_current(c)) {
    state->api.finish(state->stream);
    if (state->module) state->api.unload(state->module);
    state->api.end_stream(state->stream);
  }
  if (state->context && state->release) state->release(state->device);
  free(state->kernels);
  free(state);
}
