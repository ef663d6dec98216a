"""Compile a claw program for a device, run it there, and hold it against the NumPy reference."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cache
from zlib import crc32

import ml_dtypes
import numpy as np
import pytest
import run_record

import clawc
from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.compiler.compilation import Compilation
from clawc.compiler.options import Options
from clawc.compiler.source import Source
from clawc.dialects import reference
from clawc.emulators.device import names
from clawc.emulators.simt.interpreter import interpret
from clawc.runtime.device import Device, shared_device
from clawc.runtime.errors import DeviceNotFound
from clawc.targets.plan.launch_plan import build_plan


def emulated_chips(asked: str) -> list[str]:
    """The chips of a list, or all that there are."""
    if asked == "all":
        return names()
    unknown = set(asked.split()) - set(names())
    if unknown:
        raise pytest.UsageError(
            f'CLAWC_EMULATED names {", ".join(sorted(unknown))}; expected "all", '
            f"or some of {', '.join(names())}"
        )
    return asked.split()


# Devices that need no GPU: drivers, and emulators of chips (CLAWC_EMULATED names others, or all:
# CLAWC_EMULATED="sm_70 sm_100" python -m pytest test/run -k emulator); and chips whose per-thread
# programs (L4) an interpreter executes.
EMULATORS = emulated_chips(os.environ.get("CLAWC_EMULATED", "sm_80 sm_90 gfx1100 gfx942"))
DRIVERS = ("host", "opencl", "vulkan", *(f"emulator:{chip}" for chip in EMULATORS))
EMULATED = ("nvptx:sm_80", "amdgpu:gfx942", "amdgpu:gfx1100")
DEVICES = (*DRIVERS, *EMULATED)
Shape = Sequence[int]


@cache
def device(name: str) -> Device:
    """The opened device; skips the test where its driver is absent (fails where it must not be)."""
    try:
        return shared_device(name)
    except DeviceNotFound as error:
        if os.environ.get("CLAWC_REQUIRE_DRIVERS"):
            raise
        pytest.skip(str(error))


def chip(name: str) -> Chip:
    """The chip that is compiled for: an emulated one's own, else the device's."""
    if name in EMULATED:
        return find(name)
    opened = device(name)
    return find(f"{opened.target}:{opened.chip}")


def supports(name: str, dtype: str) -> bool:
    """Whether the device computes in the type."""
    return dtype in chip(name).types


def levels_too(text: str) -> bool:
    """Whether each step is held against its level: for one program in eight, as it costs half of
    the compilation again; `test/unit/passes/levels` does so for all examples."""
    return crc32(text.encode()) % 8 == 0


def run(
    text: str, inputs: Sequence[np.ndarray], name: str, schedules: str = ""
) -> list[np.ndarray]:
    """The program's results on the device, which is noted for docs/tested.md; `schedules` is the
    text of a schedule file."""
    if name in EMULATED:
        results = emulate(text, inputs, find(name), schedules)
    else:
        spec, levels = chip(name).spec, levels_too(text)
        artifact = clawc.compile(
            text, target=spec, schedules=schedules, verify_levels=levels, cache=False
        )
        results = clawc.load(artifact, name)(*inputs)
    run_record.note(text, name)
    return list(results) if isinstance(results, (tuple, list)) else [results]


def emulate(
    text: str, inputs: Sequence[np.ndarray], chip: Chip, schedules: str = ""
) -> list[np.ndarray]:
    """The results of the per-thread program, which must be free of races and stray accesses."""
    compilation = Compilation(Source(text), Options(schedules, verify_levels=levels_too(text)))
    module = compilation.for_chip(compilation.shared(), chip)
    stored = [np.asarray(x).view(np.int8) if x.dtype == bool else x for x in inputs]
    result = interpret(module, stored, lanes=chip.lanes, order="reversed")
    assert not result.findings, "\n".join(map(str, result.findings))
    entry = build_plan(module).entries["main"]
    types = [t.dtype for t in entry.result_types]
    return [r.astype(bool) if t == "i1" else r for r, t in zip(result.outputs, types, strict=True)]


def tensor(dtype: str, shape: Shape, dynamic: bool = False) -> str:
    """`tensor<4x?xf32>`: the type, with unknown sizes if `dynamic`."""
    return f"tensor<{''.join('?x' if dynamic else f'{n}x' for n in shape)}{dtype}>"


def program(arguments: Sequence[str], body: str, results: Sequence[str]) -> str:
    """A function @main of `%0`, `%1`, …; `body` defines `%r0`, `%r1`, …"""
    signature = ", ".join(f"%{i}: {t}" for i, t in enumerate(arguments))
    returned = ", ".join(f"%r{i}" for i in range(len(results)))
    types = ", ".join(results)
    return f"""func.func @main({signature}) -> ({types}) {{
{body}
  return {returned} : {types}
}}
"""


def single(op: str, arguments: Sequence[str], result: str, attributes: str = "") -> str:
    """One claw operation on all arguments."""
    operands = ", ".join(f"%{i}" for i in range(len(arguments)))
    types = f"({', '.join(arguments)}) -> {result}"
    return program(arguments, f"  %r0 = claw.{op} {operands} {attributes} : {types}", [result])


def values(dtype: str, shape: Shape, seed: int = 0) -> np.ndarray:
    """Random values: floats of a standard normal, small integers, coin flips."""
    rng = np.random.default_rng([seed, *shape])
    if dtype == "i1":
        return rng.random(shape) < 0.5
    if dtype[0] == "i":
        return rng.integers(-9, 10, shape).astype(reference.DTYPES[dtype])
    return rng.standard_normal(shape).astype(reference.DTYPES[dtype])


def epsilon(dtype: np.dtype) -> float:
    """The spacing of the type's numbers at 1."""
    return float(ml_dtypes.finfo(dtype).eps)


def magnitudes(text: str, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What the program gives for the inputs' absolute values: for a sum of products, the sum of
    the terms' sizes, to which its rounding error is proportional (Higham, 2002, section 3.1)."""
    results = reference.evaluate(text, [np.abs(x) for x in inputs])
    return [np.abs(r.astype(np.float64)) for r in results]


def check(
    text: str,
    inputs: Sequence[np.ndarray],
    name: str,
    *,
    terms: float = 1,
    ulps: float = 4,
    scales: Sequence[np.ndarray | float] | None = None,
    schedules: str = "",
) -> None:
    """The results equal the reference: integers exactly, floats within
    `ulps` units of the result's type + `terms` roundings of f32 (f64 for f64) of size `scales`."""
    expected = reference.evaluate(text, inputs)
    actual = run(text, inputs, name, schedules)
    assert len(actual) == len(expected)
    for i, (got, want) in enumerate(zip(actual, expected, strict=True)):
        assert got.shape == want.shape and got.dtype == want.dtype, (got.dtype, want.dtype)
        if want.dtype.kind in "biu":
            np.testing.assert_array_equal(got, want, err_msg=f"result {i}\n{text}")
            continue
        exact = want.astype(np.float64)
        scale = scales[i] if scales is not None else np.abs(exact)
        inner = epsilon(np.dtype(np.float64 if want.dtype == np.float64 else np.float32))
        with np.errstate(all="ignore"):
            bound = ulps * epsilon(want.dtype) * np.abs(exact) + terms * inner * scale
            bound += ulps * float(ml_dtypes.finfo(want.dtype).smallest_normal)
            wrong = ~(np.abs(got.astype(np.float64) - exact) <= bound)
        wrong &= ~(np.isnan(exact) & np.isnan(got.astype(np.float64)))
        wrong &= ~(exact == got.astype(np.float64))
        if wrong.any():
            where = tuple(int(n) for n in np.argwhere(wrong)[0])
            message = f"result {i} at {where}: got {got[where]}, expected {want[where]}"
            pytest.fail(f"{message}; {wrong.sum()} of {wrong.size} wrong on {name}\n{text}")


def shape_id(shape: object) -> str:
    return re.sub(r"[^0-9]+", "x", str(shape)).strip("x") or "scalar"
