/* What all devices share: buffers that are counted, errors, the numbers of the program. */

#if defined(__GNUC__)
#define CLAW_MAYBE_UNUSED __attribute__((unused))
#else
#define CLAW_MAYBE_UNUSED
#endif

enum { CLAW_POOLED, CLAW_BORROWED, CLAW_CONSTANT };

/* Memory of a device, and how many numbers of the program stand for it. */
typedef struct claw_buffer {
  void *memory;      /* of the host, OpenCL's object */
  uint64_t address;  /* on a GPU */
  size_t size, room; /* bytes that are asked for, and that there are */
  int names, kind;
  struct claw_buffer *next; /* of those that nobody uses */
} claw_buffer;

/* A kernel of an image: workgroups of `threads`, with bytes of shared memory that the launch adds. */
typedef struct claw_kernel {
  const char *name;
  unsigned threads, shared;
} claw_kernel;

/* A place in host code that holds an address: of the code itself plus an offset, or of a function. */
typedef struct claw_fixup {
  size_t place;
  int64_t offset;
  const char *function;
} claw_fixup;

typedef struct claw_segment {
  size_t start, size;
  int executable, writable;
} claw_segment;

/* Code for one chip. */
typedef struct claw_image {
  const char *target, *chip, *kind;
  const char *needs; /* of a processor: what generation it has to be of */
  const unsigned char *code;
  size_t size;
  const claw_kernel *kernels;
  size_t kernel_count;
  int index_bits;
  /* Of code for the host: where each kernel is in it, and what has to be put into it. */
  const size_t *offsets;
  const claw_fixup *fixups;
  size_t fixup_count;
  const claw_segment *segments;
  size_t segment_count;
} claw_image;

typedef struct claw_constant {
  const void *data;
  size_t size;
} claw_constant;

typedef struct claw_context claw_context;

/* What a driver does; each returns CLAW_OK or what claw_fail returned. */
typedef struct claw_driver {
  const char *name;
  claw_status (*open)(claw_context *c, int index);
  int (*fit)(claw_context *c, const claw_image *image); /* 0: it does not run there */
  claw_status (*load)(claw_context *c, const claw_image *image);
  claw_status (*alloc)(claw_context *c, claw_buffer *buffer, size_t size);
  void (*release)(claw_context *c, claw_buffer *buffer);
  claw_status (*write)(claw_context *c, claw_buffer *buffer, const void *from, size_t size);
  claw_status (*read)(claw_context *c, const claw_buffer *buffer, void *to, size_t size);
  claw_status (*launch)(claw_context *c, size_t kernel, int64_t grid, claw_buffer *const *buffers,
                        size_t buffer_count, const int64_t *scalars, size_t scalar_count);
  void (*close)(claw_context *c);
  int borrows; /* kernels may use the caller's memory */
} claw_driver;

struct claw_context {
  const claw_driver *driver;
  const claw_image *image;
  size_t image_number;
  void *state; /* the driver's own */
  claw_buffer *unused;
  claw_buffer **constants, **variables;
  size_t constant_count, variable_count;
  char error[512];
};

static claw_status claw_fail(claw_context *c, claw_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(c->error, sizeof c->error, format, arguments);
  va_end(arguments);
  return status;
}

/* Buffers */

/* A buffer with room for `size` bytes, of those that nobody uses or a new one. */
static claw_status claw_take(claw_context *c, claw_buffer **into, size_t size) {
  claw_buffer **best = NULL, *taken;
  for (claw_buffer **at = &c->unused; *at; at = &(*at)->next)
    if ((*at)->room >= size && (*at)->room / 2 <= size && (!best || (*at)->room < (*best)->room))
      best = at;
  if (best) {
    taken = *best;
    *best = taken->next;
  } else {
    taken = calloc(1, sizeof *taken);
    if (!taken) return claw_fail(c, CLAW_NO_MEMORY, "no memory for a buffer");
    size_t room = size ? size : 1;
    claw_status status = c->driver->alloc(c, taken, room);
    if (status) {
      free(taken);
      return status;
    }
    taken->room = room;
  }
  taken->size = size;
  taken->names = 1;
  taken->kind = CLAW_POOLED;
  *into = taken;
  return CLAW_OK;
}

/* One name less for the buffer there, if there is one. */
static void claw_drop(claw_context *c, claw_buffer **at) {
  claw_buffer *buffer = *at;
  *at = NULL;
  if (!buffer || --buffer->names) return;
  if (buffer->kind == CLAW_POOLED) {
    buffer->next = c->unused;
    c->unused = buffer;
  } else {
    free(buffer);
  }
}

/* One more name for a buffer. */
CLAW_MAYBE_UNUSED static void claw_name(claw_buffer **into, claw_buffer *buffer) {
  buffer->names++;
  *into = buffer;
}

CLAW_MAYBE_UNUSED static void claw_move(claw_buffer **into, claw_buffer **from) {
  *into = *from;
  *from = NULL;
}

/* The elements of a tensor, which its kernels count in index_bits. */
static claw_status claw_count(claw_context *c, const int64_t *shape, size_t rank, int64_t *count) {
  const int64_t limit = c->image->index_bits == 32 ? INT32_MAX : INT64_MAX / 16;
  int empty = 0;
  for (size_t i = 0; i < rank; i++) {
    if (shape[i] < 0)
      return claw_fail(c, CLAW_CHECK_FAILED, "a tensor's size is %lld", (long long)shape[i]);
    empty |= shape[i] == 0;
  }
  *count = empty ? 0 : 1;
  for (size_t i = 0; i < rank && !empty; i++) {
    if (shape[i] > limit / *count)
      return claw_fail(c, CLAW_UNSUPPORTED, "a tensor has more than %lld elements",
                       (long long)limit);
    *count *= shape[i];
  }
  return CLAW_OK;
}

CLAW_MAYBE_UNUSED static claw_status claw_alloc(claw_context *c, claw_buffer **into,
                                                const int64_t *shape, size_t rank, size_t item) {
  int64_t count = 0;
  claw_status status = claw_count(c, shape, rank, &count);
  return status ? status : claw_take(c, into, (size_t)count * item);
}

/* A buffer that holds what the caller's memory does. */
CLAW_MAYBE_UNUSED static claw_status claw_filled(claw_context *c, claw_buffer **into,
                                                 const void *from, size_t size) {
  claw_status status = claw_take(c, into, size);
  if (!status && size) status = c->driver->write(c, *into, from, size);
  return status;
}

/* An argument: the caller's own memory where kernels may read it, or else a copy. */
CLAW_MAYBE_UNUSED static claw_status claw_argument(claw_context *c, claw_buffer **into,
                                                   const claw_tensor *tensor, size_t rank,
                                                   size_t item, int written) {
  int64_t count = 0;
  claw_status status = claw_count(c, tensor->shape, rank, &count);
  if (status) return status;
  const size_t size = (size_t)count * item;
  if (!c->driver->borrows || written || (uintptr_t)tensor->data % item)
    return claw_filled(c, into, tensor->data, size);
  claw_buffer *borrowed = calloc(1, sizeof *borrowed);
  if (!borrowed) return claw_fail(c, CLAW_NO_MEMORY, "no memory for a buffer");
  borrowed->memory = tensor->data;
  borrowed->size = borrowed->room = size;
  borrowed->names = 1;
  borrowed->kind = CLAW_BORROWED;
  *into = borrowed;
  return CLAW_OK;
}

/* A tensor into the caller's memory, if there is room, or into new memory for the caller to free. */
CLAW_MAYBE_UNUSED static claw_status claw_result(claw_context *c, const claw_buffer *buffer, const int64_t *shape,
                               size_t rank, size_t item, size_t number, claw_tensor *output) {
  int64_t count = 0;
  claw_status status = claw_count(c, shape, rank, &count);
  if (status) return status;
  const size_t size = (size_t)count * item;
  if (!output->data) {
    output->data = malloc(size ? size : 1);
    if (!output->data) return claw_fail(c, CLAW_NO_MEMORY, "no memory for result %zu", number);
    output->bytes = size;
  } else if (output->bytes < size) {
    return claw_fail(c, CLAW_BAD_ARGUMENT, "result %zu takes %zu bytes; there is room for %zu",
                     number, size, output->bytes);
  }
  for (size_t i = 0; i < rank; i++) output->shape[i] = shape[i];
  return size ? c->driver->read(c, buffer, output->data, size) : CLAW_OK;
}

/* The same of a number, whose bytes are at `raw`. */
CLAW_MAYBE_UNUSED static claw_status claw_scalar_result(claw_context *c, const uint64_t *raw,
                                                        size_t size, size_t number,
                                                        claw_tensor *output) {
  if (!output->data) {
    output->data = malloc(size);
    if (!output->data) return claw_fail(c, CLAW_NO_MEMORY, "no memory for result %zu", number);
    output->bytes = size;
  } else if (output->bytes < size) {
    return claw_fail(c, CLAW_BAD_ARGUMENT, "result %zu takes %zu bytes; there is room for %zu",
                     number, size, output->bytes);
  }
  memcpy(output->data, raw, size);
  return CLAW_OK;
}

/* The variable holds what the buffer does; of the caller's memory it keeps a copy. */
CLAW_MAYBE_UNUSED static claw_status claw_store(claw_context *c, claw_buffer **variable,
                                                claw_buffer *buffer) {
  claw_buffer *kept = NULL;
  if (buffer->kind == CLAW_BORROWED) {
    claw_status status = claw_filled(c, &kept, buffer->memory, buffer->size);
    if (status) {
      claw_drop(c, &kept);
      return status;
    }
  } else {
    claw_name(&kept, buffer);
  }
  claw_drop(c, variable);
  *variable = kept;
  return CLAW_OK;
}

CLAW_MAYBE_UNUSED static claw_status claw_launch(claw_context *c, size_t kernel, int64_t grid,
                                                 claw_buffer *const *buffers, size_t buffer_count,
                                                 const int64_t *scalars, size_t scalar_count) {
  if (grid == 0) return CLAW_OK;
  for (size_t i = 0; i < scalar_count && c->image->index_bits == 32; i++)
    if (scalars[i] < INT32_MIN || scalars[i] > INT32_MAX)
      return claw_fail(c, CLAW_UNSUPPORTED, "the index %lld: kernels of %s count in 32 bits",
                       (long long)scalars[i], c->image->target);
  return c->driver->launch(c, kernel, grid, buffers, buffer_count, scalars, scalar_count);
}

/* Whether an argument's memory is as large as its shape says. */
CLAW_MAYBE_UNUSED static claw_status claw_check_argument(claw_context *c, const claw_tensor *tensor,
                                       const int64_t *expected, size_t rank, size_t item,
                                       size_t number) {
  for (size_t i = 0; i < rank; i++)
    if (tensor->shape[i] != expected[i])
      return claw_fail(c, CLAW_BAD_ARGUMENT, "argument %zu has size %lld in dimension %zu, not %lld",
                       number, (long long)tensor->shape[i], i, (long long)expected[i]);
  int64_t count = 0;
  claw_status status = claw_count(c, tensor->shape, rank, &count);
  if (status) return status;
  if (tensor->bytes != (size_t)count * item)
    return claw_fail(c, CLAW_BAD_ARGUMENT, "argument %zu has %zu bytes; its shape takes %zu",
                     number, tensor->bytes, (size_t)count * item);
  if (!tensor->data && count)
    return claw_fail(c, CLAW_BAD_ARGUMENT, "argument %zu has no data", number);
  return CLAW_OK;
}
