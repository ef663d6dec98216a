"""The header of a program in C."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clawc.runtime.arguments import type_text
from clawc.runtime.plan import Entry
from clawc.targets.c.entry import MOST_DIMENSIONS

_HEADER = """/* {name}.h: the tensor program in {name}.c, which clawc wrote.

   {name}_context *context;
   if ({name}_open(&context, "cuda") == CLAW_OK) ...      NULL: the first device that works
   {name}_close(context);

   A context runs one call at a time; contexts do not know each other.  No function aborts: each
   returns a status, and {name}_error says more about the last one.  Build it with
   cc -std=c11 -O2 {name}.c ... -lm -ldl; -fopenmp shares workgroups of the host among threads. */
#ifndef {guard}_H
#define {guard}_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

#ifndef CLAW_TENSOR
#define CLAW_TENSOR
enum {{ CLAW_MAX_RANK = {rank} }};

typedef enum claw_status {{
  CLAW_OK = 0,
  CLAW_BAD_ARGUMENT = 1, /* an argument or result of another shape or size than expected */
  CLAW_NO_DEVICE = 2,    /* no driver, no such device, or no code for it */
  CLAW_NO_MEMORY = 3,
  CLAW_UNSUPPORTED = 4,  /* more than the device or its kernels can do */
  CLAW_CHECK_FAILED = 5, /* a check of the program itself */
  CLAW_DRIVER_ERROR = 6
}} claw_status;

/* An array in C order.  Of a result, `data` may be NULL: then memory is allocated for the caller to
   free; else `bytes` is the room there.  A result's shape is filled in.  A number has rank 0. */
typedef struct claw_tensor {{
  void *data;
  size_t bytes;
  int64_t shape[CLAW_MAX_RANK];
}} claw_tensor;
#endif

typedef struct {name}_context {name}_context;

/* A context on a device: "cuda:1", "hip", "opencl:0", "host".  If it fails, *context still has the
   message, unless it is NULL for want of memory, and is to be closed. */
claw_status {name}_open({name}_context **context, const char *device);
void {name}_close({name}_context *context);
/* What the last status of a context means. */
const char *{name}_error(const {name}_context *context);
/* The name of a status. */
const char *{name}_status(claw_status status);
/* The device that the context is on: "cuda", ... */
const char *{name}_device(const {name}_context *context);

{entries}

#ifdef __cplusplus
}}
#endif
#endif
"""


def header(name: str, entries: Mapping[str, Entry]) -> str:
    """The header that declares the entries, by their names in C."""
    declared = "\n\n".join(_declared(name, c_name, entry) for c_name, entry in entries.items())
    return _HEADER.format(
        name=name,
        guard=f"CLAW_{name.upper()}",
        rank=MOST_DIMENSIONS,
        entries=declared,
    )


def _declared(name: str, c_name: str, entry: Entry) -> str:
    types = ", ".join(map(type_text, entry.arguments))
    made = ", ".join(map(type_text, entry.result_types))
    return "\n".join(
        [
            f"/* ({types}) -> ({made}) */".replace("?", "n"),
            f"claw_status {name}_{c_name}({name}_context *context, const claw_tensor *inputs,",
            f"{' ' * len(name + c_name)}              claw_tensor *outputs);",
        ]
    )


def c_names(names: Iterable[str]) -> dict[str, str]:
    """Names of C for the entries, by the entries' own."""
    found: dict[str, str] = {}
    for name in names:
        plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in name)
        while plain in found.values():
            plain += "_"
        found[name] = plain
    return found
