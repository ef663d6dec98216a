"""Arithmetic of halves with f32, against NumPy in float64."""

import ml_dtypes
import numpy as np
import pytest
from ptx_runner import compute

from clawc.emulators.ptx.opcode import UnknownInstruction, find_semantics

RNG = np.random.default_rng(3)
NARROW = {"f16": np.float16, "bf16": ml_dtypes.bfloat16}
EXPECTED = {
    "add": lambda a, b, c: a + c,
    "sub": lambda a, b, c: a - c,
    "fma": lambda a, b, c: a * b + c,
}


def halves(type_: str) -> np.ndarray:
    edges = [0.0, -0.0, 1.0, 65504.0, 2.0**-24]
    return np.r_[edges, RNG.normal(size=57)].astype(NARROW[type_])


@pytest.mark.parametrize("type_", NARROW)
@pytest.mark.parametrize("name", EXPECTED)
def test_mixed(name, type_):
    """Float64 holds the products, and the sums of terms that are not too far apart, exactly."""
    a, b = halves(type_), RNG.permutation(halves(type_))
    c = RNG.normal(size=len(a)).astype(np.float32)
    expected = EXPECTED[name](*(v.astype(np.float64) for v in (a, b, c))).astype(np.float32)
    bits = (type_, a.view(np.uint16)), (type_, b.view(np.uint16)), ("f32", c)
    operands = bits if name == "fma" else (bits[0], bits[2])
    places = ", ".join(f"${i}" for i in range(len(operands)))
    found = compute(f"{name}.rn.f32.{type_} $d, {places}", "f32", operands)
    assert found.view(np.float32).tolist() == expected.tolist()


def test_forms_that_there_are_not():
    for text in ("mul.rn.f32.f16", "add.rn.ftz.f32.f16", "add.rn.f64.f16", "add.rn.f32.f32"):
        with pytest.raises(UnknownInstruction):
            find_semantics(text)
