"""Operations on each element: `unary`, `binary`, `compare`, `select` and `cast`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clawc.dialects.claw_op import ClawOp, expect_element, expect_same_element
from clawc.dialects.ext import Operand, Result, one_of
from clawc.dialects.shapes import BOOL, ELEMENTS, FLOATS, INTEGERS, NUMBERS, Label, element, rank

_NO_BROADCAST = "; shapes are not broadcast, use claw.broadcast"

# fmt: off
FLOAT_UNARY = (
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "cbrt", "reciprocal",
    "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf",
    "sigmoid", "hard_sigmoid", "silu", "hard_swish", "mish", "softplus",
    "relu6", "leaky_relu", "elu", "gelu", "gelu_tanh", "floor", "ceil", "round", "trunc",
)
NUMBER_UNARY = ("neg", "abs", "sign", "square", "relu")
PREDICATES = ("is_nan", "is_inf", "is_finite")
BINARY = (
    "add", "sub", "mul", "div", "floor_div", "rem", "mod", "pow", "max", "min", "atan2",
    "and", "or", "xor", "shift_left", "shift_right",
)
# fmt: on
UNARY = (*NUMBER_UNARY, *FLOAT_UNARY, "not", *PREDICATES)
WITH_ALPHA = {"leaky_relu": 0.01, "elu": 1.0}
COMPARE = ("eq", "ne", "lt", "le", "gt", "ge")


def unary_elements(kind: str) -> tuple[str, ...]:
    """The element types that `kind` takes."""
    if kind == "not":
        return (*INTEGERS, BOOL)
    return NUMBERS if kind in NUMBER_UNARY else FLOATS


def binary_elements(kind: str) -> tuple[str, ...]:
    """The element types that `kind` takes."""
    if kind in ("and", "or", "xor"):
        return (*INTEGERS, BOOL)
    if kind in ("shift_left", "shift_right"):
        return INTEGERS
    if kind == "atan2":
        return FLOATS
    return ELEMENTS if kind in ("max", "min") else NUMBERS


class UnaryOp(ClawOp, name="unary"):
    """`out[i] = kind(input[i])`.

    `neg`, `abs`, `sign`, `square` and `relu` take floats and integers, `not` takes integers
    (bitwise) and i1, the others floats.  `is_nan`, `is_inf` and `is_finite` give i1, the others
    their input's type.  `round` rounds halves to even; `gelu_tanh` is the approximation by tanh;
    `alpha` is the slope of `leaky_relu` (0.01 if left out) and the scale of `elu` (1.0).
    """

    input: Operand
    kind: str = one_of(*UNARY)
    alpha: float | None
    out: Result

    example = 'claw.unary %x {kind = "relu"} : (tensor<4x?xf32>) -> tensor<4x?xf32>'

    def labels(self) -> dict[str, Sequence[Label]]:
        axes = range(rank(self.input))
        return {"input": axes, "out": axes}

    def rules(self) -> Iterator[str]:
        allowed = unary_elements(self.kind)
        if element(self.input) not in allowed:
            yield f"{self.kind} takes {', '.join(allowed)}; got {element(self.input)}"
        elif self.kind in PREDICATES:
            yield from expect_element("out", self.out, (BOOL,))
        else:
            yield from expect_element("out", self.out, (element(self.input),))
        if self.alpha is not None and self.kind not in WITH_ALPHA:
            yield f"alpha has no meaning for {self.kind}; it belongs to {' and '.join(WITH_ALPHA)}"


class BinaryOp(ClawOp, name="binary"):
    """`out[i] = kind(lhs[i], rhs[i])`, on tensors of one shape and type.

    Integers are signed and wrap around.  `div` of integers truncates toward zero and `floor_div`
    rounds down; `rem` has the sign of lhs and `mod` the sign of rhs; an integer divided by zero
    gives 0 for all four, and nothing traps.  Integer `pow` with a negative exponent is 0 unless
    lhs is 1 or -1.  `max` and `min` give NaN if either side is.  A shift by less than 0 or by the
    width or more is unspecified; `shift_right` keeps the sign.  i1 takes max, min, and, or, xor.
    """

    lhs: Operand
    rhs: Operand
    kind: str = one_of(*BINARY)
    out: Result

    example = 'claw.binary %x, %y {kind = "add"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>'
    hint = _NO_BROADCAST

    def labels(self) -> dict[str, Sequence[Label]]:
        axes = range(rank(self.lhs))
        return {"lhs": axes, "rhs": axes, "out": axes}

    def rules(self) -> Iterator[str]:
        allowed = binary_elements(self.kind)
        if element(self.lhs) not in allowed:
            yield f"{self.kind} takes {', '.join(allowed)}; got {element(self.lhs)}"
        yield from expect_same_element("lhs, rhs and out", self.lhs, self.rhs, self.out)


class CompareOp(ClawOp, name="compare"):
    """`out[i] = lhs[i] kind rhs[i]` as i1.

    NaN is unequal to everything, and not ordered.  Integers are signed; of i1, false < true.
    """

    lhs: Operand
    rhs: Operand
    kind: str = one_of(*COMPARE)
    out: Result

    example = 'claw.compare %x, %y {kind = "lt"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>'
    hint = _NO_BROADCAST

    def labels(self) -> dict[str, Sequence[Label]]:
        axes = range(rank(self.lhs))
        return {"lhs": axes, "rhs": axes, "out": axes}

    def rules(self) -> Iterator[str]:
        yield from expect_element("lhs", self.lhs, ELEMENTS)
        yield from expect_same_element("lhs and rhs", self.lhs, self.rhs)
        yield from expect_element("out", self.out, (BOOL,))


class SelectOp(ClawOp, name="select"):
    """`out[i] = lhs[i] if condition[i] else rhs[i]`."""

    condition: Operand
    lhs: Operand
    rhs: Operand
    out: Result

    example = (
        "claw.select %c, %x, %y : (tensor<4xi1>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>"
    )
    hint = _NO_BROADCAST

    def labels(self) -> dict[str, Sequence[Label]]:
        axes = range(rank(self.condition))
        return dict.fromkeys(("condition", "lhs", "rhs", "out"), axes)

    def rules(self) -> Iterator[str]:
        yield from expect_element("condition", self.condition, (BOOL,))
        yield from expect_element("lhs", self.lhs, ELEMENTS)
        yield from expect_same_element("lhs, rhs and out", self.lhs, self.rhs, self.out)


class CastOp(ClawOp, name="cast"):
    """Each element converted to the result's type.

    Floats round to nearest even; float to integer truncates toward zero, and is unspecified for NaN
    and values that do not fit; integers wrap; to i1 is "not zero", and from i1 gives 0 or 1.
    """

    input: Operand
    out: Result

    example = "claw.cast %x : (tensor<4x8xf32>) -> tensor<4x8xf16>"

    def labels(self) -> dict[str, Sequence[Label]]:
        axes = range(rank(self.input))
        return {"input": axes, "out": axes}

    def rules(self) -> Iterator[str]:
        yield from expect_element("input", self.input, ELEMENTS)
        yield from expect_element("out", self.out, ELEMENTS)
