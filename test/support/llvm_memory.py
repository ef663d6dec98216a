"""Random programs of memory: accesses of all sizes and alignments, exchanges, atomics, calls.

Each thread has a slice of global memory, a slot of shared memory and an array of its own.  Phases
between barriers take turns: in even ones threads write what is theirs, in odd ones they read what
is anybody's and change the common cells by atomics.  A cell knows one operation only, and nobody
uses what an atomic returns, so that the order of threads makes no difference.
"""

from __future__ import annotations

from functools import cache
from itertools import chain

import numpy as np
from llvm_drawing import Drawing, Operation, Operations, named
from llvm_integers import integer_operations
from llvm_programs import SLICE, Barrier, Block, Program, size_of
from llvm_targets import WORKGROUP

TYPES = ("i1", "i8", "i16", "i32", "i64", "<2 x i16>", "<4 x i8>", "<2 x i32>", "<4 x i32>")
STORED = TYPES[1:]
SLOT = 16  # bytes of shared memory that belong to each thread
ARRAY = 64  # bytes of local memory, and of the table of constants
SHARED_CELLS = 768  # where they begin
_COMMUTING = ("add", "sub", "min", "max", "umin", "umax", "and", "or", "xor", "uinc_wrap")


def place(type: str, base: str, size: int, alignment: int, index: str) -> str:
    """`$p`: somewhere in `size` bytes at `base`, as the i32 `index` says and so aligned."""
    choices = size - size_of(type) + 1
    return (
        f"$o = urem i32 {index}, {choices}\n$a = and i32 $o, {-alignment}\n"
        f"$p = getelementptr i8, {base}, i32 $a\n"
    )


def alignments(type: str) -> list[int]:
    return [n for n in (1, 2, 4, 8, 16) if n <= size_of(type)]


def loads(base: str, size: int, before: str = "", least: int = 1) -> list[Operation]:
    """Of every type from `size` bytes at `base`, which `before` may compute from the i32 `$1`."""
    space = base.rpartition(" ")[0]
    return [
        Operation(
            type,
            ("i32", "i32"),
            f"{before}{place(type, base, size, n, '$0')}$r = load {type}, {space} $p, align {n}",
        )
        for type in STORED
        for n in alignments(type)
        if n >= min(least, size_of(type)) and size_of(type) <= size
    ]


def stores(base: str, size: int, least: int = 1) -> list[Operation]:
    space = base.rpartition(" ")[0]
    return [
        Operation(
            "",
            (type, "i32"),
            f"{place(type, base, size, n, '$1')}store {type} $0, {space} $p, align {n}",
        )
        for type in STORED
        for n in alignments(type)
        if n >= min(least, size_of(type)) and size_of(type) <= size
    ]


GLOBAL, SHARED, LOCAL = (f"ptr addrspace({n})" for n in (1, 3, 5))
CONSTANT = "ptr addrspace(4)"
_ANYBODY = (
    f"$w = urem i32 %thread, {WORKGROUP}\n$f = sub i32 %thread, $w\n$g = urem i32 $1, {WORKGROUP}\n"
)
_THEIR_SLICE = (
    f"{_ANYBODY}$h = add i32 $f, $g\n$i = mul i32 $h, {SLICE}\n"
    f"$b = getelementptr i8, {GLOBAL} %heap, i32 $i\n"
)
_THEIR_SLOT = (
    f"{_ANYBODY}$i = mul i32 $g, {SLOT}\n$b = getelementptr i8, {SHARED} %shared, i32 $i\n"
)


def atomics(base: str, scope: str) -> list[Operation]:
    """Cells of eight bytes, one for each operation and width; the last two by loops."""
    space = base.rpartition(" ")[0]
    found = []
    for i, (type, name) in enumerate((t, n) for t in ("i32", "i64") for n in _COMMUTING):
        value = "5" if name == "uinc_wrap" else "$0"
        text = (
            f"$p = getelementptr i8, {base}, i32 {8 * i}\n"
            f'$u = atomicrmw {name} {space} $p, {type} {value} syncscope("{scope}") monotonic'
        )
        found.append(Operation("", (type,), text))
    return found


# Integers, vectors and pointers passed and returned; one that calls another; a loop in one.
FUNCTIONS = f"""
define internal i32 @mixed(i32 %a, i8 signext %b, i64 %c, <2 x i16> %d) noinline {{
  %e = sext i8 %b to i32
  %f = trunc i64 %c to i32
  %g = bitcast <2 x i16> %d to i32
  %h = mul i32 %a, %e
  %i = xor i32 %f, %g
  %j = add i32 %h, %i
  ret i32 %j
}}

define internal i64 @outer(i64 %a, i32 %b) noinline {{
  %c = call i32 @mixed(i32 %b, i8 signext 7, i64 %a, <2 x i16> <i16 3, i16 -5>)
  %d = zext i32 %c to i64
  %e = add i64 %a, %d
  ret i64 %e
}}

define internal <2 x i32> @summed({LOCAL} %p, i32 %count) noinline {{
entry:
  %n = and i32 %count, 15
  br label %head
head:
  %i = phi i32 [ 0, %entry ], [ %j, %body ]
  %s = phi i32 [ 0, %entry ], [ %t, %body ]
  %more = icmp ult i32 %i, %n
  br i1 %more, label %body, label %after
body:
  %q = getelementptr i32, {LOCAL} %p, i32 %i
  %v = load i32, {LOCAL} %q
  %t = add i32 %s, %v
  %j = add i32 %i, 1
  store i32 %t, {LOCAL} %q
  br label %head
after:
  %a = insertelement <2 x i32> poison, i32 %s, i32 0
  %b = insertelement <2 x i32> %a, i32 %n, i32 1
  ret <2 x i32> %b
}}
"""
CALLS = [
    Operation(
        "i32",
        ("i32", "i8", "i64", "<2 x i16>"),
        "$r = call i32 @mixed(i32 $0, i8 signext $1, i64 $2, <2 x i16> $3)",
    ),
    Operation("i64", ("i64", "i32"), "$r = call i64 @outer(i64 $0, i32 $1)"),
    Operation("<2 x i32>", ("i32",), f"$r = call <2 x i32> @summed({LOCAL} %array, i32 $0)"),
]


@cache
def memory_operations(kind: str) -> Operations:
    """Those of the first, of even and of odd phases, by the type of the result."""
    theirs = loads(f"{GLOBAL} $b", SLICE, _THEIR_SLICE)
    theirs += loads(f"{SHARED} $b", SLOT, _THEIR_SLOT, least=16)
    mine = [*loads(f"{GLOBAL} %slice", SLICE), *loads(f"{SHARED} %slot", SLOT, least=16)]
    mine += [*stores(f"{GLOBAL} %slice", SLICE), *stores(f"{SHARED} %slot", SLOT, least=16)]
    local = [*loads(f"{LOCAL} %array", ARRAY), *stores(f"{LOCAL} %array", ARRAY)]
    both = [*local, *loads(f"{CONSTANT} @table", ARRAY), *CALLS]
    both += atomics(f"{GLOBAL} %cells", "agent")
    cells = f"{SHARED} %shared_cells"
    different = {"first": mine, "even": mine + loads(cells, 160, least=16)}
    different["odd"] = theirs + atomics(cells, "workgroup")
    found: dict[str, list[Operation]] = {}
    for operation in chain(both, different[kind]):
        found.setdefault(operation.result, []).append(operation)
    found["i1"] = list(integer_operations(False)["i1"])
    return found


def _head(rng: np.random.Generator) -> str:
    table = ", ".join(f"i8 {n}" for n in rng.integers(-128, 128, ARRAY))
    return (
        f"@table = internal addrspace(4) constant [{ARRAY} x i8] [{table}], align 16\n{FUNCTIONS}"
    )


# The array; the slot; a cell that this thread sets in the first phase, or else its slot.
_ENTRY = f"""
  %array = alloca [{ARRAY} x i8], align 16, addrspace(5)
  %word = urem i32 %thread, {WORKGROUP}
  %slot_at = mul i32 %word, {SLOT}
  %slot = getelementptr i8, {SHARED} %shared, i32 %slot_at
  %shared_cells = getelementptr i8, {SHARED} %shared, i32 {SHARED_CELLS}
  %cell_at = mul i32 %word, 8
  %cell_in = getelementptr i8, {SHARED} %shared_cells, i32 %cell_at
  %has_cell = icmp ult i32 %word, 32
  %cell = select i1 %has_cell, {SHARED} %cell_in, {SHARED} %slot
""" + "".join(
    f"  %array_{i} = getelementptr i8, {LOCAL} %array, i32 {8 * i}\n" for i in range(ARRAY // 8)
)
_FIRST = f"""
  store i64 1311768467463790320, {SHARED} %cell
  store i64 -81985529216486896, {SHARED} %slot
  %slot_end = getelementptr i8, {SHARED} %slot, i32 8
  store i64 1234567890123456789, {SHARED} %slot_end
"""
_EACH = "\n".join(f"  store i64 {3 ** (5 * i)}, {LOCAL} %array_{i}" for i in range(ARRAY // 8))


def memory_program(seed: int) -> Program:
    """Five phases; in every third program with branches and loops."""
    variables, uniform = named(TYPES)
    rng = np.random.default_rng([seed, 0])
    blocks: list[Block] = []
    for kind in ("first", "odd", "even", "odd", "even"):
        drawing = Drawing(rng, memory_operations(kind), returns=False)
        blocks += [drawing.block(5, 2 if seed % 3 == 2 else 0), (Barrier(),)]
    body = tuple(chain(*blocks[:-1]))
    return Program(seed, variables, body, uniform, _head(rng), _ENTRY, _FIRST, _EACH)
