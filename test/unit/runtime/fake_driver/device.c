/* What the fake drivers share: a device's memory, and one kernel that it can run.
 *
 * Device addresses carry a mark in their upper bits, so that an address of the wrong side is seen.
 * The environment variable FAKE_FAIL names the thing that goes wrong. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, INVALID = 1, NO_MEMORY = 2, NO_DEVICE = 100, BAD_CONTEXT = 201, BAD_CODE = 218,
       NOT_FOUND = 500, CRASHED = 700, NO_RESOURCES = 701 };
#define MARK ((uintptr_t)1 << 60)
#define ROOM ((size_t)1 << 30)

static size_t used, live;
static __thread int current = -1;

size_t fake_live(void) { return live; }

static int fails(const char *what) {
  const char *wanted = getenv("FAKE_FAIL");
  return wanted && !strcmp(wanted, what);
}

static int device_count(int *count) {
  *count = fails("count") ? 0 : 2;
  return fails("device") ? NO_DEVICE : OK;
}

static int device_alloc(void **out, size_t size) {
  if (current < 0) return BAD_CONTEXT;
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
  if (current < 0) return BAD_CONTEXT;
  if (!host_view(address)) return INVALID;
  size_t *block = (size_t *)host_view(address) - 8;
  used -= *block, live--;
  free(block);
  return OK;
}

static int copy(void *target, const void *source, size_t size, const void *on_device) {
  if (current < 0) return BAD_CONTEXT;
  if (!host_view(on_device) || size > ((size_t *)host_view(on_device))[-8]) return INVALID;
  memcpy(host_view(target) ? host_view(target) : target,
         host_view(source) ? host_view(source) : source, size);
  return OK;
}

static char MODULE[] = "module";
static int modules;

int fake_modules(void) { return modules; }

static int device_load(void) {
  modules++;
  return OK;
}

static int device_unload(void *module) {
  modules--;
  return module == MODULE && current >= 0 ? OK : INVALID;
}

static int find_kernel(void **out, const char *name) {
  *out = "scale";
  return strcmp(name, "scale") ? NOT_FOUND : OK;
}

/* scale(const float *in, float *out, int n): out[i] = 2 * in[i], a thread an element. */
static int launch(const char *kernel, unsigned grid, unsigned block, unsigned shared, void **args) {
  if (current < 0) return BAD_CONTEXT;
  if (fails("launch") || strcmp(kernel, "scale") || shared > 200 << 10) return NO_RESOURCES;
  float *in = (float *)host_view(*(void **)args[0]), *out = (float *)host_view(*(void **)args[1]);
  long n = *(int *)args[2];
  if (!in || !out) return INVALID;
  for (long i = 0; i < (long)grid * block && i < n; i++) out[i] = 2 * in[i];
  return OK;
}

static int wait(void) { return fails("crash") ? CRASHED : OK; }

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
