"""Numbers under expansion: MLIR values, scalar or vector, that Python's operators compute with.

A formula is written once, `x * x + 1.0`, and emits arith operations at the current insertion point
for whatever shape and width `x` has.  Python numbers become constants of the other operand's type.
Nothing is reassociated: the operations come out in the order that is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, math, vector

from clawc.passes.ir.constants import constant_from


@dataclass(frozen=True)
class Format:
    """An IEEE binary format: what the bit tricks need to know about it."""

    bits: int
    mantissa: int  # explicit bits

    @property
    def bias(self) -> int:
        return (1 << (self.bits - self.mantissa - 2)) - 1

    @property
    def least_normal(self) -> float:
        return 2.0 ** (1 - self.bias)

    @property
    def sign_mask(self) -> int:
        return 1 << (self.bits - 1)

    @property
    def magic(self) -> float:
        """Added to a small number it leaves the nearest integer in the low bits."""
        return 1.5 * 2.0**self.mantissa


FORMATS = {32: Format(32, 23), 64: Format(64, 52)}

_CMPF = {"eq": 1, "gt": 2, "ge": 3, "lt": 4, "le": 5, "ne": 13, "uno": 14}
_CMPI = {"eq": 0, "ne": 1, "lt": 2, "le": 3, "gt": 4, "ge": 5, "ult": 6, "uge": 9}


class Num:
    """A scalar or 1-D vector of floats, integers or truth values."""

    def __init__(self, value: ir.Value) -> None:
        self.value = value
        type_ = value.type
        self.element: ir.Type = type_.element_type if isinstance(type_, ir.VectorType) else type_
        self.is_real = isinstance(self.element, ir.FloatType)

    @property
    def width(self) -> int:
        assert isinstance(self.element, (ir.FloatType, ir.IntegerType))
        return self.element.width

    @property
    def format(self) -> Format:
        return FORMATS[self.width]

    def shaped(self, element: ir.Type) -> ir.Type:
        """The type of this shape that holds `element`s."""
        if isinstance(self.value.type, ir.VectorType):
            return ir.VectorType.get(self.value.type.shape, element)
        return element

    def constant(self, number: float | int) -> Num:
        """`number` in every element, of this number's type."""
        if self.is_real:
            attribute: ir.Attribute = ir.FloatAttr.get(self.element, float(number))
        else:
            width = 64 if isinstance(self.element, ir.IndexType) else self.width
            wrapped = (int(number) + (1 << (width - 1))) % (1 << width) - (1 << (width - 1))
            attribute = ir.IntegerAttr.get(self.element, wrapped)
        if isinstance(self.value.type, ir.VectorType):
            attribute = ir.DenseElementsAttr.get_splat(self.value.type, attribute)
        return Num(constant_from(self.value.type, attribute))

    def _other(self, other: Num | float | int) -> ir.Value:
        return other.value if isinstance(other, Num) else self.constant(other).value

    def _binary(self, other: Num | float | int, real: type | None, integer: type) -> Num:
        make = real if self.is_real else integer
        assert make is not None
        return Num(make(self.value, self._other(other)).result)

    def __add__(self, other: Num | float | int) -> Num:
        return self._binary(other, arith.AddFOp, arith.AddIOp)

    def __sub__(self, other: Num | float | int) -> Num:
        return self._binary(other, arith.SubFOp, arith.SubIOp)

    def __rsub__(self, other: float | int) -> Num:
        return self.constant(other) - self

    def __mul__(self, other: Num | float | int) -> Num:
        return self._binary(other, arith.MulFOp, arith.MulIOp)

    __radd__ = __add__
    __rmul__ = __mul__

    def __truediv__(self, other: Num | float) -> Num:
        return self._binary(other, arith.DivFOp, arith.DivSIOp)

    def __rtruediv__(self, other: float) -> Num:
        return self.constant(other) / self

    def __and__(self, other: Num | int) -> Num:
        return self._binary(other, None, arith.AndIOp)

    def __or__(self, other: Num | int) -> Num:
        return self._binary(other, None, arith.OrIOp)

    def __xor__(self, other: Num | int) -> Num:
        return self._binary(other, None, arith.XOrIOp)

    def __lshift__(self, other: Num | int) -> Num:
        return self._binary(other, None, arith.ShLIOp)

    def __rshift__(self, other: Num | int) -> Num:
        """The arithmetic shift; `shifted_logically` is the other one."""
        return self._binary(other, None, arith.ShRSIOp)

    def shifted_logically(self, other: Num | int) -> Num:
        return self._binary(other, None, arith.ShRUIOp)

    def __neg__(self) -> Num:
        return Num(arith.NegFOp(self.value).result) if self.is_real else 0 - self

    def __invert__(self) -> Num:
        return self ^ -1

    def _compare(self, predicate: str, other: Num | float | int) -> Num:
        other = self._other(other)
        if self.is_real:
            return Num(arith.CmpFOp(_CMPF[predicate], self.value, other).result)
        return Num(arith.CmpIOp(_CMPI[predicate], self.value, other).result)

    def __lt__(self, other: Num | float | int) -> Num:
        return self._compare("lt", other)

    def __le__(self, other: Num | float | int) -> Num:
        return self._compare("le", other)

    def __gt__(self, other: Num | float | int) -> Num:
        return self._compare("gt", other)

    def __ge__(self, other: Num | float | int) -> Num:
        return self._compare("ge", other)

    def equals(self, other: Num | float | int) -> Num:
        return self._compare("eq", other)

    def differs(self, other: Num | float | int) -> Num:
        """Not equal; for reals also where one is NaN."""
        return self._compare("ne", other)

    def is_nan(self) -> Num:
        return self._compare("uno", self)

    def bits(self) -> Num:
        """The pattern of a real, as an integer of its width."""
        type_ = self.shaped(ir.IntegerType.get_signless(self.width))
        return Num(arith.BitcastOp(type_, self.value).result)

    def as_real(self) -> Num:
        """The real whose pattern this integer is."""
        return Num(arith.BitcastOp(self.shaped(real_type(self.width)), self.value).result)

    def to_real(self, width: int | None = None) -> Num:
        """A signed integer's value, rounded to a real."""
        type_ = self.shaped(real_type(width or self.width))
        return Num(arith.SIToFPOp(type_, self.value).result)

    def __abs__(self) -> Num:
        if self.is_real:
            return Num(math.AbsFOp(self.value).result)
        return where(self < 0, 0 - self, self)

    def with_sign_of(self, other: Num) -> Num:
        return Num(math.CopySignOp(self.value, other.value).result)

    def sqrt(self) -> Num:
        return Num(math.SqrtOp(self.value).result)

    def truncated(self) -> Num:
        return Num(math.TruncOp(self.value).result)


def real_type(width: int) -> ir.Type:
    return {16: ir.F16Type, 32: ir.F32Type, 64: ir.F64Type}[width].get()


def where(mask: Num, yes: Num | float | int, no: Num | float | int) -> Num:
    """Element by element `yes` where `mask` holds, else `no`; one of them is a Num."""
    if not isinstance(yes, Num):
        assert isinstance(no, Num)
        yes = no.constant(yes)
    return Num(arith.SelectOp(mask.value, yes.value, yes._other(no)).result)


def fma(a: Num, b: Num | float, c: Num | float) -> Num:
    """a * b + c, rounded once."""
    return Num(math.FmaOp(a.value, a._other(b), a._other(c)).result)


def polynomial(x: Num, coefficients: Sequence[float]) -> Num:
    """Horner's rule, the highest power first."""
    result = x.constant(coefficients[0])
    for coefficient in coefficients[1:]:
        result = fma(result, x, coefficient)
    return result


def power_of_two(exponent: Num) -> Num:
    """2^exponent for exponents of normal numbers."""
    form = FORMATS[exponent.width]
    return ((exponent + form.bias) << form.mantissa).as_real()


def scaled(x: Num, exponent: Num) -> Num:
    """x * 2^exponent for |exponent| up to twice the format's; one rounding for x near 1."""
    half = exponent >> 1
    return x * power_of_two(half) * power_of_two(exponent - half)


def nearest_integer(x: Num) -> tuple[Num, Num]:
    """The nearest integer as a real and as an integer, for |x| < 2^(mantissa - 2); no NaN trap."""
    form = x.format
    shifted = x + form.magic
    magic_bits = shifted.constant(form.magic).bits()
    return shifted - form.magic, shifted.bits() - magic_bits


def any_of(mask: Num) -> ir.Value:
    """Whether `mask` holds anywhere, as a scalar i1."""
    if not isinstance(mask.value.type, ir.VectorType):
        return mask.value
    lanes = [
        vector.extract(mask.value, dynamic_position=[], static_position=[i])
        for i in range(mask.value.type.shape[0])
    ]
    found = lanes[0]
    for lane in lanes[1:]:
        found = arith.OrIOp(found, lane).result
    return found
