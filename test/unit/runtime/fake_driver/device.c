/* What the fake drivers share: a device's memory, streams, events, graphs, and one kernel.
 *
 * Device addresses carry a mark in their upper bits, so that an address of the wrong side is seen.
 * The environment variable FAKE_FAIL names the thing that goes wrong; after "crash" everything
 * fails until fake_recover(). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, INVALID = 1, NO_MEMORY = 2, NO_DEVICE = 100, BAD_CONTEXT = 201, BAD_CODE = 218,
       NOT_FOUND = 500, CRASHED = 700, NO_RESOURCES = 701, IN_CAPTURE = 900 };
#define MARK ((uintptr_t)1 << 60)
#define ROOM ((size_t)1 << 30)
#define MOST_LAUNCHES 64

typedef struct {
  float *in, *out;
  long elements;
} Launch;
typedef struct {
  int count;
  Launch launches[MOST_LAUNCHES];
} Graph;
typedef struct {
  int on_its_own;
  Graph *captured;
} Stream;

static size_t used, live;
static int poisoned, handles, graphs_launched, kernels_launched;
static __thread int current = -1;
static __thread Stream *capturing;

size_t fake_live(void) { return live; }
int fake_handles(void) { return handles; } /* streams, events and graphs */
int fake_graphs_launched(void) { return graphs_launched; }
int fake_kernels_launched(void) { return kernels_launched; }
void fake_recover(void) { poisoned = 0; }

static int fails(const char *what) {
  const char *wanted = getenv("FAKE_FAIL");
  return wanted && !strcmp(wanted, what);
}

/* What every call on a device asks first; captures allow no allocation, copy or wait. */
static int state(void) {
  if (current < 0) return BAD_CONTEXT;
  return poisoned ? CRASHED : OK;
}
static int state_of_work(void) { return capturing ? IN_CAPTURE : state(); }

static int device_count(int *count) {
  *count = fails("count") ? 0 : 2;
  return fails("device") ? NO_DEVICE : OK;
}

static int device_alloc(void **out, size_t size) {
  if (state_of_work()) return state_of_work();
  if (used + size > ROOM || fails("memory")) return NO_MEMORY;
  size_t *block = malloc(size + 64);
  *block = size;
  used += size, live++;
  *out = (void *)((uintptr_t)(block + 8) | MARK);
  return OK;
}

static char *host_view(const void *address) {
  return (uintptr_t)address & MARK ? (char *)((uintptr_t)address & ~MARK) : NULL;
}

static int device_free(void *address) {
  if (state_of_work()) return state_of_work();
  if (!host_view(address)) return INVALID;
  size_t *block = (size_t *)host_view(address) - 8;
  used -= *block, live--;
  free(block);
  return OK;
}

static int copy(void *target, const void *source, size_t size, const void *on_device) {
  if (state_of_work()) return state_of_work();
  if (!host_view(on_device) || size > ((size_t *)host_view(on_device))[-8]) return INVALID;
  memcpy(host_view(target) ? host_view(target) : target,
         host_view(source) ? host_view(source) : source, size);
  return OK;
}

static char MODULE[] = "module";
static int modules;

int fake_modules(void) { return modules; }

static int device_load(void) {
  if (state()) return state();
  modules++;
  return OK;
}

static int device_unload(void *module) {
  modules--;
  return module == MODULE ? state() : INVALID;
}

static int find_kernel(void **out, const char *name) {
  static char *known[] = {"scale", "scale_by_map"};
  for (int i = 0; i < 2; i++)
    if (!strcmp(name, known[i])) return *out = known[i], state();
  return NOT_FOUND;
}

/* What the driver writes for a tensor map; a kernel may ask for where the tensor is. */
typedef struct {
  char *address;
  uint64_t sizes[5], strides[4];
  unsigned box[5];
  int element, rank, swizzle;
} TensorMap;

/* scale(const float *in, float *out, int n): out[i] = 2 * in[i], a thread an element. */
static void run(Launch launch) {
  kernels_launched++;
  for (long i = 0; i < launch.elements; i++) launch.out[i] = 2 * launch.in[i];
}

static int launch(const char *kernel, unsigned grid, unsigned block, unsigned shared, void *stream,
                  void **args) {
  if (state()) return state();
  if (!stream) return INVALID;
  if (fails("launch") || strncmp(kernel, "scale", 5) || shared > 200 << 10) return NO_RESOURCES;
  Launch made = {(float *)host_view(*(void **)args[0]), (float *)host_view(*(void **)args[1]),
                 *(int *)args[2]};
  if (!strcmp(kernel, "scale_by_map")) /* reads what the map says, not its first argument */
    made.in = (float *)host_view(((TensorMap *)args[3])->address);
  if (!made.in || !made.out) return INVALID;
  if (made.elements > (long)grid * block) made.elements = (long)grid * block;
  if (!capturing) {
    run(made);
  } else {
    if (stream != capturing || capturing->captured->count == MOST_LAUNCHES) return INVALID;
    capturing->captured->launches[capturing->captured->count++] = made;
  }
  return OK;
}

static void *made(size_t size) {
  handles++;
  return calloc(1, size);
}

static int freed(void *handle) {
  handles--;
  free(handle);
  return state();
}

static int make_stream(void **out, unsigned flags) {
  if (state_of_work()) return state_of_work();
  Stream *stream = made(sizeof(Stream));
  stream->on_its_own = flags;
  *out = stream;
  return OK;
}

static int make_event(void **out) {
  if (state()) return state();
  *out = made(sizeof(double));
  return OK;
}

/* Time goes on by a millisecond with each event that is recorded. */
static double now;
static int record(void *event, void *stream) {
  *(double *)event = now += 1;
  return stream ? state() : INVALID;
}

static int elapsed(float *out, void *from, void *to) {
  *out = *(double *)to - *(double *)from;
  return state();
}

static int begin_capture(void *stream, int mode) {
  Stream *on = stream;
  if (state() || fails("capture")) return state() ? state() : INVALID;
  if (!on->on_its_own || mode != 1 || capturing) return INVALID;
  on->captured = made(sizeof(Graph));
  capturing = on;
  return OK;
}

static int end_capture(void *stream, void **out) {
  if (!capturing || capturing != stream) return INVALID;
  *out = capturing->captured;
  capturing = NULL;
  return state();
}

static int make_graph(void **out, void *source) {
  if (state() || fails("graph")) return state() ? state() : INVALID;
  *out = made(sizeof(Graph));
  memcpy(*out, source, sizeof(Graph));
  return OK;
}

static int launch_graph(void *handle, void *stream) {
  if (state_of_work()) return state_of_work();
  Graph *graph = handle;
  graphs_launched++;
  for (int i = 0; i < graph->count; i++) run(graph->launches[i]);
  return stream ? OK : INVALID;
}

static int wait(void) {
  if (fails("crash")) poisoned = 1;
  return state_of_work();
}

static const char *status_name(int status, const char *names[8]) {
  switch (status) {
    case OK: return names[0];
    case INVALID: return names[1];
    case NO_MEMORY: return names[2];
    case NO_DEVICE: return names[3];
    case BAD_CODE: return names[4];
    case CRASHED: return names[5];
    case NO_RESOURCES: return names[6];
    default: return names[7];
  }
}

static int status_text(int status, const char **text) {
  *text = status == CRASHED ? "an illegal memory access was encountered" : NULL;
  return *text ? OK : INVALID;
}
