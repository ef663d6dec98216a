"""`tensormap.*`: maps of tensors that a kernel makes (PTX ISA, "tensormap.replace" and
"tensormap.cp_fenceproxy").

They are made field by field in shared or global memory, and copied to global memory for the copies
that use them.  Not checked is `fence.proxy.tensormap` between the two.
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.interface import EmulationError
from clawc.emulators.ptx.access import (
    Form,
    accesses,
    address_reader,
    element_view,
    space_of,
    write_elements,
)
from clawc.emulators.ptx.layout import WARP, Layout
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Immediate, Instruction
from clawc.emulators.ptx.tensor_map import ALIGNMENT, BYTES, TENSOR_MAP
from clawc.emulators.ptx.threads import Lanes, Reader, Step, Threads, reader
from clawc.emulators.ptx.watched_access import Access

_WORD = 8
_WORDS = BYTES // 2 // _WORD  # of half a map
# Of each field that can be replaced: its name in TENSOR_MAP, the type of a new value, whether the
# instruction names a dimension, whether the value must be a constant.
_FIELDS = {
    "global_address": ("address", "b64", False, False),
    "rank": ("rank", "b32", False, False),
    "box_dim": ("box", "b32", True, False),
    "global_dim": ("dims", "b32", True, False),
    "global_stride": ("strides", "b64", True, False),
    "element_stride": ("steps", "b32", True, False),
    "elemtype": ("type", "b32", False, True),
    "interleave_layout": ("interleave", "b32", False, True),
    "swizzle_mode": ("swizzle", "b32", False, True),
    "fill_mode": ("fill", "b32", False, True),
}


def tensor_map_step(instruction: Instruction, layout: Layout) -> Step:
    op = Opcode(instruction.opcode)
    kind = op.one_of("replace", "cp_fenceproxy")
    return (_replace if kind == "replace" else _copy)(op, instruction, layout)


def _replace(op: Opcode, instruction: Instruction, layout: Layout) -> Step:
    op.one_of("tile")
    field, type_, has_dimension, is_constant = _FIELDS[op.one_of(*_FIELDS)]
    space = space_of(op)
    op.one_of("b1024")
    op.one_of(type_)
    op.check_all_taken()
    place, *middle, value = instruction.operands
    if len(middle) != has_dimension or is_constant and not isinstance(value, Immediate):
        raise op.unknown()
    dimension = 0
    if has_dimension:
        (named,) = middle
        limit = TENSOR_MAP[field].shape[0]
        if not isinstance(named, Immediate) or named.value not in range(limit):
            raise op.unknown()
        dimension = int(named.value)
    read_place, space = address_reader(place, space, layout)
    read = reader(value, type_, layout)
    kind, offset = TENSOR_MAP.fields[field][:2]  # type: ignore[index]  # the stubs want literals
    element = kind.base
    skip = offset + dimension * element.itemsize
    map_form = Form(instruction, read_place, space, ALIGNMENT, True)

    def step(t: Threads, at: Lanes) -> None:
        lanes = t.taking_part(at)
        values = np.broadcast_to(read(t, lanes), len(lanes))
        if (values.astype(element) != values).any():
            what = f"{int(values.max())} is more than a tensor map holds"
            raise EmulationError(f"{instruction.text!r}: {what}")
        for access, _ in accesses(t, lanes, map_form):
            new = values[np.searchsorted(lanes, access.lanes)].astype(element)
            where = Access(access.space, access.lanes, access.offset + skip, element.itemsize)
            write_elements(t, instruction, where, element.itemsize, [new])

    return step


def _copy(op: Opcode, instruction: Instruction, layout: Layout) -> Step:
    """`cp_fenceproxy`: a warp copies a map from its shared memory to global memory."""
    for word in ("global", "shared::cta", "tensormap::generic", "release", "sync", "aligned"):
        op.one_of(word)
    op.one_of("cta", "cluster", "gpu", "sys")
    op.check_all_taken()
    target, source, size = instruction.operands
    if not isinstance(size, Immediate) or size.value != BYTES:
        raise op.unknown()
    read_target, _ = address_reader(target, "global", layout)
    read_source, _ = address_reader(source, "shared", layout)
    halves = [
        (
            _half(instruction, read_source, "shared", skip, False),
            _half(instruction, read_target, "global", skip, True),
        )
        for skip in (0, BYTES // 2)
    ]

    def step(t: Threads, at: Lanes) -> None:
        lanes = t.taking_part(at)
        first = lanes[np.r_[True, np.diff(lanes // WARP) != 0]]  # of each warp
        for from_, to in halves:
            held = np.zeros((_WORDS, t.count), np.uint64)
            for access, _ in accesses(t, first, from_):
                view = element_view(t, "shared", _WORD)
                for i in range(_WORDS):
                    held[i, access.lanes] = view[access.offset // _WORD + i]
            for access, _ in accesses(t, first, to):
                words = [word[access.lanes] for word in held]
                write_elements(t, instruction, access, _WORD, words)

    return step


def _half(instruction: Instruction, read: Reader, space: str, skip: int, writes: bool) -> Form:
    """Half of a map, as much as it is aligned to."""
    return Form(instruction, lambda t, at: read(t, at) + skip, space, BYTES // 2, writes)
