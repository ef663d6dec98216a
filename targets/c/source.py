"""A bundle as a file of C11 and its header: `model_main(context, inputs, outputs)` runs it.

The parts, in order: the runtime that all programs share (`runtime/core.c`, `numbers.c`), a driver
for each target (`host.c`, `cuda.c`, ...), the images and constants as arrays, a function for each
entry and image, and the functions of the header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from clawc.runtime.artifact import Artifact
from clawc.runtime.checksums import Bytes, name_of
from clawc.runtime.executable import written_arguments
from clawc.targets.c.arrays import byte_array, image_tables
from clawc.targets.c.entry import Numbering, entry_function
from clawc.targets.c.header import c_names, header
from clawc.targets.emission import EmissionError

# By target: the files of its driver, and what that is called; GPUs before the processor.
DRIVERS = {
    "nvptx": (("library", "gpu", "cuda"), "claw_cuda"),
    "amdgpu": (("library", "gpu", "hip"), "claw_hip"),
    "spirv": (("library", "opencl"), "claw_opencl"),
    "host": (("host",), "claw_host"),
}
_PROLOGUE = """/* {name}.c: a tensor program for {specs}, which clawc wrote. */
#define _DEFAULT_SOURCE /* dlopen, mmap, posix_memalign */
#include "{name}.h"

#include <dlfcn.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
"""


def c_sources(artifact: Artifact, name: str) -> tuple[str, str]:
    """The texts of `name`.c and `name`.h.  Raises EmissionError for what has no form in C."""
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise EmissionError(f"{name!r} is no name in C: name the output with letters and digits")
    for image in artifact.images:
        if image.chip.startswith("vulkan"):
            raise EmissionError(f"there is no loader in C for {image.spec}: leave the target out")
    targets = [target for target in DRIVERS if any(i.target == target for i in artifact.images)]
    files = dict.fromkeys(file for target in targets for file in DRIVERS[target][0])
    called = c_names(artifact.images[0].plan.entries)
    specs = ", ".join(image.spec for image in artifact.images)
    parts = [
        _PROLOGUE.format(name=name, specs=specs),
        *(_runtime(file) for file in ("core", "numbers", *files)),
        *_program(artifact, targets, called),
        _runtime("context"),
        *_functions(name, artifact, called),
    ]
    entries = artifact.images[0].plan.entries
    declared = {called[entry]: entries[entry] for entry in entries}
    return "\n".join(parts), header(name, declared)


@cache
def _runtime(file: str) -> str:
    return Path(__file__).with_name("runtime").joinpath(f"{file}.c").read_text()


def _program(artifact: Artifact, targets: list[str], called: Mapping[str, str]) -> Iterator[str]:
    """What the program has of its own: images, constants, variables, launch plans."""
    constants: dict[str, int] = {}
    variables: dict[str, dict[str, int]] = {}
    initial: list[int] = []
    for image in artifact.images:
        for entry in image.plan.entries.values():
            for constant in entry.constants:
                identity = name_of(constant.data)
                if identity not in constants:
                    yield byte_array(f"claw_constant_{len(constants)}", constant.data)
                    constants[identity] = len(constants)
    for name, entry in artifact.images[0].plan.entries.items():
        variables[name] = {}
        for variable in entry.variables:
            variables[name][variable.name] = len(initial)
            initial.append(constants[name_of(entry.constants[variable.initial].data)])
    rows = []
    for number, image in enumerate(artifact.images):
        kernels = list(image.kernels)
        tables, row = image_tables(number, image, kernels)
        rows.append(row)
        yield tables
        for name, entry in image.plan.entries.items():
            numbering = Numbering(
                {kernel: i for i, kernel in enumerate(kernels)},
                [constants[name_of(constant.data)] for constant in entry.constants],
                variables[name],
            )
            written = written_arguments(entry, image)
            yield entry_function(f"claw_{called[name]}_{number}", entry, numbering, written)
    yield "\n".join(["static const claw_image claw_images[] = {", *rows, "};"])
    yield _tables(_constants(artifact), initial, [DRIVERS[target][1] for target in targets])


def _constants(artifact: Artifact) -> dict[str, Bytes]:
    return {
        name_of(constant.data): constant.data
        for image in artifact.images
        for entry in image.plan.entries.values()
        for constant in entry.constants
    }


def _tables(constants: Mapping[str, Bytes], initial: list[int], drivers: list[str]) -> str:
    """The tables that `runtime/context.c` reads; an array has one element at least."""
    rows = [f"    {{claw_constant_{i}, {len(d)}}}," for i, d in enumerate(constants.values())]
    return "\n".join(
        [
            f"static const size_t claw_constant_count = {len(constants)};",
            f"static const size_t claw_variable_count = {len(initial)};",
            "static const claw_constant claw_constants[] = {",
            *rows,
            "    {NULL, 0},",
            "};",
            f"static const size_t claw_variables[] = {{{', '.join(map(str, [*initial, 0]))}}};",
            "static const claw_driver *const claw_drivers[] = {",
            *[f"    &{driver}," for driver in drivers],
            "};",
            "",
        ]
    )


_API = """
struct {name}_context {{
  claw_context base;
}};

claw_status {name}_open({name}_context **context, const char *device) {{
  *context = calloc(1, sizeof **context);
  return *context ? claw_open(&(*context)->base, device) : CLAW_NO_MEMORY;
}}

void {name}_close({name}_context *context) {{
  if (context) claw_leave(&context->base);
  free(context);
}}

const char *{name}_error(const {name}_context *context) {{
  return context ? context->base.error : "no memory for the context";
}}

const char *{name}_status(claw_status status) {{
  static const char *const names[] = {{"ok",          "bad argument", "no device",   "no memory",
                                      "unsupported", "check failed", "driver error"}};
  return (size_t)status < sizeof names / sizeof *names ? names[status] : "unknown status";
}}

const char *{name}_device(const {name}_context *context) {{
  return context && context->base.driver ? context->base.driver->name : "";
}}
"""
_ENTRY = """
claw_status {name}_{entry}({name}_context *context, const claw_tensor *inputs,
{indent}              claw_tensor *outputs) {{
  static claw_status (*const runs[])(claw_context *, const claw_tensor *, claw_tensor *) = {{
      {runs}}};
  if (!context || !context->base.driver) return CLAW_NO_DEVICE;
  context->base.error[0] = 0;
  return runs[context->base.image_number](&context->base, inputs, outputs);
}}
"""


def _functions(name: str, artifact: Artifact, called: Mapping[str, str]) -> Iterator[str]:
    """What the header declares."""
    yield _API.format(name=name)
    for entry in called.values():
        runs = ", ".join(f"claw_{entry}_{number}" for number in range(len(artifact.images)))
        yield _ENTRY.format(name=name, entry=entry, runs=runs, indent=" " * len(name + entry))
