"""Random programs of floating point: where LLVM IR says what every bit of the result is.

What it leaves open is kept out, or made certain first: the sign and payload of a NaN (they are
never looked at), signalling NaN (never made), which zero `minnum` gives of two, the exponent that
`frexp` finds in what is not finite.  So are `fmuladd`, `frem` and the functions that are
approximated.  Where a chip has no bf16, LLVM 22 rounds twice, by way of f32: no `fma` in bf16 is
drawn, and no integer of more than 24 bits becomes a bf16.
"""

from __future__ import annotations

from functools import cache

from llvm_drawing import Operation, Operations, draw_program, mangled
from llvm_float_conversions import SCALARS, conversions, mixed, number, truths
from llvm_integers import SCALARS as INTEGERS
from llvm_integers import elements, splat
from llvm_programs import Program

VECTORS = ("<2 x half>", "<2 x bfloat>", "<2 x float>")
_SAME_SIZE = {
    **{"half": "i16", "bfloat": "i16", "float": "i32", "double": "i64"},
    **{"<2 x half>": "i32", "<2 x bfloat>": "i32", "<2 x float>": "i64"},
}
_PREDICATES = (
    *("false", "oeq", "ogt", "oge", "olt", "ole", "one", "ord"),
    *("ueq", "ugt", "uge", "ult", "ule", "une", "uno", "true"),
)
_ROUNDINGS = ("floor", "ceil", "trunc", "rint", "nearbyint", "round", "roundeven")
# NaN, infinities, normal numbers, denormals, zeros; positive and negative, alone and together.
_CLASSES = (3, 516, 264, 144, 96, 960, 60, 4, 8, 16, 32, 64, 128, 256, 512, 963, 504, 240, 519, 915)


def _binary(type: str, text: str) -> Operation:
    return Operation(type, (type, type), text)


def arithmetic(type: str) -> list[Operation]:
    """What a type and a vector of it have in common."""
    t, n = type, mangled(type)
    found = [_binary(t, f"$r = {op} {t} $0, $1") for op in ("fadd", "fsub", "fmul", "fdiv")]
    found += [
        _binary(t, f"$r = call {t} @llvm.{name}.{n}({t} $0, {t} $1)")
        for name in ("minimum", "maximum", "minimumnum", "maximumnum")
    ]
    found += [
        _binary(
            t,
            f"$m = call {t} @llvm.{name}.{n}({t} $0, {t} $1)\n$r = fadd {t} $m, {splat(t, 0.0)}",
        )
        for name in ("minnum", "maxnum")
    ]
    sign = number(t, "$1")
    found.append(_binary(t, f"{sign}$r = call {t} @llvm.copysign.{n}({t} $0, {t} $k)"))
    found.append(Operation(t, (t,), f"$r = fneg {t} $0"))
    found += [
        Operation(t, (t,), f"$r = call {t} @llvm.{name}.{n}({t} $0)")
        for name in ("fabs", "sqrt", *_ROUNDINGS)
    ]
    found += [
        _binary(t, f"$c = fcmp {p} {t} $0, $1\n$r = select {truths(t)} $c, {t} $0, {t} $1")
        for p in _PREDICATES
    ]
    found.append(Operation(t, ("i1", t, t), f"$r = select i1 $0, {t} $1, {t} $2"))
    same = _SAME_SIZE[t]
    found.append(Operation(same, (t,), f"{number(t, '$0')}$r = bitcast {t} $k to {same}"))
    found.append(Operation(t, (same,), f"$b = bitcast {same} $0 to {t}\n{number(t, '$b', '$r')}"))
    return found


def fused(type: str) -> list[Operation]:
    """`fma`, and what instruction selection makes part of it."""
    t, n = type, mangled(type)
    call = f"call {t} @llvm.fma.{n}"
    zero = splat(t, 0.0)
    return [
        Operation(t, (t, t, t), text)
        for text in (
            f"$r = {call}({t} $0, {t} $1, {t} $2)",
            f"$a = fneg {t} $0\n$r = {call}({t} $a, {t} $1, {t} $2)",
            f"$c = fneg {t} $2\n$r = {call}({t} $0, {t} $1, {t} $c)",
            f"$a = call {t} @llvm.fabs.{n}({t} $0)\n$b = fneg {t} $a\n"
            f"$r = {call}({t} $b, {t} $1, {t} $2)",
            f"$a = {call}({t} $0, {t} $1, {t} $2)\n"
            f"$r = call {t} @llvm.maximumnum.{n}({t} $a, {t} {zero})",
            f"$a = {call}({t} $0, {t} $1, {t} $2)\n"
            f"$r = call {t} @llvm.maximum.{n}({t} $a, {t} {zero})",
        )
    ]


def idioms(type: str) -> list[Operation]:
    """What instruction selection looks for: clamping, halves and doubles, medians, fractions."""
    t, n = type, mangled(type)
    zero, one = splat(t, 0.0), splat(t, 1.0)
    lesser, greater = (f"call {t} @llvm.{name}.{n}" for name in ("minimumnum", "maximumnum"))
    clamped = f"$a = {greater}({t} $c, {t} {zero})\n$r = {lesser}({t} $a, {t} {one})"
    texts = [
        f"$a = {lesser}({t} $0, {t} $1)\n$b = {greater}({t} $0, {t} $1)\n"
        f"$c = {lesser}({t} $b, {t} $2)\n$r = {greater}({t} $a, {t} $c)",
        f"$f = call {t} @llvm.floor.{n}({t} $0)\n$r = fsub {t} $0, $f",
        # For AMD, LLVM 22 makes one instruction of this, which may leave -0: so there is none.
        f"$c = fadd {t} $0, {zero}\n{clamped}",
        f"$s = fmul {t} $0, $1\n$c = fadd {t} $s, {zero}\n{clamped}",
        *(f"$a = fadd {t} $0, $1\n$r = fmul {t} $a, {splat(t, x)}" for x in (0.5, 2.0, 4.0)),
        f"$a = fneg {t} $0\n$r = fmul {t} $a, $1",
        f"$a = call {t} @llvm.fabs.{n}({t} $1)\n$r = fsub {t} $0, $a",
    ]
    return [Operation(t, (t, t, t), text) for text in texts]


def comparison(type: str) -> list[Operation]:
    t, n = type, mangled(type)
    found = [Operation("i1", (t, t), f"$r = fcmp {p} {t} $0, $1") for p in _PREDICATES]
    found += [
        Operation("i1", (t,), f"$r = call i1 @llvm.is.fpclass.{n}({t} $0, i32 {mask})")
        for mask in _CLASSES
    ]
    return found


def parts(type: str) -> list[Operation]:
    """`ldexp` and `frexp`, and `canonicalize`, which LLVM 22 has not for all vectors nor bf16."""
    t, n = type, mangled(type)
    pair = f"{{ {t}, i32 }}"
    split = f"$p = call {pair} @llvm.frexp.{n}.i32({t} $0)\n"
    scaled = f"$r = call {t} @llvm.ldexp.{n}.i32({t} $0, i32"
    found = [
        # Of half by more than 2**14, LLVM 22 is wrong for NVIDIA: it clamps exponents at -20.
        Operation(t, (t, "i32"), f"$e = srem i32 $1, {15 if t == 'half' else 50}\n{scaled} $e)"),
        Operation(t, (t,), f"{split}$r = extractvalue {pair} $p, 0"),
        Operation(
            "i32",
            (t,),
            f"{split}$e = extractvalue {pair} $p, 1\n"
            f"$f = call i1 @llvm.is.fpclass.{n}({t} $0, i32 504)\n"
            "$r = select i1 $f, i32 $e, i32 7",
        ),
    ]
    if t != "half":
        found.append(Operation(t, (t, "i32"), f"{scaled} $1)"))
    if t != "bfloat":
        found.append(Operation(t, (t,), f"$r = call {t} @llvm.canonicalize.{n}({t} $0)"))
    return found


def counting() -> list[Operation]:
    """Enough of integers that loops and branches go different ways."""
    plain = [f"$r = {op} i32 $0, $1" for op in ("add", "mul", "xor", "lshr")]
    plain[-1] = "$n = and i32 $1, 31\n$r = lshr i32 $0, $n"
    truth = [f"$r = {op} i1 $0, $1" for op in ("and", "or", "xor")]
    return [_binary("i32", text) for text in plain] + [_binary("i1", text) for text in truth]


@cache
def float_operations() -> Operations:
    """By the type of the result."""
    everything = [*counting(), *conversions(), *mixed()]
    for type in (*SCALARS, *VECTORS):
        everything += [*arithmetic(type), *idioms(type)]
        everything += fused(type) if "bfloat" not in type else ()
    for type in SCALARS:
        everything += [*comparison(type), *parts(type)]
    for type in VECTORS:
        everything += elements(type)
    found: dict[str, list[Operation]] = {}
    for operation in everything:
        found.setdefault(operation.result, []).append(operation)
    return found


def float_program(seed: int) -> Program:
    """Straight on, or with branches and loops: in turn."""
    types = ("i1", *INTEGERS, *SCALARS, *VECTORS)
    return draw_program(seed, float_operations(), types, 20, 2 if seed % 3 == 2 else 0)
