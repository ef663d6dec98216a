"""The programs by Triton, which compiles for NVIDIA's chips since sm_80 and the table's AMD chips
without a GPU: each in a few settings, of which the best counts.

A convolution is left out: Triton's tutorials have none, and we would measure our own writing.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from typing import Any

from benchmarks.static import gcn, sass
from benchmarks.static.instructions import Code
from clawc.chips.chip import Chip

NAME = "triton"
PTX = 90  # version of PTX: ptxas since CUDA 13.0 reads it


@dataclass(frozen=True)
class Setting:
    """`types` are those of the parameters that are no constants; "*fp16:16" is a pointer to a
    multiple of 16."""

    kernel: str
    types: str
    warps: int
    stages: int
    constants: Mapping[str, Any] = field(default_factory=dict)


_SIZES = "i32:16 i32:16 i32:16"
_TILES = (  # m, n, k, warps, stages: as autotuners of Triton's tutorials try them
    *((128, 256, 64, 8, 3), (128, 128, 64, 4, 3), (128, 128, 32, 4, 4), (128, 128, 64, 8, 2)),
    (256, 128, 64, 8, 3),
)


def _products(operand: str, result: str, sizes: str, gelu: bool, even: bool) -> tuple[Setting, ...]:
    types = f"*{operand}:16 *{operand}:16 *{result}:16 *fp32:16 {sizes}"
    return tuple(
        Setting(
            *("matmul", types, warps, stages),
            dict(BLOCK_M=m, BLOCK_N=n, BLOCK_K=k, GELU=gelu, EVEN_K=even),
        )
        for m, n, k, warps, stages in _TILES
        if operand == "fp16" or k == 32
    )


SETTINGS: dict[str, tuple[Setting, ...]] = {
    "matmul f16 4096": _products("fp16", "fp32", _SIZES, False, True),
    "matmul f16 1000": _products("fp16", "fp32", "i32 i32 i32", False, False),
    "matmul f16 + bias + gelu": _products("fp16", "fp16", _SIZES, True, True),
    "attention f16 causal": tuple(
        Setting(
            *("attention", "*fp16:16 *fp16:16 *fp16:16 *fp16:16 i32:16", warps, stages),
            dict(DIM=64, BLOCK_M=128, BLOCK_N=n),
        )
        for n, warps, stages in ((64, 4, 3), (64, 8, 3), (32, 4, 3))
    ),
    "matmul f32 1024": _products("fp32", "fp32", _SIZES, False, True),
    "softmax f32": (Setting("softmax", "*fp32:16 *fp32:16 i32:16", 4, 1, dict(BLOCK=1024)),),
    "rms_norm f16": (
        Setting("rms_norm", "*fp16:16 *fp16:16 *fp16:16 i32:16", 8, 1, dict(BLOCK=4096)),
    ),
    "transpose f32": (
        Setting("transpose", "*fp32:16 *fp32:16 i32:16 i32:16", 4, 1, dict(SIDE=32)),
    ),
}


def version() -> str:
    """Of Triton; empty where it is not installed."""
    return metadata.version(NAME) if find_spec(NAME) else ""


def kernel(setting: Setting, chip: Chip) -> Code:
    """The code of one setting."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from benchmarks.static import triton_kernels

    _prepare()
    function = getattr(triton_kernels, setting.kernel)
    names = [name for name in function.arg_names if name not in setting.constants]
    types = dict(zip(names, (each.split(":") for each in setting.types.split()), strict=True))
    signature = {name: types.get(name, ["constexpr"])[0] for name in function.arg_names}
    multiples = {
        (function.arg_names.index(name),): [["tt.divisibility", int(by[0])]]
        for name, (_, *by) in types.items()
        if by
    }
    cuda = chip.target == "nvptx"
    options = {"enable_fp_fusion": True, **({"ptx_version": PTX} if cuda else {})}
    target = GPUTarget(*("cuda", int(chip.name[3:])) if cuda else ("hip", chip.name), chip.lanes)
    made = triton.compile(
        ASTSource(function, signature, dict(setting.constants), multiples),
        target,
        {**options, "num_warps": setting.warps, "num_stages": setting.stages},
    )
    facts = made.metadata
    threads, shared = {facts.name: facts.num_warps * chip.lanes}, {facts.name: facts.shared}
    if cuda:
        return sass.kernels(made.asm["ptx"], made_for(made.asm["ptx"]), threads, shared)[0]
    static = {facts.name: 0}  # a code object tells its own
    return gcn.kernels(made.asm["hsaco"], threads, static)[0]


def made_for(ptx: str) -> str:
    """The chip that PTX names: "sm_90a" has instructions that "sm_90" has not."""
    return ptx.partition(".target ")[2].split()[0].rstrip(",")


@cache
def _prepare() -> None:
    """Triton's cache of files in a folder of its own; PTX is left for our assembler."""
    import triton

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
