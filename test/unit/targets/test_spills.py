"""Kernels keep their values in registers: no chip spills, with the default schedules."""

import os
from itertools import cycle

import pytest

from clawc.chips.known import known
from clawc.compiler.compilation import Compilation
from clawc.compiler.source import Source
from clawc.targets.emission import EmissionError
from clawc.targets.ptxas import assemble, find_ptxas

CHIPS = [*known()["nvptx"], *known()["amdgpu"]]
FEW_REGISTERS = ["gfx906"]  # for products of 64 bits: it spills up to 6 of 256

TYPES = [
    ("f32", "f32"),
    ("f16", "f32"),
    ("bf16", "bf16"),
    ("f64", "f64"),
    ("i8", "i32"),
    ("i16", "i32"),
    ("i32", "i32"),
    ("i64", "i64"),
]
SIZES = [(33, 31, 65), (None, None, None)]
FLAGS = ["", "{transpose_lhs}", "{transpose_rhs}"]
OTHERS = [
    ("softmax", ["?x?xf32"], "?x?xf32", ""),
    ("softmax", ["32x1000xf16"], "32x1000xf16", ""),
    ("layer_norm", ["?x?xbf16", "?xbf16", "?xbf16"], "?x?xbf16", ""),
    ("rms_norm", ["64x4096xf32", "4096xf32"], "64x4096xf32", ""),
    ("reduce", ["?x?xf32"], "?xf32", '{kind = "sum", axes = array<i64: 0>}'),
    ("reduce", ["7x3000xi64"], "7xi64", '{kind = "max", axes = array<i64: 1>}'),
    ("transpose", ["?x?xf32"], "?x?xf32", "{permutation = array<i64: 1, 0>}"),
    ("unary", ["?xf32"], "?xf32", '{kind = "gelu"}'),
    ("unary", ["?xf64"], "?xf64", '{kind = "sin"}'),
    ("conv2d", ["2x16x20x20xf32", "32x16x3x3xf32"], "2x32x18x18xf32", ""),
    ("attention", ["2x4x100x64xf16"] * 3, "2x4x100x64xf16", "{causal}"),
]


def functions(types):
    """One program of all: a function each."""
    cases = list(OTHERS)
    flags = cycle(FLAGS)
    for operand, result in types:
        for m, n, k in SIZES:
            flag = next(flags)
            a = shape(k, m) if "lhs" in flag else shape(m, k)
            b = shape(n, k) if "rhs" in flag else shape(k, n)
            cases.append(("matmul", [a + operand, b + operand], shape(m, n) + result, flag))
    return "\n".join(function(f"f{i}", *case) for i, case in enumerate(cases))


def shape(*sizes):
    return "".join("?x" if n is None else f"{n}x" for n in sizes)


def function(name, op, operands, result, attributes):
    arguments = ", ".join(f"%{i}: tensor<{t}>" for i, t in enumerate(operands))
    names = ", ".join(f"%{i}" for i in range(len(operands)))
    types = ", ".join(f"tensor<{t}>" for t in operands)
    return f"""func.func @{name}({arguments}) -> tensor<{result}> {{
  %r = claw.{op} {names} {attributes} : ({types}) -> tensor<{result}>
  return %r : tensor<{result}>
}}"""


def facts(chip):
    types = [t for t in TYPES if "64" not in t[0] or chip.name not in FEW_REGISTERS]
    (image,) = Compilation(Source(functions(types))).images([chip])
    if chip.target != "nvptx":
        return image.plan.kernels
    return assemble(image.data.decode(), chip.name)[1]


@pytest.mark.parametrize("chip", CHIPS, ids=lambda chip: chip.name)
def test_nothing_is_spilled(chip):
    required = os.environ.get("CLAWC_REQUIRE_DRIVERS")
    if chip.target == "nvptx" and find_ptxas() is None and not required:
        pytest.skip("no ptxas")
    try:
        kernels = facts(chip)
    except EmissionError as error:
        if "does not know" not in str(error) or required:
            raise
        pytest.skip(f"this ptxas does not know {chip.name}")  # 13 has dropped sm_70
    assert len(kernels) > 24
    assert all(fact["registers"] > 0 for fact in kernels.values())
    assert {name: fact for name, fact in kernels.items() if fact["spills"]} == {}
