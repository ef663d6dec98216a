/* The processor: code that was linked for address 0 is moved into memory that can be executed.
   A kernel runs its workgroups first..end-1; with OpenMP several threads share them. */

typedef void (*claw_host_kernel)(void **buffers, const int64_t *scalars, int64_t first,
                                 int64_t end);

typedef struct claw_host_state {
  unsigned char *code;
  size_t size;
} claw_host_state;

typedef struct claw_function {
  const char *name;
  uintptr_t address;
} claw_function;

static claw_status claw_host_open(claw_context *c, int index) {
  if (index) return claw_fail(c, CLAW_NO_DEVICE, "there is one host, host:0");
  c->state = calloc(1, sizeof(claw_host_state));
  return c->state ? CLAW_OK : claw_fail(c, CLAW_NO_MEMORY, "no memory for the device");
}

/* Whether this processor is of a generation, from 1; 0: it is not. */
static int claw_host_generation(const char *name) {
#if defined(__x86_64__)
  const int v2 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
  const int v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                 __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
  const int v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                 __builtin_cpu_supports("avx512vl");
  if (!strcmp(name, "x86-64-v4")) return v4 ? 4 : 0;
  if (!strcmp(name, "x86-64-v3")) return v3 ? 3 : 0;
  if (!strcmp(name, "x86-64-v2")) return v2 ? 2 : 0;
  return !strcmp(name, "x86-64");
#elif defined(__aarch64__)
  return !strcmp(name, "aarch64");
#else
  (void)name;
  return 0;
#endif
}

/* Code for the very processor that compiled it fits best, where this one is of its generation. */
static int claw_host_fit(claw_context *c, const claw_image *image) {
  (void)c;
  if (strcmp(image->target, "host")) return 0;
  const int generation = claw_host_generation(image->needs);
  return generation && !strcmp(image->chip, "native") ? 5 : generation;
}

static claw_status claw_host_load(claw_context *c, const claw_image *image) {
  claw_host_state *state = c->state;
  const claw_function functions[] = {
      {"fma", (uintptr_t)fma},         {"fmaf", (uintptr_t)fmaf},
      {"memcpy", (uintptr_t)memcpy},   {"memset", (uintptr_t)memset},
      {"memmove", (uintptr_t)memmove},
  };
  void *memory = mmap(NULL, image->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return claw_fail(c, CLAW_NO_MEMORY, "no memory for the code");
  state->code = memory;
  state->size = image->size;
  memcpy(memory, image->code, image->size);
  for (size_t i = 0; i < image->fixup_count; i++) {
    const claw_fixup *fixup = &image->fixups[i];
    uint64_t address = (uint64_t)(uintptr_t)memory + (uint64_t)fixup->offset;
    if (fixup->function) {
      address = 0;
      for (size_t k = 0; k < sizeof functions / sizeof *functions; k++)
        if (!strcmp(functions[k].name, fixup->function)) address = functions[k].address;
      if (!address)
        return claw_fail(c, CLAW_UNSUPPORTED, "the code calls %s", fixup->function);
    }
    memcpy(state->code + fixup->place, &address, sizeof address);
  }
  for (size_t i = 0; i < image->segment_count; i++) {
    const claw_segment *segment = &image->segments[i];
    int protection = PROT_READ;
    if (segment->executable) protection |= PROT_EXEC;
    if (segment->writable) protection |= PROT_WRITE;
    if (segment->size && mprotect(state->code + segment->start, segment->size, protection))
      return claw_fail(c, CLAW_DRIVER_ERROR, "the system does not let code be executed");
  }
  __builtin___clear_cache((char *)memory, (char *)memory + image->size);
  return CLAW_OK;
}

static claw_status claw_host_alloc(claw_context *c, claw_buffer *buffer, size_t size) {
  if (posix_memalign(&buffer->memory, 64, size))
    return claw_fail(c, CLAW_NO_MEMORY, "no memory for %zu bytes", size);
  return CLAW_OK;
}

static void claw_host_release(claw_context *c, claw_buffer *buffer) {
  (void)c;
  free(buffer->memory);
}

static claw_status claw_host_write(claw_context *c, claw_buffer *buffer, const void *from,
                                   size_t size) {
  (void)c;
  memcpy(buffer->memory, from, size);
  return CLAW_OK;
}

static claw_status claw_host_read(claw_context *c, const claw_buffer *buffer, void *to,
                                  size_t size) {
  (void)c;
  memcpy(to, buffer->memory, size);
  return CLAW_OK;
}

static claw_status claw_host_launch(claw_context *c, size_t kernel, int64_t grid,
                                    claw_buffer *const *buffers, size_t buffer_count,
                                    const int64_t *scalars, size_t scalar_count) {
  const claw_host_state *state = c->state;
  (void)scalar_count;
  void **pointers = calloc(buffer_count + 1, sizeof *pointers);
  if (!pointers) return claw_fail(c, CLAW_NO_MEMORY, "no memory for a launch");
  for (size_t i = 0; i < buffer_count; i++) pointers[i] = buffers[i]->memory;
  const uintptr_t address = (uintptr_t)(state->code + c->image->offsets[kernel]);
  claw_host_kernel run;
  memcpy(&run, &address, sizeof run);
#if defined(_OPENMP)
#pragma omp parallel for schedule(dynamic)
  for (int64_t first = 0; first < grid; first++) run(pointers, scalars, first, first + 1);
#else
  run(pointers, scalars, 0, grid);
#endif
  free(pointers);
  return CLAW_OK;
}

static void claw_host_close(claw_context *c) {
  claw_host_state *state = c->state;
  if (state && state->code) munmap(state->code, state->size);
  free(state);
}

static const claw_driver claw_host = {
    "host",          claw_host_open,  claw_host_fit,  claw_host_load,   claw_host_alloc,
    claw_host_release, claw_host_write, claw_host_read, claw_host_launch, claw_host_close,
    1,
};
