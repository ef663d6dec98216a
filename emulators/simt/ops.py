"""What the pure operations of L4 compute, on arrays over lanes.

`semantics(op)` reads an operation's attributes once and gives a function of its operands' arrays.
Functions of `math` are evaluated in the next wider type, so they are right to half an ULP or so.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from mlir import ir

from clawc.emulators.simt.values import (
    InterpreterError,
    constant_array,
    dtype_of,
    element_type,
    shape_of,
    unsigned,
)
from clawc.emulators.simt.vector import VECTOR, Array, Function


def _quotient(a: Array, b: Array) -> Array:
    b = np.where(b == 0, np.ones_like(b), b)
    return (a - np.fmod(a, b)) // b


def _remainder(a: Array, b: Array) -> Array:
    return np.fmod(a, np.where(b == 0, np.ones_like(b), b))


def _unsigned(function: Function) -> Function:
    return lambda a, b: function(unsigned(a), unsigned(b)).view(a.dtype)


def _shift(function: Function) -> Function:
    return lambda a, b: function(a, b % (8 * a.dtype.itemsize))


def _wide_product(a: Array, b: Array) -> tuple[Array, Array]:
    bits = 8 * a.dtype.itemsize
    product = unsigned(a).astype(object) * unsigned(b).astype(object)
    parts = (product & ((1 << bits) - 1), product >> bits)
    low, high = (p.astype(unsigned(a).dtype).view(a.dtype) for p in parts)
    return low, high


def _integer_power(x: Array, n: Array) -> Array:
    """Negative powers as in a division that rounds towards zero."""
    inverse = np.where(np.abs(x) == 1, np.where(n % 2 == 0, x * x, x), np.zeros_like(x))
    return np.where(n < 0, inverse, x ** np.where(n < 0, np.zeros_like(n), n))


def _leading_zeros(x: Array) -> Array:
    width = 8 * x.dtype.itemsize
    lengths = [width - int(n).bit_length() for n in unsigned(x).ravel()]
    return np.array(lengths).astype(x.dtype).reshape(x.shape)


_BINARY: dict[str, Function] = {
    "arith.addf": np.add,
    "arith.subf": np.subtract,
    "arith.mulf": np.multiply,
    "arith.divf": np.divide,
    "arith.remf": np.fmod,
    "arith.maximumf": np.maximum,
    "arith.minimumf": np.minimum,
    "arith.maxnumf": np.fmax,
    "arith.minnumf": np.fmin,
    "arith.addi": np.add,
    "arith.subi": np.subtract,
    "arith.muli": np.multiply,
    "arith.divsi": _quotient,
    "arith.remsi": _remainder,
    "arith.divui": _unsigned(_quotient),
    "arith.remui": _unsigned(_remainder),
    "arith.ceildivui": _unsigned(lambda a, b: _quotient(a + (b - 1), b)),
    "arith.ceildivsi": lambda a, b: -((-a) // np.where(b == 0, np.ones_like(b), b)),
    "arith.floordivsi": lambda a, b: a // np.where(b == 0, np.ones_like(b), b),
    "arith.andi": np.bitwise_and,
    "arith.ori": np.bitwise_or,
    "arith.xori": np.bitwise_xor,
    "arith.shli": _shift(np.left_shift),
    "arith.shrsi": _shift(np.right_shift),
    "arith.shrui": _unsigned(_shift(np.right_shift)),
    "arith.maxsi": np.maximum,
    "arith.minsi": np.minimum,
    "arith.maxui": _unsigned(np.maximum),
    "arith.minui": _unsigned(np.minimum),
    "arith.negf": np.negative,
    "arith.mului_extended": _wide_product,
    "math.absf": np.abs,
    "math.absi": np.abs,
    "math.ceil": np.ceil,
    "math.floor": np.floor,
    "math.trunc": np.trunc,
    "math.roundeven": np.rint,
    "math.copysign": np.copysign,
    "math.isnan": np.isnan,
    "math.isinf": np.isinf,
    "math.isfinite": np.isfinite,
    "math.ctlz": _leading_zeros,
    "math.ctpop": lambda x: np.bitwise_count(unsigned(x)).astype(x.dtype),
}
# Evaluated in the next wider type.
_MATH: dict[str, Function] = {
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "atanh": np.arctanh,
    "cbrt": np.cbrt,
    "cos": np.cos,
    "cosh": np.cosh,
    "erf": np.vectorize(math.erf, otypes=[np.float64]),
    "erfc": np.vectorize(math.erfc, otypes=[np.float64]),
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "fma": lambda a, b, c: a * b + c,
    "log": np.log,
    "log10": np.log10,
    "log1p": np.log1p,
    "log2": np.log2,
    "powf": np.power,
    "round": lambda x: np.copysign(np.floor(np.abs(x) + 0.5), x),
    "rsqrt": lambda x: 1.0 / np.sqrt(x),
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}
_WIDER = {2: np.float32, 4: np.float64, 8: np.longdouble}


def _in_wider_type(function: Function) -> Function:
    def compute(*operands: Array) -> Array:
        wide = _WIDER[operands[0].dtype.itemsize]
        return function(*(x.astype(wide) for x in operands)).astype(operands[0].dtype)

    return compute


_COMPARISONS = (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal)
_UNSIGNED_COMPARISONS = {6: np.less, 7: np.less_equal, 8: np.greater, 9: np.greater_equal}
_ORDERED = {1: np.equal, 2: np.greater, 3: np.greater_equal, 4: np.less, 5: np.less_equal}


def _cmpi(op: ir.Operation) -> Function:
    predicate = ir.IntegerAttr(op.attributes["predicate"]).value
    if predicate in _UNSIGNED_COMPARISONS:
        compare = _UNSIGNED_COMPARISONS[predicate]
        return lambda a, b: compare(unsigned(a), unsigned(b))
    return _COMPARISONS[predicate]


def _cmpf(op: ir.Operation) -> Function:
    """Predicates 1-6 are ordered, 8-13 the same or unordered, 7 and 14 ask only for that."""
    predicate = ir.IntegerAttr(op.attributes["predicate"]).value

    def compare(a: Array, b: Array) -> Array:
        unordered = np.isnan(a) | np.isnan(b)
        if predicate in (7, 14):
            return unordered if predicate == 14 else ~unordered
        kind = predicate if predicate < 7 else predicate - 7
        answer = _ORDERED[kind](a, b) if kind < 6 else a != b
        return answer | unordered if predicate > 7 else answer & ~unordered

    return compare


def _select(op: ir.Operation) -> Function:
    def select(condition: Array, a: Array, b: Array) -> Array:
        shaped = condition[:, None] if a.ndim > condition.ndim else condition
        return np.where(shaped, a, b)

    return select


def _cast(op: ir.Operation) -> Function:
    dtype = dtype_of(op.results[0].type)

    def cast(x: Array) -> Array:
        if dtype == np.bool_:
            return (x & 1).astype(np.bool_)
        return x.astype(dtype)

    return cast


def _sign_extend(op: ir.Operation) -> Function:
    dtype = dtype_of(op.results[0].type)
    return lambda x: -x.astype(dtype) if x.dtype == np.bool_ else x.astype(dtype)


def _zero_extend(op: ir.Operation) -> Function:
    dtype = dtype_of(op.results[0].type)
    return lambda x: unsigned(x).astype(dtype)


def _constant(op: ir.Operation) -> Function:
    value = constant_array(op.attributes["value"], op.results[0].type)[None]
    return lambda: value


def _poison(op: ir.Operation) -> Function:
    """What nobody may look at: such that it shows."""
    type_ = op.results[0].type
    element = type_.element_type if isinstance(type_, ir.VectorType) else type_
    shown = math.nan if isinstance(element, ir.FloatType) else -1
    value = np.full((1, *shape_of(type_)), shown, dtype_of(type_))
    return lambda: value


_BUILT: dict[str, Callable[[ir.Operation], Function]] = {
    "arith.cmpf": _cmpf,
    "arith.cmpi": _cmpi,
    "arith.constant": _constant,
    "arith.extf": _cast,
    "arith.extsi": _sign_extend,
    "arith.extui": _zero_extend,
    "arith.fptosi": _cast,
    "arith.fptoui": lambda op: lambda x: x.astype(np.uint64).astype(dtype_of(op.results[0].type)),
    "arith.index_cast": _cast,
    "arith.index_castui": _zero_extend,
    "arith.select": _select,
    "arith.sitofp": _sign_extend,
    "arith.truncf": _cast,
    "arith.trunci": _cast,
    "arith.uitofp": _zero_extend,
    "ub.poison": _poison,
    "llvm.inttoptr": lambda op: lambda x: x.astype(np.int64),
}


def semantics(op: ir.Operation) -> Function:
    """The function of a pure operation; several results come as a tuple."""
    build = _BUILT.get(op.name) or VECTOR.get(op.name)
    if build is not None:
        return build(op)
    if op.name in _BINARY:
        return _BINARY[op.name]
    if op.name.removeprefix("math.") in _MATH:
        return _in_wider_type(_MATH[op.name.removeprefix("math.")])
    if op.name == "math.fpowi":
        return lambda x, n: np.power(x.astype(_WIDER[x.dtype.itemsize]), n).astype(x.dtype)
    if op.name == "math.ipowi":
        return _integer_power
    where = element_type(op.results[0].type) if op.results else "no result"
    raise InterpreterError(f"'{op.name}' ({where}) is no operation of L4 that is known here")
