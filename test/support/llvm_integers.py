"""Random programs of integer arithmetic: what LLVM IR can do with integers and small vectors."""

from __future__ import annotations

from functools import cache

from llvm_drawing import Operation, draw_program, mangled
from llvm_programs import Program

SCALARS = ("i8", "i16", "i32", "i64")
VECTORS = ("<2 x i16>", "<4 x i8>", "<2 x i32>")
_TESTS = ("eq", "ne", "ult", "ule", "ugt", "uge", "slt", "sle", "sgt", "sge")


def splat(type: str, value: float) -> str:
    """A constant with `value` in each element."""
    element = type.strip("<>").rpartition(" ")[2]
    return f"splat ({element} {value})" if type[0] == "<" else str(value)


def bits_of(type: str) -> int:
    """Of an integer type, or of a vector's element."""
    return int(type.strip("<>").rpartition("i")[2])


def _binary(type: str, text: str) -> Operation:
    return Operation(type, (type, type), text)


def arithmetic(type: str) -> list[Operation]:
    """What an integer type and a vector of it have in common."""
    t, n, last = type, mangled(type), splat(type, bits_of(type) - 1)
    plain = [f"$r = {op} {t} $0, $1" for op in ("add", "sub", "mul", "and", "or", "xor")]
    shifts = [f"$n = and {t} $1, {last}\n$r = {op} {t} $0, $n" for op in ("shl", "lshr", "ashr")]
    calls = [
        f"$r = call {t} @llvm.{name}.{n}({t} $0, {t} $1)"
        for name in ("smin", "smax", "umin", "umax", "sadd.sat", "uadd.sat", "ssub.sat", "usub.sat")
    ]
    found = [_binary(t, text) for text in (*plain, *shifts, *calls)]
    found.append(Operation(t, (t,), f"$r = call {t} @llvm.abs.{n}({t} $0, i1 false)"))
    found += [Operation(t, (t,), f"$r = call {t} @llvm.{f}.{n}({t} $0)") for f in _unary(type)]
    found += [
        Operation(t, (t,), f"$r = call {t} @llvm.{f}.{n}({t} $0, i1 false)")
        for f in ("ctlz", "cttz")
    ]
    found += [
        Operation(t, (t, t, t), f"$r = call {t} @llvm.{f}.{n}({t} $0, {t} $1, {t} $2)")
        for f in ("fshl", "fshr")
    ]
    found.append(Operation(t, ("i1", t, t), f"$r = select i1 $0, {t} $1, {t} $2"))
    return found


def _unary(type: str) -> tuple[str, ...]:
    # LLVM 22 has no instructions for bswap of <2 x i32> on sm_100.
    swapped = bits_of(type) > 8 and type != "<2 x i32>"
    return ("ctpop", "bitreverse", "bswap") if swapped else ("ctpop", "bitreverse")


def division(type: str) -> list[Operation]:
    """By what is not 0, nor -1 where that might overflow."""
    t = type
    odd = f"$d = or {t} $1, 1\n"
    tame = f"$o = or {t} $1, 1\n$m = icmp eq {t} $o, -1\n$d = select i1 $m, {t} 7, {t} $o\n"
    return [
        *(_binary(t, f"{odd}$r = {op} {t} $0, $d") for op in ("udiv", "urem")),
        *(_binary(t, f"{tame}$r = {op} {t} $0, $d") for op in ("sdiv", "srem")),
    ]


def comparison(type: str) -> list[Operation]:
    t = type
    found = [Operation("i1", (t, t), f"$r = icmp {test} {t} $0, $1") for test in _TESTS]
    for name in ("ucmp", "scmp"):
        text = f"$r = call i32 @llvm.{name}.i32.{t}({t} $0, {t} $1)"
        found.append(Operation("i32", (t, t), text))
    for name in ("sadd", "uadd", "ssub", "usub", "smul", "umul"):
        pair = f"{{ {t}, i1 }}"
        call = f"$p = call {pair} @llvm.{name}.with.overflow.{t}({t} $0, {t} $1)\n"
        found.append(Operation("i1", (t, t), f"{call}$r = extractvalue {pair} $p, 1"))
        choice = (
            f"{call}$s = extractvalue {pair} $p, 0\n$o = extractvalue {pair} $p, 1\n"
            f"$r = select i1 $o, {t} $1, {t} $s"
        )
        found.append(_binary(t, choice))
    return found


def conversions(types: tuple[str, ...]) -> list[Operation]:
    found = []
    for a in ("i1", *types):
        for b in ("i1", *types):
            ops = ("zext", "sext") if bits_of(a) < bits_of(b) else ("trunc",)
            if a != b:
                found += [Operation(b, (a,), f"$r = {op} {a} $0 to {b}") for op in ops]
    return found


def elements(type: str) -> list[Operation]:
    """Taking vectors apart and putting them together."""
    count, element = int(type[1]), type[5:-1]
    index = f"$i = and i32 $1, {count - 1}\n"
    masks = [
        [(i * step + start) % (2 * count) for i in range(count)] for step, start in ((1, 1), (3, 2))
    ]
    shuffles = [", ".join(f"i32 {i}" for i in mask) for mask in masks]
    return [
        Operation(element, (type, "i32"), f"{index}$r = extractelement {type} $0, i32 $i"),
        Operation(
            type,
            (type, "i32", element),
            f"{index}$r = insertelement {type} $0, {element} $2, i32 $i",
        ),
        *(
            _binary(type, f"$r = shufflevector {type} $0, {type} $1, <{count} x i32> <{mask}>")
            for mask in shuffles
        ),
    ]


def whole(type: str) -> list[Operation]:
    """A vector as one integer."""
    one = f"i{int(type[1]) * bits_of(type)}"
    return [
        Operation(one, (type,), f"$r = bitcast {type} $0 to {one}"),
        Operation(type, (one,), f"$r = bitcast {one} $0 to {type}"),
    ]


# What instruction selection looks for.
_IDIOMS = {
    "i32 i32 i32": (
        "$a = and i32 $0, 16777215\n$b = and i32 $1, 16777215\n$r = mul i32 $a, $b",
        "$a = shl i32 $0, 8\n$b = ashr i32 $a, 8\n$c = shl i32 $1, 8\n$d = ashr i32 $c, 8\n"
        "$r = mul i32 $b, $d",
        "$a = zext i32 $0 to i64\n$b = zext i32 $1 to i64\n$c = mul i64 $a, $b\n"
        "$d = lshr i64 $c, 32\n$r = trunc i64 $d to i32",
        "$a = sext i32 $0 to i64\n$b = sext i32 $1 to i64\n$c = mul i64 $a, $b\n"
        "$d = lshr i64 $c, 32\n$r = trunc i64 $d to i32",
        "$n = and i32 $1, 15\n$a = lshr i32 $0, $n\n$r = and i32 $a, 1023",
        "$n = and i32 $1, 31\n$a = shl i32 1, $n\n$r = xor i32 $0, $a",
        "$a = xor i32 $0, -1\n$r = and i32 $a, $1",
        "$a = and i32 $0, -65536\n$b = lshr i32 $1, 16\n$r = or i32 $a, $b",
        "$a = and i32 $0, 16711935\n$b = and i32 $1, -16711936\n$r = or i32 $a, $b",
        "$a = call i32 @llvm.umax.i32(i32 $0, i32 $1)\n"
        "$b = call i32 @llvm.umin.i32(i32 $0, i32 $1)\n$r = sub i32 $a, $b",
    ),
    "i32 i32 i32 i32": (
        "$a = add i32 $0, $1\n$r = add i32 $a, $2",
        "$a = mul i32 $0, $1\n$r = add i32 $a, $2",
        "$n = and i32 $1, 31\n$a = shl i32 $0, $n\n$r = add i32 $a, $2",
        "$a = xor i32 $0, -1\n$b = and i32 $1, $0\n$c = and i32 $2, $a\n$r = or i32 $b, $c",
        "$a = xor i32 $0, $1\n$r = xor i32 $a, $2",
        "$a = and i32 $0, $1\n$r = or i32 $a, $2",
        "$a = call i32 @llvm.smax.i32(i32 $0, i32 $1)\n"
        "$r = call i32 @llvm.smin.i32(i32 $a, i32 $2)",
    ),
    "i64 i32 i32 i64": (
        "$a = zext i32 $0 to i64\n$b = zext i32 $1 to i64\n$c = mul i64 $a, $b\n"
        "$r = add i64 $c, $2",
        "$a = sext i32 $0 to i64\n$b = sext i32 $1 to i64\n$c = mul i64 $a, $b\n"
        "$r = add i64 $c, $2",
    ),
    "i64 i64 i64": (
        "$a = zext i64 $0 to i128\n$b = zext i64 $1 to i128\n$c = mul i128 $a, $b\n"
        "$d = lshr i128 $c, 64\n$r = trunc i128 $d to i64",
        "$n = and i64 $1, 31\n$a = shl i64 $0, $n\n$r = add i64 $a, $1",
    ),
    "i16 i16 i16 i16": ("$a = mul i16 $0, $1\n$r = add i16 $a, $2",),
    "i1 i1 i1": ("$r = and i1 $0, $1", "$r = or i1 $0, $1", "$r = xor i1 $0, $1"),
    "i1 i1 i1 i1": ("$r = select i1 $0, i1 $1, i1 $2",),
}


def idioms() -> list[Operation]:
    found = []
    for types, texts in _IDIOMS.items():
        result, *operands = types.split()
        found += [Operation(result, tuple(operands), text) for text in texts]
    return found


@cache
def integer_operations(wide: bool) -> dict[str, list[Operation]]:
    """By the type of the result; with i128 if `wide`."""
    types = (*SCALARS, "i128") if wide else SCALARS
    everything = [*idioms(), *conversions(types)]
    for type in types:
        everything += [*arithmetic(type), *comparison(type)]
    for type in SCALARS:
        everything += division(type)
    for type in VECTORS:
        everything += [*arithmetic(type), *elements(type), *whole(type)]
    found: dict[str, list[Operation]] = {}
    for operation in everything:
        found.setdefault(operation.result, []).append(operation)
    return found


def integer_program(seed: int) -> Program:
    """Straight on, with i128, or with branches and loops: in turn."""
    wide, depth = seed % 3 == 1, 2 if seed % 3 == 2 else 0
    types = ("i1", *SCALARS, *(("i128",) if wide else ()), *VECTORS)
    return draw_program(seed, integer_operations(wide), types, 40, depth)
