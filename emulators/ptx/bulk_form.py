"""What the modifiers of a copy in bulk say (PTX ISA, "Data Movement and Conversion Instructions:
Bulk copy", "Tensor copy"): from where to where, what is told of its end, what it computes.
"""

from __future__ import annotations

from dataclasses import dataclass

from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Instruction, Operand, TensorPlace

_LOGIC = ("and", "or", "xor")
_HALVES = ("f16", "bf16")
# The types that a reduction into global memory takes; into a tensor, the map says the type.
REDUCED = {
    "add": ("u32", "s32", "u64", "f32", "f64", *_HALVES),
    **dict.fromkeys(("min", "max"), ("u32", "s32", "u64", "s64", *_HALVES)),
    **dict.fromkeys(("inc", "dec"), ("u32",)),
    **dict.fromkeys(_LOGIC, ("b32", "b64")),
}
DIMENSIONS = {f"{n}d": n for n in range(1, 6)}
_INTO_SHARED = ("shared::cluster", "shared::cta")


@dataclass(frozen=True)
class BulkForm:
    """A copy between global memory and shared memory: into that of any workgroups of the cluster,
    out of that of the thread's own."""

    instruction: Instruction
    loads: bool  # into shared memory, which an mbarrier is told of; else out of it, in groups
    dimensions: int  # of the tensor; 0: a range of bytes
    reduction: str  # what is computed with what is there; "": it is replaced
    type_: str  # of what is computed; "" where a tensor map says it
    shared: Operand
    global_: Operand  # a TensorPlace for a tensor
    size: Operand | None  # bytes; of a tensor the map says it
    barrier: Operand | None
    workgroups: Operand | None  # of the cluster that get it all, a bit each; None: as `shared` says


def bulk_form(instruction: Instruction) -> BulkForm:
    """UnknownInstruction for what is no such copy, or one that the emulator lacks."""
    op = Opcode(instruction.opcode)
    reduces = op.flag("reduce")
    op.one_of("async")
    op.one_of("bulk")
    dimensions = DIMENSIONS[op.one_of(*DIMENSIONS)] if op.flag("tensor") else 0
    loads = direction(op)
    several = loads and op.flag("multicast::cluster")
    op.one_of("mbarrier::complete_tx::bytes" if loads else "bulk_group")
    reduction, type_ = "", ""
    if reduces:
        reduction = op.one_of(*REDUCED)
        if loads:
            raise op.unknown()
        if not dimensions:
            type_ = typed(op, reduction)
    if dimensions:
        op.flag("tile")
    op.check_all_taken()
    operands = list(instruction.operands)
    if len(operands) != 2 + (not dimensions) + loads + several:
        raise op.unknown()
    first, second = operands[:2]
    shared, global_ = (first, second) if loads else (second, first)
    if isinstance(global_, TensorPlace) != bool(dimensions):
        raise op.unknown()
    if isinstance(global_, TensorPlace) and len(global_.coordinates) != dimensions:
        raise op.unknown()
    size = None if dimensions else operands[2]
    barrier = operands[2 if dimensions else 3] if loads else None
    workgroups = operands[-1] if several else None
    return BulkForm(
        *(instruction, loads, dimensions, reduction, type_, shared, global_, size),
        *(barrier, workgroups),
    )


def direction(op: Opcode) -> bool:
    """Whether a copy is into shared memory."""
    names = [word for word in op.rest if word.partition("::")[0] in ("shared", "global")]
    if len(names) != 2:
        raise op.unknown()
    target, source = names
    loads = target in _INTO_SHARED and source == "global"
    if not loads and (target, source) != ("global", "shared::cta"):
        raise op.unknown()
    for name in names:
        op.flag(name)
    return loads


def typed(op: Opcode, reduction: str) -> str:
    """The type of a reduction of a range; sums of halves keep denormals, and say so."""
    type_ = op.type()
    if type_ not in REDUCED[reduction]:
        raise op.unknown()
    if op.flag("noftz") != (reduction == "add" and type_ in _HALVES):
        raise op.unknown()
    return type_
