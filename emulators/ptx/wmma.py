"""`wmma`: loads, stores and products of a warp's matrices."""

from __future__ import annotations

from clawc.emulators.ptx.access import space_of
from clawc.emulators.ptx.layout import Layout
from clawc.emulators.ptx.mma import combined
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Instruction
from clawc.emulators.ptx.target import check_target
from clawc.emulators.ptx.threads import Lanes, Step, Threads
from clawc.emulators.ptx.warp_matrix import whole_warps
from clawc.emulators.ptx.wmma_form import (
    PARTS_OF_BYTES,
    check_inputs,
    fragment,
    input_types,
    take_shape,
)
from clawc.emulators.ptx.wmma_memory import load_matrix, store_matrix, stored_matrix


def warp_matrix(instruction: Instruction, layout: Layout) -> Step:
    op = Opcode(instruction.opcode)
    what = op.one_of("load", "store", "mma")
    if what == "mma":
        return _multiply(op, instruction, layout)
    which = op.one_of("a", "b", "c") if what == "load" else op.one_of("d")
    op.one_of("sync")
    op.one_of("aligned")
    by_rows = op.one_of("row", "col") == "row"
    shape, space = take_shape(op), space_of(op)
    if len(op.rest) != 1 or len(instruction.operands) not in (2, 3):
        raise op.unknown()
    (type_,) = op.rest
    if which in "ab":
        check_inputs(op, layout.kernel.target, shape, type_)
        if type_ in PARTS_OF_BYTES and by_rows != (which == "a"):
            raise op.unknown()
    else:
        input_types(op, layout.kernel.target, shape, type_)
    held = fragment(which, shape, type_)
    where = instruction.operands[1 if what == "load" else 0]
    stride = instruction.operands[2] if len(instruction.operands) == 3 else None
    stored = stored_matrix(instruction, where, stride, space, held, by_rows, layout)
    if what == "load":
        return load_matrix(op, stored, layout)
    return store_matrix(op, stored, layout)


def _multiply(op: Opcode, instruction: Instruction, layout: Layout) -> Step:
    """`wmma.mma`; in f16 only the types of D and C are written."""
    counts = op.flag("popc")
    bits = op.one_of("xor", "and") if counts else ""
    op.one_of("sync")
    op.one_of("aligned")
    layouts = [word for word in op.rest if word in ("row", "col")]
    shape, saturate = take_shape(op), op.flag("satfinite")
    types = [word for word in op.rest if word not in ("row", "col")]
    if len(types) == 2:
        types = [types[0], "f16", "f16", types[1]]
    elif "f16" in types:
        raise op.unknown()
    if "f64" in types:
        types = [word for word in types if word != "rn"]
    if len(types) != 4 or len(layouts) != 2 or len(instruction.operands) != 4:
        raise op.unknown()
    d_type, a_type, b_type, c_type = types
    check_inputs(op, layout.kernel.target, shape, a_type)
    for type_ in (d_type, c_type):
        if a_type not in input_types(op, layout.kernel.target, shape, type_):
            raise op.unknown()
    if a_type != b_type or counts != (a_type == "b1"):
        raise op.unknown()
    if bits == "and":
        check_target(op, layout.kernel.target, "sm_80")
    if saturate and a_type not in ("s8", "u8", "s4", "u4"):
        raise op.unknown()
    if a_type in PARTS_OF_BYTES and layouts != ["row", "col"]:
        raise op.unknown()
    d, a, b, c = (fragment(which, shape, type_) for which, type_ in zip("dabc", types, strict=True))
    d_operand, *operands = instruction.operands
    write = d.writers(d_operand, op, layout)
    pairs = zip((a, b, c), operands, strict=True)
    read_a, read_b, read_c = (held.readers(each, op, layout) for held, each in pairs)

    def step(t: Threads, at: Lanes) -> None:
        lanes = whole_warps(t, at, instruction).reshape(-1)
        left, right = a.values(t, lanes, read_a), b.values(t, lanes, read_b)
        total = combined(left, right, bits) + c.values(t, lanes, read_c)
        d.write(t, lanes, write, total, saturate)
        t.watch.counts.matrix_flop += 2 * left.size * b.columns

    return step
