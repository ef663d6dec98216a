"""Arithmetic in f32 and f64: IEEE 754 with the rounding that the modifiers say.

Denormals of f32 are kept, or flushed where `.ftz` says so; a NaN that comes out is the chips' own.
The approximations (`ex2.approx`, ...) are rounded from f64, which is within what the manual allows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.fma import exact_sum, fused_double
from clawc.emulators.ptx.opcode import Opcode, Semantics, find_semantics, semantics
from clawc.emulators.ptx.values import (
    Array,
    canonical,
    dtype_of,
    flushed,
    fused,
    rounded,
    saturated,
)

MODES = ("rn", "rz", "rm", "rp")


def float_type(op: Opcode, *allowed: str) -> str:
    type_ = op.type()
    if type_ not in (allowed or ("f32", "f64")):
        raise op.unknown()
    return type_


def finished(op: Opcode, type_: str, compute: Callable[..., Array]) -> Callable[..., Array]:
    """Takes the modifiers of all arithmetic, and does around `compute` what they say."""
    flush, saturate = op.flag("ftz"), op.flag("sat")
    if type_ == "f64" and (flush or saturate):
        raise op.unknown()

    def run(*operands: Array) -> Array:
        if flush:
            operands = tuple(flushed(x) for x in operands)
        result = compute(*operands)
        if saturate:
            return saturated(result)
        return canonical(flushed(result) if flush else result)

    return run


@semantics("add", "sub")
def add_sub(op: Opcode) -> Semantics:
    type_ = float_type(op)
    mode = op.one_of(*MODES, default="rn")
    nearest = np.subtract if op.base == "sub" else np.add
    if mode == "rn":
        return Semantics(type_, (type_, type_), finished(op, type_, nearest))

    def directed(a: Array, b: Array) -> Array:
        total, lost = exact_sum(a, -b if op.base == "sub" else b)
        return _adjusted(total, lost, mode)

    return Semantics(type_, (type_, type_), finished(op, type_, directed))


def _adjusted(near: Array, lost: Array, mode: str) -> Array:
    """What was rounded to nearest, losing `lost`, to another rounding."""
    infinity = near.dtype.type(np.inf)
    up, down = np.nextafter(near, infinity), np.nextafter(near, -infinity)
    wants_up = (lost > 0) & ((mode == "rp") | ((mode == "rz") & (near < 0)))
    wants_down = (lost < 0) & ((mode == "rm") | ((mode == "rz") & (near > 0)))
    return np.where(wants_up, up, np.where(wants_down, down, near))


@semantics("mul")
def multiply(op: Opcode) -> Semantics:
    type_ = float_type(op)
    mode = op.one_of(*MODES, default="rn")
    if mode != "rn" and type_ == "f64":
        raise op.unknown()
    compute = (
        np.multiply
        if mode == "rn"
        else lambda a, b: rounded(_wide(a) * _wide(b), a.dtype.type, mode)
    )
    return Semantics(type_, (type_, type_), finished(op, type_, compute))


def _wide(x: Array) -> Array:
    return x.astype(np.float64)


@semantics("fma", "mad")
def multiply_add(op: Opcode) -> Semantics:
    type_ = float_type(op)
    mode = op.one_of(*MODES)
    if type_ == "f64":
        if mode != "rn":
            raise op.unknown()
        compute = fused_double
    elif mode == "rn":
        compute = lambda a, b, c: fused(a, b, c).astype(np.float32)  # noqa: E731
    else:
        compute = lambda a, b, c: rounded(fused(a, b, c), np.float32, mode)  # noqa: E731
    return Semantics(type_, (type_,) * 3, finished(op, type_, compute))


@semantics("div")
def divide(op: Opcode) -> Semantics:
    type_ = float_type(op)
    mode = op.one_of("approx", "full", *MODES)
    if mode in ("approx", "full") and type_ != "f32" or mode in MODES[1:] and type_ == "f64":
        raise op.unknown()
    compute = np.divide
    if mode == "approx":
        compute = _divided_approximately
    elif mode in MODES[1:]:
        compute = lambda a, b: _divided(a, b, mode)  # noqa: E731
    return Semantics(type_, (type_, type_), finished(op, type_, compute))


def _divided_approximately(a: Array, b: Array) -> Array:
    """Beyond 2**126 a divisor's reciprocal is flushed: the quotient is 0, or NaN of infinity."""
    large = (np.abs(b) > 2.0**126) & np.isfinite(b)
    return np.where(large, a * np.copysign(np.float32(0), b), a / b)


def _divided(a: Array, b: Array, mode: str) -> Array:
    near = a / b
    lost = -(_wide(near) * _wide(b) - _wide(a)) * np.sign(_wide(b))  # exact products of f32
    return _adjusted(near, np.where(np.isfinite(near), lost, 0), mode)


@semantics("sqrt", "rcp")
def root_reciprocal(op: Opcode) -> Semantics:
    type_ = float_type(op)
    mode = op.one_of("approx", *MODES)
    wide: Callable[[Array], Array] = np.sqrt if op.base == "sqrt" else np.reciprocal
    if mode in ("approx", "rn"):
        flush_all = mode == "approx" and type_ == "f64" and op.base == "rcp" and op.flag("ftz")
        if mode == "approx" and type_ == "f64" and not flush_all:
            raise op.unknown()
        if flush_all:
            return Semantics(type_, (type_,), _coarse(np.reciprocal))
        return Semantics(type_, (type_,), finished(op, type_, wide))
    if type_ == "f64":
        raise op.unknown()
    return Semantics(
        type_, (type_,), finished(op, type_, lambda a: rounded(wide(_wide(a)), np.float32, mode))
    )


def _coarse(compute: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """The approximations of f64 see the upper 32 bits only, and give as many."""
    upper = np.uint64(0xFFFFFFFF << 32)

    def run(a: Array) -> Array:
        seen = (a.view(np.uint64) & upper).view(np.float64)
        return (compute(seen).view(np.uint64) & upper).view(np.float64)

    return run


@semantics("rsqrt")
def reciprocal_root(op: Opcode) -> Semantics:
    type_ = float_type(op)
    op.one_of("approx")
    if type_ == "f64":
        compute = lambda a: 1 / np.sqrt(a)  # noqa: E731
        return Semantics(type_, (type_,), _coarse(compute) if op.flag("ftz") else compute)
    return Semantics(type_, (type_,), finished(op, type_, _through_f64(lambda a: 1 / np.sqrt(a))))


def _through_f64(compute: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda a: compute(_wide(a)).astype(np.float32)


_APPROXIMATED: dict[str, Callable[[Array], Array]] = {
    "ex2": np.exp2,
    "lg2": np.log2,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
}


@semantics(*_APPROXIMATED)
def approximate(op: Opcode) -> Semantics:
    type_ = float_type(op, "f32")
    op.one_of("approx")
    return Semantics(type_, (type_,), finished(op, type_, _through_f64(_APPROXIMATED[op.base])))


@semantics("min", "max")
def minimum_maximum(op: Opcode) -> Semantics:
    """Of a number and a NaN the number, unless `.NaN` says NaN; -0 is less than 0."""
    type_ = float_type(op)
    keeps_nan, magnitude = op.flag("NaN"), op.flag("xorsign")
    if op.flag("abs") != magnitude or magnitude:
        raise op.unknown()
    compute = chosen(op.base, keeps_nan)
    return Semantics(type_, (type_, type_), finished(op, type_, compute))


def chosen(base: str, keeps_nan: bool) -> Callable[[Array, Array], Array]:
    names = {"min": (np.fmin, np.minimum), "max": (np.fmax, np.maximum)}
    select = names[base][keeps_nan]

    def compute(a: Array, b: Array) -> Array:
        result = select(a, b)
        tie = a == b
        zeros = tie & (result == 0)
        if zeros.any():
            negative = (
                np.signbit(a) | np.signbit(b) if base == "min" else np.signbit(a) & np.signbit(b)
            )
            zero = result.dtype.type(0)
            result = np.where(zeros, np.where(negative, -zero, zero), result)
        return result

    return compute


@semantics("abs", "neg")
def absolute_negate(op: Opcode) -> Semantics:
    type_ = float_type(op)
    flush = op.flag("ftz")
    if flush and type_ != "f32":
        raise op.unknown()
    compute = np.abs if op.base == "abs" else np.negative
    return Semantics(type_, (type_,), lambda a: compute(flushed(a) if flush else a))


@semantics("copysign")
def copy_sign(op: Opcode) -> Semantics:
    """The first operand's sign, the second one's size."""
    type_ = float_type(op)
    return Semantics(type_, (type_, type_), lambda a, b: np.copysign(b, a))


@semantics("testp")
def test_property(op: Opcode) -> Semantics:
    kind = op.one_of("finite", "infinite", "notanumber", "number", "normal", "subnormal")
    type_ = float_type(op)
    smallest = np.finfo(dtype_of(type_)).tiny
    tests: dict[str, Callable[[Array], Array]] = {
        "finite": np.isfinite,
        "infinite": np.isinf,
        "notanumber": np.isnan,
        "number": lambda a: ~np.isnan(a),
        "normal": lambda a: np.isfinite(a) & (np.abs(a) >= smallest),
        "subnormal": lambda a: (a != 0) & (np.abs(a) < smallest),
    }
    return Semantics("pred", (type_,), tests[kind])


@semantics("add", "sub", "mul", "fma")
def on_pairs(op: Opcode) -> Semantics:
    """`fma.rn.f32x2`: two at once, in a register of 64 bits."""
    float_type(op, "f32x2")
    single = find_semantics(".".join([op.base, *op.rest, "f32"]))
    op.rest.clear()
    if single is None:
        raise op.unknown()

    def compute(*pairs: Array) -> Array:
        lanes = (np.ascontiguousarray(pair).view(np.float32).reshape(-1, 2) for pair in pairs)
        return np.ascontiguousarray(single.compute(*lanes)).view(np.uint64).reshape(-1)

    return Semantics("b64", ("b64",) * len(single.operands), compute)
