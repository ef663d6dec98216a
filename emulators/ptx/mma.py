"""`mma.sync`: a product of a warp, dense or with a sparse A, with or without scales."""

from __future__ import annotations

import numpy as np

from clawc.emulators.ptx.layout import Layout
from clawc.emulators.ptx.matrix_fragment import MatrixFragment
from clawc.emulators.ptx.matrix_numbers import ELEMENT_BITS
from clawc.emulators.ptx.mma_form import Form, form_of
from clawc.emulators.ptx.mma_places import (
    a_places,
    b_places,
    c_places,
    quad_a_places,
    quad_b_places,
    quad_c_places,
)
from clawc.emulators.ptx.mma_scale import scale_readers
from clawc.emulators.ptx.mma_sparse import Metadata
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Immediate, Instruction, Operand
from clawc.emulators.ptx.threads import Lanes, Step, Threads, reader
from clawc.emulators.ptx.values import Array
from clawc.emulators.ptx.warp_matrix import whole_warps


def multiply(instruction: Instruction, layout: Layout) -> Step:
    op = Opcode(instruction.opcode)
    form = form_of(op, layout.kernel.target)
    m, n, k = form.shape
    a, b, c, d = fragments(form)
    count = 4 + (2 if form.sparsity else 0) + (4 if form.scales else 0)
    if len(instruction.operands) != count:
        raise op.unknown()
    d_operand, a_operand, b_operand, c_operand, *rest = instruction.operands
    write = d.writers(d_operand, op, layout)
    read_a, read_b = a.readers(a_operand, op, layout), b.readers(b_operand, op, layout)
    read_c = c.readers(c_operand, op, layout)
    metadata = read_metadata = scale_a = scale_b = None
    if form.sparsity:
        metadata = metadata_of(op, form, rest[1])
        read_metadata = reader(rest[0], "b32", layout)
    if form.scales:
        scale_a, scale_b = scale_readers(op, form, instruction, layout)

    def step(t: Threads, at: Lanes) -> None:
        lanes = whole_warps(t, at, instruction).reshape(-1)
        left, right = a.values(t, lanes, read_a), b.values(t, lanes, read_b)
        if metadata is not None and read_metadata is not None:
            words = np.broadcast_to(read_metadata(t, lanes), len(lanes))
            left = metadata.spread(t, instruction, lanes, words, left)
        if scale_a is not None and scale_b is not None:
            left, right = left * scale_a(t, lanes), right * scale_b(t, lanes)
        total = combined(left, right, form.bits) + c.values(t, lanes, read_c)
        d.write(t, lanes, write, total, form.saturate)
        t.watch.counts.matrix_flop += 2 * m * n * k * len(left)

    return step


def fragments(form: Form) -> tuple[MatrixFragment, ...]:
    """How A, B, C and D are held."""
    m, n, k = form.shape
    d_type, a_type, b_type, c_type = form.types
    if form.in_quads:
        by_rows = form.rows
        return (
            MatrixFragment(a_type, m, k, quad_a_places(by_rows[0]), 4),
            MatrixFragment(b_type, k, n, quad_b_places(by_rows[1]), 4),
            *(MatrixFragment(type_, m, n, quad_c_places(type_), 4) for type_ in (c_type, d_type)),
        )
    stored, bits = k // 2 if form.sparsity else k, ELEMENT_BITS[a_type]
    return (
        MatrixFragment(a_type, m, stored, a_places(m, stored, bits)),
        MatrixFragment(b_type, k, n, b_places(k, n, bits)),
        *(MatrixFragment(type_, m, n, c_places(m, n)) for type_ in (c_type, d_type)),
    )


def metadata_of(op: Opcode, form: Form, selector: Operand) -> Metadata:
    """The metadata's form, with a selector that is a number of this form's."""
    if not isinstance(selector, Immediate):
        raise op.unknown()
    ordered = form.sparsity == "sp::ordered_metadata"
    found = Metadata(form.types[1], form.shape[2], int(selector.value), ordered)
    if found.selector not in range(found.selectors):
        raise op.unknown()
    return found


def combined(a: Array, b: Array, bits: str) -> Array:
    """The product; of single bits the number of ones after `and`, or after `xor`."""
    product = a @ b
    if bits == "xor":
        return a.sum(axis=2, keepdims=True) + b.sum(axis=1, keepdims=True) - 2 * product
    return product
