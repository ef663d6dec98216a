"""Operations of random programs: conversions among floats and integers, and mixed arithmetic."""

from __future__ import annotations

from llvm_drawing import Operation, mangled
from llvm_integers import SCALARS as INTEGERS
from llvm_integers import splat

SCALARS = ("half", "bfloat", "float", "double")


def truths(type: str) -> str:
    """The type of a comparison's result."""
    return "<2 x i1>" if type[0] == "<" else "i1"


def number(type: str, operand: str, name: str = "$k") -> str:
    """`$k`: the operand, or 1.5 where that is NaN, whose bits are anybody's choice."""
    return (
        f"$u = fcmp uno {type} {operand}, {operand}\n"
        f"{name} = select {truths(type)} $u, {type} {splat(type, 1.5)}, {type} {operand}\n"
    )


def conversions() -> list[Operation]:
    """Among all types and integers; to integers saturating, and plain within what they hold."""
    pairs = [
        *(("half", wide) for wide in ("float", "double")),
        *(("bfloat", wide) for wide in ("float", "double")),
        *(("float", "double"), ("<2 x half>", "<2 x float>"), ("<2 x bfloat>", "<2 x float>")),
    ]
    found = [Operation(b, (a,), f"$r = fpext {a} $0 to {b}") for a, b in pairs]
    found += [Operation(a, (b,), _narrowed(a, b)) for a, b in pairs]
    for t in SCALARS:
        for i in INTEGERS:
            found += [*_from_integer(t, i), *_to_integer(t, i)]
    byte = "$s = lshr i32 $0, 8\n$b = and i32 $s, 255\n$r = uitofp i32 $b to float"
    return [*found, Operation("float", ("i32",), byte)]


def _narrowed(type: str, wide: str) -> str:
    """For AMD, LLVM 22 makes a product in f32 and its rounding to f16 one `v_fma_mix` that adds
    +0, so that -0 is lost: here it always is."""
    if "half" in type and "float" in wide:
        return f"$h = fptrunc {wide} $0 to {type}\n$r = fadd {type} $h, {splat(type, 0.0)}"
    return f"$r = fptrunc {wide} $0 to {type}"


def _from_integer(type: str, integer: str) -> list[Operation]:
    excess = int(integer[1:]) - 24 if type == "bfloat" else 0
    found = []
    for op, shift in (("sitofp", "ashr"), ("uitofp", "lshr")):
        small = f"$n = {shift} {integer} $0, {excess}\n" if excess > 0 else ""
        text = f"{small}$r = {op} {integer} {'$n' if small else '$0'} to {type}"
        found.append(Operation(type, (integer,), text))
    return found


def _to_integer(type: str, integer: str) -> list[Operation]:
    t, i, n = type, integer, mangled(type)
    found = []
    for op, least in (("fptosi", -100.0), ("fptoui", 0.0)):
        text = f"$r = call {i} @llvm.{op}.sat.{i}.{n}({t} $0)"
        tame = (
            f"{number(t, '$0')}$m = call {t} @llvm.minnum.{n}({t} $k, {t} 100.0)\n"
            f"$x = call {t} @llvm.maxnum.{n}({t} $m, {t} {least})\n$r = {op} {t} $x to {i}"
        )
        found += [Operation(i, (t,), text), Operation(i, (t,), tame)]
    return found


def mixed() -> list[Operation]:
    """Products and sums in f32 of what is narrower, which some chips have in one instruction."""
    f = "call float @llvm.fma.f32(float"
    found = []
    for t in ("half", "bfloat"):
        a, b, c = (f"$x{i} = fpext {t} ${i} to float\n" for i in range(3))
        found += [
            Operation("float", (t, t, "float"), f"{a}{b}$r = {f} $x0, float $x1, float $2)"),
            Operation("float", (t, "float", t), f"{a}{c}$r = {f} $x0, float $1, float $x2)"),
            Operation("float", ("float", t), f"{b}$n = fneg float $x1\n$r = fadd float $0, $n"),
            Operation("float", (t, t), f"{a}{b}$r = fmul float $x0, $x1"),
            Operation(
                t,
                (t, t, "float"),
                f"{a}{b}$y = {f} $x0, float $x1, float $2)\n$r = fptrunc float $y to {t}",
            ),
            Operation(
                t,
                ("float", "float", t),
                f"{c}$y = {f} $0, float $1, float $x2)\n$r = fptrunc float $y to {t}",
            ),
        ]
    return found
