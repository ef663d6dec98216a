"""The scalar arithmetic of claw's elementwise kinds, as arith and math operations."""

from __future__ import annotations

import math as pymath
from collections.abc import Callable
from typing import Any

from mlir import ir
from mlir.dialects import arith, math

from clawc.passes.claw_to_linalg.build import constant

_F = arith.CmpFPredicate
_I = arith.CmpIPredicate


class Float:
    """A float value that Python's operators and numbers work on."""

    def __init__(self, value: ir.Value) -> None:
        self.value = value

    def of(self, other: Float | float) -> ir.Value:
        """`other` as a value of this one's type."""
        if isinstance(other, Float):
            return other.value
        return constant(self.value.type, other)

    def __add__(self, other: Float | float) -> Float:
        return Float(arith.addf(self.value, self.of(other)))

    def __sub__(self, other: Float | float) -> Float:
        return Float(arith.subf(self.value, self.of(other)))

    def __mul__(self, other: Float | float) -> Float:
        return Float(arith.mulf(self.value, self.of(other)))

    def __truediv__(self, other: Float | float) -> Float:
        return Float(arith.divf(self.value, self.of(other)))

    def __rtruediv__(self, other: float) -> Float:
        return Float(arith.divf(self.of(other), self.value))

    def __neg__(self) -> Float:
        return Float(arith.negf(self.value))

    def max(self, other: Float | float) -> Float:
        return Float(arith.maximumf(self.value, self.of(other)))

    def min(self, other: Float | float) -> Float:
        return Float(arith.minimumf(self.value, self.of(other)))

    def call(self, function: Callable[..., Any]) -> Float:
        return Float(function(self.value))

    def is_(self, predicate: arith.CmpFPredicate, other: Float | float) -> ir.Value:
        return arith.cmpf(predicate, self.value, self.of(other))

    def where(self, condition: ir.Value, other: Float | float) -> Float:
        """This where `condition` holds, else `other`."""
        return Float(arith.select(condition, self.value, self.of(other)))


def sigmoid(x: Float) -> Float:
    return 1.0 / ((-x).call(math.exp) + 1.0)


def softplus(x: Float) -> Float:
    """`log(1 + exp(x))`, of which neither end overflows."""
    return x.max(0.0) + (-x.call(math.absf)).call(math.exp).call(math.log1p)


def gelu(x: Float) -> Float:
    return x * 0.5 * ((x * pymath.sqrt(0.5)).call(math.erf) + 1.0)


def gelu_tanh(x: Float) -> Float:
    inner = (x + x * x * x * 0.044715) * pymath.sqrt(2 / pymath.pi)
    return x * 0.5 * (inner.call(math.tanh) + 1.0)


def sign(x: Float) -> Float:
    """1 or -1; zeros and NaN stay."""
    negative = Float(x.of(-1.0)).where(x.is_(_F.OLT, 0.0), x)
    return Float(x.of(1.0)).where(x.is_(_F.OGT, 0.0), negative)


def _leaky_relu(x: Float, alpha: float) -> Float:
    return x.where(x.is_(_F.OGT, 0.0), x * alpha)


def _elu(x: Float, alpha: float) -> Float:
    return x.where(x.is_(_F.OGT, 0.0), x.call(math.expm1) * alpha)


_MATH = {
    **{name: getattr(math, name) for name in ("exp", "exp2", "expm1", "log", "log2", "log10")},
    **{name: getattr(math, name) for name in ("log1p", "sqrt", "rsqrt", "cbrt", "erf", "tanh")},
    **{name: getattr(math, name) for name in ("sin", "cos", "tan", "asin", "acos", "atan")},
    **{name: getattr(math, name) for name in ("sinh", "cosh", "floor", "ceil", "trunc")},
    "round": math.roundeven,
    "abs": math.absf,
}

_FLOAT_UNARY: dict[str, Callable[[Float], Float]] = {
    "neg": lambda x: -x,
    "square": lambda x: x * x,
    "sign": sign,
    "reciprocal": lambda x: 1.0 / x,
    "relu": lambda x: x.max(0.0),
    "relu6": lambda x: x.max(0.0).min(6.0),
    "sigmoid": sigmoid,
    "hard_sigmoid": lambda x: (x / 6.0 + 0.5).max(0.0).min(1.0),
    "silu": lambda x: x * sigmoid(x),
    "hard_swish": lambda x: x * (x + 3.0).max(0.0).min(6.0) / 6.0,
    "mish": lambda x: x * softplus(x).call(math.tanh),
    "softplus": softplus,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
}

_PREDICATES: dict[str, Callable[[Float], ir.Value]] = {
    "is_nan": lambda x: x.is_(_F.UNO, x),
    "is_inf": lambda x: x.call(math.absf).is_(_F.OEQ, pymath.inf),
    "is_finite": lambda x: x.call(math.absf).is_(_F.OLT, pymath.inf),
}


def float_unary(kind: str, alpha: float, value: ir.Value) -> ir.Value:
    """`kind` of a float; `alpha` is for the kinds that take it."""
    x = Float(value)
    if kind in _MATH:
        return x.call(_MATH[kind]).value
    if kind in _PREDICATES:
        return _PREDICATES[kind](x)
    if kind == "leaky_relu":
        return _leaky_relu(x, alpha).value
    if kind == "elu":
        return _elu(x, alpha).value
    return _FLOAT_UNARY[kind](x).value


def integer_unary(kind: str, x: ir.Value) -> ir.Value:
    """`kind` of a signed integer or, for `not`, of an i1."""
    zero = constant(x.type, 0)
    if kind == "neg":
        return arith.subi(zero, x)
    if kind == "abs":
        return math.absi(x)
    if kind == "square":
        return arith.muli(x, x)
    if kind == "relu":
        return arith.maxsi(x, zero)
    if kind == "not":
        return arith.xori(x, constant(x.type, -1))
    one = constant(x.type, 1)  # sign
    return arith.minsi(arith.maxsi(x, constant(x.type, -1)), one)


def float_binary(kind: str, a: ir.Value, b: ir.Value) -> ir.Value:
    if kind == "floor_div":
        return math.floor(arith.divf(a, b))
    if kind == "mod":
        return _float_mod(Float(a), Float(b)).value
    return _FLOAT_BINARY[kind](a, b)


_FLOAT_BINARY: dict[str, Callable[[ir.Value, ir.Value], Any]] = {
    "add": arith.addf,
    "sub": arith.subf,
    "mul": arith.mulf,
    "div": arith.divf,
    "rem": arith.remf,
    "pow": math.powf,
    "max": arith.maximumf,
    "min": arith.minimumf,
    "atan2": math.atan2,
}


def _float_mod(a: Float, b: Float) -> Float:
    """The remainder with the sign of `b`: that of `a`, plus `b` where the signs differ."""
    rest = Float(arith.remf(a.value, b.value))
    opposite = arith.xori(rest.is_(_F.OLT, 0.0), b.is_(_F.OLT, 0.0))
    return (rest + b).where(arith.andi(opposite, rest.is_(_F.ONE, 0.0)), rest)


_INTEGER_BINARY: dict[str, Callable[[ir.Value, ir.Value], Any]] = {
    "add": arith.addi,
    "sub": arith.subi,
    "mul": arith.muli,
    "max": arith.maxsi,
    "min": arith.minsi,
    "and": arith.andi,
    "or": arith.ori,
    "xor": arith.xori,
    "shift_left": arith.shli,
    "shift_right": arith.shrsi,
}


def integer_binary(kind: str, a: ir.Value, b: ir.Value) -> ir.Value:
    """`kind` of signed integers; of i1, max and min are or and and."""
    if ir.IntegerType(a.type).width == 1:
        kind = {"max": "or", "min": "and"}.get(kind, kind)
    if kind == "pow":
        return _integer_power(a, b)
    if kind in _INTEGER_BINARY:
        return _INTEGER_BINARY[kind](a, b)
    return _integer_division(kind, a, b)


def _integer_power(base: ir.Value, exponent: ir.Value) -> ir.Value:
    """A power whose negative exponents do not divide by zero: of 0, only the 0th is not 0."""
    zero, one = constant(base.type, 0), constant(base.type, 1)
    of_zero = arith.cmpi(_I.eq, base, zero)
    zeroth = arith.select(arith.cmpi(_I.eq, exponent, zero), one, zero)
    power = math.ipowi(arith.select(of_zero, one, base), exponent)
    return arith.select(of_zero, zeroth, power)


def _integer_division(kind: str, a: ir.Value, b: ir.Value) -> ir.Value:
    """Division that never traps: by zero it gives 0, and the least integer by -1 wraps."""
    zero, one = constant(a.type, 0), constant(a.type, 1)
    by_zero = arith.cmpi(_I.eq, b, zero)
    by_minus_one = arith.cmpi(_I.eq, b, constant(a.type, -1))
    divisor = arith.select(arith.ori(by_zero, by_minus_one), one, b)
    rest = arith.remsi(a, divisor)
    if kind == "rem":
        return rest
    opposite = arith.xori(arith.cmpi(_I.slt, rest, zero), arith.cmpi(_I.slt, b, zero))
    rounds_up = arith.andi(opposite, arith.cmpi(_I.ne, rest, zero))
    if kind == "mod":
        return arith.select(rounds_up, arith.addi(rest, b), rest)
    quotient = arith.select(by_minus_one, arith.subi(zero, a), arith.divsi(a, divisor))
    if kind == "floor_div":
        quotient = arith.select(rounds_up, arith.subi(quotient, one), quotient)
    return arith.select(by_zero, zero, quotient)
