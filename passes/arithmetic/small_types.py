"""Types of less than a byte's usual contents: how their bits are read and written.

Eight-bit floats (OCP's E4M3FN and E5M2, and AMD's forms without a negative zero, FNUZ) are computed
in f32 and rounded to the nearest, ties to even; what is too large becomes infinite, or NaN where
there is no infinity, as arith.truncf and ml_dtypes have it.  Integers of 4 and 2 bits take a byte
each, as NumPy's have, and wrap.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith

from clawc.passes.ir.constants import constant

_I = arith.CmpIPredicate
_SINGLE_MANTISSA, _SINGLE_BIAS = 23, 127
_INFINITY, _NAN = 0x7F800000, 0x7FC00000


@dataclass(frozen=True)
class SmallFloat:
    """An eight-bit float; codes are those without a sign."""

    mantissa: int  # bits
    bias: int
    largest: int  # the code of the largest finite number
    nan: int
    infinity: int | None = None
    negative_zero: bool = True

    @property
    def computed_in(self) -> ir.Type:
        return ir.F32Type.get()

    def read(self, bits: ir.Value, signed: bool = True) -> ir.Value:
        """The number of a byte, exactly."""
        word = ir.IntegerType.get_signless(32)
        wide = arith.extui(word, bits)
        code = arith.andi(wide, constant(word, 0x7F))
        shift = _SINGLE_MANTISSA - self.mantissa
        moved = arith.shli(code, constant(word, shift))
        rebias = (_SINGLE_BIAS - self.bias) << _SINGLE_MANTISSA
        normal = arith.addi(moved, constant(word, rebias))
        steps = arith.sitofp(ir.F32Type.get(), code)  # of the smallest number there is
        least = constant(ir.F32Type.get(), 2.0 ** (1 - self.bias - self.mantissa))
        small = arith.bitcast(word, arith.mulf(steps, least))
        is_small = arith.cmpi(_I.ult, code, constant(word, 1 << self.mantissa))
        magnitude = arith.select(is_small, small, normal)
        if self.infinity is not None:
            is_infinite = arith.cmpi(_I.eq, code, constant(word, self.infinity))
            magnitude = arith.select(is_infinite, constant(word, _INFINITY), magnitude)
        sign = arith.shli(arith.andi(wide, constant(word, 0x80)), constant(word, 24))
        whole = arith.ori(magnitude, sign)
        return arith.bitcast(ir.F32Type.get(), self._with_nan(wide, code, whole))

    def _with_nan(self, wide: ir.Value, code: ir.Value, whole: ir.Value) -> ir.Value:
        word = whole.type
        if not self.negative_zero:  # the pattern of a negative zero is the only NaN
            is_nan = arith.cmpi(_I.eq, wide, constant(word, 0x80))
        else:
            first = (self.largest if self.infinity is None else self.infinity) + 1
            is_nan = arith.cmpi(_I.uge, code, constant(word, first))
        return arith.select(is_nan, constant(word, _NAN), whole)

    def write(self, number: ir.Value) -> ir.Value:
        """The byte of an f32, rounded to the nearest."""
        word, byte = ir.IntegerType.get_signless(32), ir.IntegerType.get_signless(8)
        bits = arith.bitcast(word, number)
        magnitude = arith.andi(bits, constant(word, 0x7FFFFFFF))
        code = arith.select(
            arith.cmpi(_I.ult, magnitude, constant(word, self._least_normal)),
            self._small_code(magnitude),
            self._normal_code(magnitude),
        )
        too_large = arith.cmpi(_I.sgt, code, constant(word, self.largest))
        beyond = self.nan if self.infinity is None else self.infinity
        code = arith.select(too_large, constant(word, beyond), code)
        is_nan = arith.cmpi(_I.ugt, magnitude, constant(word, _INFINITY))
        code = arith.select(is_nan, constant(word, self.nan), code)
        sign = arith.andi(arith.shrui(bits, constant(word, 24)), constant(word, 0x80))
        signed = arith.ori(code, sign)
        if not self.negative_zero:
            is_zero = arith.cmpi(_I.eq, code, constant(word, 0))
            signed = arith.select(is_zero, constant(word, 0), signed)
        return arith.trunci(byte, signed)

    @property
    def _least_normal(self) -> int:
        """The pattern of the least normal number as an f32."""
        return (_SINGLE_BIAS + 1 - self.bias) << _SINGLE_MANTISSA

    def _normal_code(self, magnitude: ir.Value) -> ir.Value:
        word = magnitude.type
        shift = _SINGLE_MANTISSA - self.mantissa
        odd = arith.andi(arith.shrui(magnitude, constant(word, shift)), constant(word, 1))
        half = constant(word, (1 << (shift - 1)) - 1)
        carried = arith.addi(arith.addi(magnitude, half), odd)
        rebias = (_SINGLE_BIAS - self.bias) << self.mantissa
        return arith.subi(arith.shrui(carried, constant(word, shift)), constant(word, rebias))

    def _small_code(self, magnitude: ir.Value) -> ir.Value:
        """How many of the smallest steps: an addition rounds to them, and has them as last bits."""
        single = ir.F32Type.get()
        magic = constant(single, 2.0 ** (1 - self.bias - self.mantissa + _SINGLE_MANTISSA))
        shifted = arith.addf(arith.bitcast(single, magnitude), magic)
        return arith.subi(
            arith.bitcast(magnitude.type, shifted), arith.bitcast(magnitude.type, magic)
        )


@dataclass(frozen=True)
class SmallInteger:
    """An integer of less than a byte, held with its sign in all upper bits."""

    bits: int

    @property
    def computed_in(self) -> ir.Type:
        return ir.IntegerType.get_signless(8)

    def read(self, byte: ir.Value, signed: bool = True) -> ir.Value:
        if signed:
            return self.write(byte)  # a caller's upper bits may be anything
        return arith.andi(byte, constant(byte.type, (1 << self.bits) - 1))

    def write(self, number: ir.Value) -> ir.Value:
        """The lowest bits, the last of which is the sign."""
        unused = constant(number.type, 8 - self.bits)
        return arith.shrsi(arith.shli(number, unused), unused)


SMALL: dict[str, SmallFloat | SmallInteger] = {
    "f8E4M3FN": SmallFloat(3, 7, largest=0x7E, nan=0x7F),
    "f8E5M2": SmallFloat(2, 15, largest=0x7B, nan=0x7E, infinity=0x7C),
    "f8E4M3FNUZ": SmallFloat(3, 8, largest=0x7F, nan=0x80, negative_zero=False),
    "f8E5M2FNUZ": SmallFloat(2, 16, largest=0x7F, nan=0x80, negative_zero=False),
    "i4": SmallInteger(4),
    "i2": SmallInteger(2),
}
