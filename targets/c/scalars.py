"""The scalar operations of a launch plan as expressions of C: a table, by their names in MLIR.

In an expression {0}, {1}, {2} are the operands, {u0}, {u1} those without their sign, and {bits} how
many bits the operands have.  Helpers are in `runtime/numbers.c`.
"""

from __future__ import annotations

from clawc.runtime.scalar_types import bits, is_float
from clawc.targets.emission import EmissionError

WIDEST = 64  # bits of an integer in C11


# Wrapped to the type of the result.
_INTEGERS = {
    "arith.addi": "(uint64_t){0} + (uint64_t){1}",
    "arith.addui_extended": "(uint64_t){0} + (uint64_t){1}",
    "arith.subi": "(uint64_t){0} - (uint64_t){1}",
    "arith.muli": "(uint64_t){0} * (uint64_t){1}",
    "arith.mulsi_extended": "(uint64_t){0} * (uint64_t){1}",
    "arith.mului_extended": "(uint64_t){0} * (uint64_t){1}",
    "arith.divsi": "(uint64_t)claw_quotient({0}, {1})",
    "arith.floordivsi": "(uint64_t)claw_floor_quotient({0}, {1})",
    "arith.ceildivsi": "(uint64_t)claw_ceiling_quotient({0}, {1})",
    "arith.remsi": "(uint64_t)claw_remainder({0}, {1})",
    "arith.divui": "claw_udiv({u0}, {u1})",
    "arith.ceildivui": "claw_uceildiv({u0}, {u1})",
    "arith.remui": "claw_urem({u0}, {u1})",
    "arith.andi": "(uint64_t){0} & (uint64_t){1}",
    "arith.ori": "(uint64_t){0} | (uint64_t){1}",
    "arith.xori": "(uint64_t){0} ^ (uint64_t){1}",
    "arith.maxsi": "(uint64_t)({0} > {1} ? {0} : {1})",
    "arith.minsi": "(uint64_t)({0} < {1} ? {0} : {1})",
    "arith.maxui": "{u0} > {u1} ? {u0} : {u1}",
    "arith.minui": "{u0} < {u1} ? {u0} : {u1}",
    "math.absi": "{0} < 0 ? 0 - (uint64_t){0} : (uint64_t){0}",
    "math.ctpop": "(uint64_t)claw_popcount({u0})",
    "math.ctlz": "(uint64_t)claw_leading_zeros({u0}, {bits})",
    "math.cttz": "(uint64_t)claw_trailing_zeros({u0}, {bits})",
    "arith.extsi": "(uint64_t){0}",
    "arith.trunci": "(uint64_t){0}",
    "arith.index_cast": "(uint64_t){0}",
    "arith.extui": "{u0}",
    "arith.index_castui": "{u0}",
}
# As they are.
_WHOLE = {
    "arith.shli": "claw_shl({0}, {1}, {bits})",
    "arith.shrsi": "claw_shrs({0}, {1}, {bits})",
    "arith.shrui": "claw_shru({0}, {1}, {bits})",
    "math.ipowi": "claw_power({0}, {1}, {bits})",
    "arith.addui_extended#1": "claw_carry({0}, {1}, {bits})",
    "arith.mulsi_extended#1": "claw_high_signed({0}, {1}, {bits})",
    "arith.mului_extended#1": "claw_high_unsigned({0}, {1}, {bits})",
    "arith.fptosi": "claw_to_signed({0}, {made})",
    "arith.fptoui": "claw_to_unsigned({0}, {made})",
    "arith.select": "{0} ? {1} : {2}",
}
# Rounded to the type of the result, of operands in binary64.
_FLOATS = {
    "arith.addf": "{0} + {1}",
    "arith.subf": "{0} - {1}",
    "arith.mulf": "{0} * {1}",
    "arith.divf": "{0} / {1}",
    "arith.remf": "fmod({0}, {1})",
    "arith.negf": "-{0}",
    "arith.maximumf": "claw_maximum({0}, {1})",
    "arith.minimumf": "claw_minimum({0}, {1})",
    "arith.maxnumf": "claw_maxnum({0}, {1})",
    "arith.minnumf": "claw_minnum({0}, {1})",
    "arith.extf": "{0}",
    "arith.truncf": "{0}",
    "math.fma": "fma({0}, {1}, {2})",
    "math.absf": "fabs({0})",
    "math.roundeven": "nearbyint({0})",
    "math.rsqrt": "1.0 / sqrt({0})",
    "math.powf": "pow({0}, {1})",
    "math.fpowi": "pow({0}, (double){1})",
    "math.sincos": "sin({0})",
    "math.sincos#1": "cos({0})",
    **{f"math.{name}": f"{name}({{0}}, {{1}})" for name in ("atan2", "copysign")},
    **{
        f"math.{name}": f"{name}({{0}})"
        for name in (
            *("ceil", "floor", "trunc", "round", "sqrt", "cbrt", "erf", "erfc"),
            *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p"),
            *("sin", "cos", "tan", "asin", "acos", "atan"),
            *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
        )
    },
}
_ORDERS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_OPPOSITES = {"gt": "<=", "ge": "<", "lt": ">=", "le": ">"}  # not those: greater, or no order
# Truth values.
_TRUTHS = {
    "math.isnan": "isnan({0})",
    "math.isinf": "isinf({0})",
    "math.isfinite": "isfinite({0})",
    "arith.cmpf.false": "0",
    "arith.cmpf.true": "1",
    "arith.cmpf.ord": "!(isnan({0}) || isnan({1}))",
    "arith.cmpf.uno": "isnan({0}) || isnan({1})",
    "arith.cmpf.oeq": "{0} == {1}",
    "arith.cmpf.one": "{0} < {1} || {0} > {1}",
    "arith.cmpf.ueq": "!({0} < {1} || {0} > {1})",
    "arith.cmpf.une": "{0} != {1}",
    **{f"arith.cmpf.o{name}": f"{{0}} {_ORDERS[name]} {{1}}" for name in _OPPOSITES},
    **{f"arith.cmpf.u{name}": f"!({{0}} {order} {{1}})" for name, order in _OPPOSITES.items()},
    **{f"arith.cmpi.{name}": f"{{0}} {_ORDERS[name]} {{1}}" for name in ("eq", "ne")},
    **{f"arith.cmpi.s{name}": f"{{0}} {_ORDERS[name]} {{1}}" for name in _OPPOSITES},
    **{f"arith.cmpi.u{name}": f"{{u0}} {_ORDERS[name]} {{u1}}" for name in _OPPOSITES},
}
_LEAST_NORMAL = {"f16": "0x1p-14", "bf16": "0x1p-126", "f32": "0x1p-126", "f64": "0x1p-1022"}


def expression(operation: str, types: tuple[str, str], operands: list[str]) -> str:
    """An operation of a plan on expressions of C; `types` are those of the last operand and of the
    result.  Raises EmissionError for integers that C has not."""
    taken, made = types
    for type_ in types:
        if not is_float(type_) and bits(type_) > WIDEST:
            raise EmissionError(f"C11 has no integers of {bits(type_)} bits, which the host needs")
    settings = {"bits": "" if is_float(taken) else bits(taken), "made": _width(made)}
    unsigned = {f"u{i}": f"claw_bits({x}, {_width(taken)})" for i, x in enumerate(operands)}

    def filled(template: str) -> str:
        return template.format(*operands, **settings, **unsigned)

    if operation in _INTEGERS:
        return f"claw_wrap({filled(_INTEGERS[operation])}, {bits(made)})"
    if operation in _WHOLE:
        return filled(_WHOLE[operation])
    if operation in _TRUTHS:
        return f"-(int64_t)(({filled(_TRUTHS[operation])}) != 0)"
    if operation == "math.fma" and made == "f32":
        return filled("(double)fmaf((float){0}, (float){1}, (float){2})")
    if operation in _FLOATS:
        return f"claw_{made}({filled(_FLOATS[operation])})"
    return _converted(operation, taken, made, filled)


def _width(type_: str) -> int:
    """Of an integer; a float has none."""
    return 0 if is_float(type_) else bits(type_)


def _converted(operation: str, taken: str, made: str, filled) -> str:
    """Conversions whose form depends on the types."""
    if operation == "math.isnormal":
        return f"-(int64_t){filled(f'(isfinite({{0}}) && fabs({{0}}) >= {_LEAST_NORMAL[taken]})')}"
    if operation in ("arith.sitofp", "arith.uitofp"):
        source = filled("{0}" if operation == "arith.sitofp" else "{u0}")
        # Rounded once: what is wider than binary64 has digits for would be rounded twice.
        narrow = f"(double)(float){source}" if made == "f32" else f"(double){source}"
        return f"claw_{made}({narrow})"
    if operation == "arith.bitcast":
        raw = filled(f"claw_bits_of_{taken}({{0}})" if is_float(taken) else "{u0}")
        return (
            f"claw_of_bits_{made}({raw})" if is_float(made) else f"claw_wrap({raw}, {bits(made)})"
        )
    raise EmissionError(f"{operation} on the host has no form in C")
