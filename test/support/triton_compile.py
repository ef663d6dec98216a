"""Kernels that Triton compiles, for any chip and without a GPU: another producer of code."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource


@dataclass(frozen=True)
class TritonKernel:
    """What a driver needs: the PTX's text or the HSACO, and how to launch it.

    Triton adds two pointers after the kernel's own parameters, to scratch memory of the launch and
    of its profiler; kernels that use neither (`scratch` is 0) take any number there.
    """

    name: str
    code: bytes
    threads: int  # of a workgroup
    shared: int  # dynamic bytes
    scratch: int  # bytes of global scratch memory a workgroup
    metadata: Any  # all that Triton tells of it


def compiled(
    function: Any, types: str, target: str, *, warps: int = 4, stages: int = 3, **constants: Any
) -> TritonKernel:
    """Compile a `@triton.jit` function for "sm_90", "gfx942" and so on.

    `types` are those of the parameters that are no constants, in their order: "*fp32:16 i32" is a
    pointer that is a multiple of 16 (so that Triton may load vectors), and an integer.  What is no
    parameter of the function is an option of Triton's backend.
    """
    return _compiled(function, types, target, warps, stages, tuple(sorted(constants.items())))


@cache
def _compiled(
    function: Any,
    types: str,
    target: str,
    warps: int,
    stages: int,
    constants: tuple[tuple[str, Any], ...],
) -> TritonKernel:
    _prepare()
    given = dict(constants)
    values = {name: given.pop(name) for name in function.arg_names if name in given}
    names = [name for name in function.arg_names if name not in values]
    written = dict(zip(names, (each.split(":") for each in types.split()), strict=True))
    signature = {name: written.get(name, ["constexpr"])[0] for name in function.arg_names}
    divisible = {
        (function.arg_names.index(name),): [["tt.divisibility", int(by[0])]]
        for name, (_, *by) in written.items()
        if by
    }
    source = ASTSource(function, signature, values, divisible)
    options = {"num_warps": warps, "num_stages": stages, "enable_fp_fusion": True, **given}
    made = triton.compile(source, _target(target), options)
    text = made.asm["ptx"].encode() if "ptx" in made.asm else made.asm["hsaco"]
    facts = made.metadata
    threads = facts.num_warps * facts.warp_size
    return TritonKernel(facts.name, text, threads, facts.shared, facts.global_scratch_size, facts)


def _target(chip: str) -> GPUTarget:
    if chip.startswith("sm_"):
        return GPUTarget("cuda", int(chip[3:]), 32)
    return GPUTarget("hip", chip, 64 if chip.startswith("gfx9") else 32)


@cache
def _prepare() -> None:
    """Triton's cache of files in a folder of its own; PTX is left as it is, not assembled."""
    folder = tempfile.mkdtemp(prefix="triton-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    triton.knobs.cache.dir = folder
    triton.knobs.runtime.add_stages_inspection_hook = _without_assembly


def _without_assembly(*arguments: Any) -> tuple[str, str] | None:
    if not arguments:
        return "ptx", "ptx"  # a part of the key of Triton's cache
    stages = arguments[1]
    if "cubin" in stages:
        stages["cubin"] = lambda text, facts: b"-"
    return None
