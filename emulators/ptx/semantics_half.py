"""Arithmetic in f16, bf16 and pairs of them, rounded once from what is exact."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.ptx.opcode import Opcode, Semantics, semantics
from clawc.emulators.ptx.semantics_float import chosen, float_type
from clawc.emulators.ptx.values import (
    Array,
    canonical,
    fused,
    halves,
    joined,
    rounded,
    rounded_bf16,
    saturated,
    widened_bf16,
)

TYPES = ("f16", "bf16", "f16x2", "bf16x2")
_ARITHMETIC: dict[str, Callable[..., Array]] = {
    "add": np.add,  # of f16 or bf16 in f64: exact, or rounded where a narrower type never sees it
    "sub": np.subtract,
    "mul": np.multiply,
    "fma": fused,
    "neg": np.negative,
    "abs": np.abs,
    "ex2": np.exp2,
    "tanh": np.tanh,
}


def widened(bits: Array, element: str) -> Array:
    """f16 or bf16 from its bits to float64."""
    value = widened_bf16(bits) if element == "bf16" else bits.view(np.float16)
    return value.astype(np.float64)


def narrowed(value: Array, element: str) -> Array:
    """float64 to the bits of f16 or bf16, to nearest."""
    if element == "bf16":
        return rounded_bf16(value)
    return canonical(value.astype(np.float16)).view(np.uint16)


def of_halves(
    type_: str, compute: Callable[..., Array], result: Callable[[Array], Array]
) -> Callable[..., Array]:
    """`compute` in float64 on each half of the operands' bits; `result` on what comes out."""
    element = type_.removesuffix("x2")

    def on_bits(*bits: Array) -> Array:
        return narrowed(result(compute(*(widened(b, element) for b in bits))), element)

    def on_pairs(*pairs: Array) -> Array:
        lows, highs = zip(*(halves(pair) for pair in pairs), strict=True)
        return joined(on_bits(*lows), on_bits(*highs))

    return on_pairs if type_.endswith("x2") else on_bits


def bits_type(type_: str) -> str:
    return "b32" if type_.endswith("x2") else "b16"


@semantics("add", "sub", "mul", "fma", "min", "max", "neg", "abs", "ex2", "tanh")
def arithmetic(op: Opcode) -> Semantics:
    type_ = float_type(op, *TYPES)
    if op.base in ("ex2", "tanh"):
        op.one_of("approx")
    elif op.base in ("add", "sub", "mul", "fma"):
        op.one_of("rn", default="rn")
    flush = op.flag("ftz")
    if flush and type_.startswith("bf16") != (op.base == "ex2"):
        raise op.unknown()
    bits = bits_type(type_)
    if op.base in ("min", "max"):
        keeps_nan = op.flag("NaN")
        compute = chosen(op.base, keeps_nan)
    else:
        compute = _ARITHMETIC[op.base]
    saturate, relu = op.flag("sat"), op.flag("relu")
    if saturate:
        result = saturated
    elif relu:
        result = lambda x: np.where(np.isnan(x), x, np.maximum(x, 0))  # noqa: E731
    else:
        result = lambda x: x  # noqa: E731
    if flush and op.base != "ex2":
        compute, result = _with_flush(compute, result)
    count = {"fma": 3, "neg": 1, "abs": 1, "ex2": 1, "tanh": 1}.get(op.base, 2)
    return Semantics(bits, (bits,) * count, of_halves(type_, compute, result))


def _with_flush(
    compute: Callable[..., Array], result: Callable[[Array], Array]
) -> tuple[Callable[..., Array], Callable[[Array], Array]]:
    """f16's denormals, below 2**-14, are zeros."""

    def flush(x: Array) -> Array:
        return np.where(np.abs(x) < 2.0**-14, np.copysign(0.0, x), x)

    return lambda *xs: compute(*map(flush, xs)), lambda x: flush(result(x))


@semantics("cvt")
def to_pair(op: Opcode) -> Semantics:
    """`cvt.rn.f16x2.f32 d, high, low`."""
    if op.type() != "f32":
        raise op.unknown()
    type_ = float_type(op, "f16x2", "bf16x2")
    mode = op.one_of("rn", "rz")
    relu = op.flag("relu")
    element = type_[:-2]

    def half(x: Array) -> Array:
        x = np.maximum(x, np.float32(0)) if relu else x
        wide = x.astype(np.float64)
        if element == "bf16":
            return rounded_bf16(wide, mode)
        return canonical(rounded(wide, np.float16, mode)).view(np.uint16)

    return Semantics("b32", ("f32", "f32"), lambda high, low: joined(half(low), half(high)))
