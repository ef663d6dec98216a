"""Which programs a kit has, and in which order: what tells most comes first, so that a run that is
cut off after a minute has shown whether anything works, and how fast the large kernels are.
"""

from __future__ import annotations

from collections.abc import Sequence

from programs.chains import all_chains
from programs.contractions import all_contractions
from programs.elementwise import all_elementwise
from programs.models import all_models
from programs.program import Program
from programs.reductions import all_reductions
from programs.timed_memory import all_memory, small_memory
from programs.timed_products import all_products, small_products

FIRST = (  # of each kind of kernel one, small
    "binary add f32",
    "matmul f16 f32 [33, 65, 31]",
    "reduce sum f32",
    "attention f16 [4/2, 17, 17, 8] causal",
    "scatter sum f32",
    "network lstm_cell",
    "softmax f32",
    "layer_norm f16",
    "unary gelu f16",
    "matmul f32 f32 [33, 65, 31]",
    "matmul bf16 bf16 [130, 72, 100] {transpose_rhs} dynamic",
    "conv2d f16 f16 [2, 3, 9, 7] by [8, 3, 3, 3] padding = array<i64: 1, 1>",
    "scan sum f32",
    "sort f32",
)
SMALL = 4  # of them, in a small kit
HEADLINES = (  # of those that are timed
    "launch of one kernel",
    "matmul f16 NN 4096x4096x4096",
    "attention f16 32/8 2048x2048x128 causal",
    "softmax f16 4096x4096",
    "residual + rms_norm f16 8192x4096",
    "conv 3x3 f16 nhwc 32x56x56x64 to 64",
    "matmul + bias + gelu f16 4096",
    "gelu f16 16777216",
    "matmul bf16 NT 16x11008x4096",
)
NARROW = ("f32", "f16")  # types that come before others


def all_programs() -> list[Program]:
    """All, in order."""
    made_by = (all_contractions, all_elementwise, all_reductions, all_models, all_chains)
    checked = [program for make in made_by for program in make()]
    timed = [*all_products(), *all_memory()]
    by_name = {program.name: program for program in (*checked, *timed)}
    if len(by_name) != len(checked) + len(timed):
        raise ValueError(f"programs have the same name: {twice(checked + timed)}")
    first = [by_name[name] for name in (*FIRST, *HEADLINES)]
    usual = [p for p in checked if any(f" {t}" in p.name for t in NARROW)]
    return list(dict.fromkeys([*first, *usual, *timed, *checked]))


def small_programs() -> list[Program]:
    """The first ones, and timed ones of small sizes: for dry runs of the whole way."""
    return [*all_programs()[:SMALL], *small_products(), *small_memory()]


def twice(programs: Sequence[Program]) -> str:
    names = [program.name for program in programs]
    return ", ".join(sorted({name for name in names if names.count(name) > 1}))
