"""`wgmma`: products of warpgroups, which start, and happen when they are waited for.

The products of elements are exact; an instruction's sum is formed in float64 and rounded once, to
the accumulator's type.  The manual leaves order and precision of the sum open.  tf32 takes the
upper 19 bits of its operands.  The metadata of a sparse A are read when the product starts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clawc.emulators.ptx.access import Form as AccessForm
from clawc.emulators.ptx.flow import product_scale
from clawc.emulators.ptx.fragments import Fragment, fragment
from clawc.emulators.ptx.layout import Layout
from clawc.emulators.ptx.matrix_numbers import rounded_sums
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.shared_matrix import SharedMatrix, shared_matrix
from clawc.emulators.ptx.syntax import Immediate, Instruction, Vector
from clawc.emulators.ptx.threads import Lanes, Reader, Step, Threads, Writer, reader, writer
from clawc.emulators.ptx.values import Array
from clawc.emulators.ptx.warp_matrix import elements
from clawc.emulators.ptx.warpgroup import check_fragment, commit, fence, whole_warpgroups
from clawc.emulators.ptx.wgmma_form import ROWS, Form, form_of
from clawc.emulators.ptx.wgmma_layout import packed_sums, source_values, unpacked_sums

_K_PIECES = 2  # of 16 bytes, of what is stored of A along K


@dataclass(frozen=True)
class Plan:
    """What an instruction is about."""

    instruction: Instruction
    form: Form
    result: Fragment
    source: Fragment | None  # A, where it is in registers
    sum_readers: list[Reader]
    sum_writers: list[Writer]


@dataclass(frozen=True)
class Product:
    """One that has started, of some warpgroups."""

    plan: Plan
    lanes: Array  # [warpgroups, 128]
    a: SharedMatrix | Array  # an array, [warpgroups, rows, K], if A was in registers
    b: SharedMatrix
    words: Array | None  # of the metadata, [warpgroups, 128]
    adds: Array  # whether it adds to the accumulator, by warpgroup
    group: Array  # how many groups each lane had committed before, [warpgroups, 128]

    def chosen(self, which: Array) -> Product:
        a = self.a.chosen(which) if isinstance(self.a, SharedMatrix) else self.a[which]
        words = None if self.words is None else self.words[which]
        rest = (
            self.lanes[which],
            a,
            self.b.chosen(which),
            words,
            self.adds[which],
            self.group[which],
        )
        return Product(self.plan, *rest)


def warpgroup_products(instruction: Instruction, layout: Layout) -> Step:
    op = Opcode(instruction.opcode)
    what = op.one_of("mma_async", "fence", "commit_group", "wait_group")
    op.one_of("sync")
    op.one_of("aligned")
    if what == "mma_async":
        return _start(form_of(op, instruction), instruction, layout)
    op.check_all_taken()
    if what != "wait_group":
        return fence if what == "fence" else commit
    (allowed,) = instruction.operands
    if not isinstance(allowed, Immediate):
        raise op.unknown()
    pending = np.int32(allowed.value)
    return lambda t, at: wait(t, t.taking_part(at), pending)


def _start(form: Form, instruction: Instruction, layout: Layout) -> Step:
    result, a, b, data, *_ = instruction.operands
    in_registers = isinstance(a, Vector)
    plan = Plan(
        instruction,
        form,
        fragment("result", result),
        fragment("source", a) if in_registers else None,
        [reader(each, "b32", layout) for each in elements(result)],
        [writer(each, "b32", layout) for each in elements(result)],
    )
    a_readers = [reader(each, "b32", layout) for each in elements(a)] if in_registers else []
    read_a = reader(a, "b64", layout) if not in_registers else None
    read_b, read_adds = reader(b, "b64", layout), reader(product_scale(instruction), "pred", layout)
    read_words = reader(data, "b32", layout) if form.metadata is not None else None
    access = AccessForm(instruction, read_b, "shared", 16, False)

    def step(t: Threads, at: Lanes) -> None:
        lanes = whole_warpgroups(t, at, instruction)
        if not len(lanes):
            return
        if t.watch.check:
            for key in (plan.result, plan.source):
                if key is not None:
                    check_fragment(t, instruction, key, lanes.reshape(-1))
        if read_a is None:
            flat = lanes.reshape(-1)
            held = np.stack([np.broadcast_to(read(t, flat), len(flat)) for read in a_readers])
            left = source_values(held, form.a_type)
        else:
            bits = uniform(t, lanes, read_a, plan)
            left = shared_matrix(
                t, access, bits, lanes, form.a_type, ROWS, _K_PIECES, form.a_k_major, by_all=False
            )
        bits = uniform(t, lanes, read_b, plan)
        pieces = _K_PIECES if form.metadata is None else 2 * _K_PIECES
        right = shared_matrix(
            t, access, bits, lanes, form.b_type, form.columns, pieces, form.b_k_major, by_all=True
        )
        words = None
        if read_words is not None:
            flat = np.broadcast_to(read_words(t, lanes.reshape(-1)), lanes.size)
            words = flat.reshape(lanes.shape).copy()
        adding, group = uniform(t, lanes, read_adds, plan), t.in_flight.committed[lanes]
        t.in_flight.products.append(Product(plan, lanes, left, right, words, adding, group))
        t.watch.counts.matrix_flop += 2 * ROWS * form.columns * form.k * len(lanes)

    return step


def uniform(t: Threads, lanes: Array, read: Reader, plan: Plan) -> Array:
    """An operand that all threads of a warpgroup must agree on."""
    values = np.broadcast_to(read(t, lanes.reshape(-1)), lanes.size).reshape(lanes.shape)
    differs = (values != values[:, :1]).any(axis=1)
    if differs.any():
        message = "has descriptors or a predicate that differ within the warpgroup"
        t.report("divergence", plan.instruction, message, lanes[differs, 0])
    return values[:, 0]


def wait(t: Threads, lanes: Array, pending: np.int32) -> None:
    """`wgmma.wait_group`: all but the last `pending` groups of these lanes happen now."""
    state = t.in_flight
    state.finished[lanes] = np.maximum(state.finished[lanes], state.committed[lanes] - pending)
    kept: list[Product] = []
    sums_of: _Accumulator | None = None
    for product in state.products:
        ready = (product.group < state.finished[product.lanes]).any(axis=1)
        if not ready.all():
            kept.append(product.chosen(~ready))
        if not ready.any():
            continue
        part = product if ready.all() else product.chosen(ready)
        if sums_of is None or not sums_of.is_of(part):
            if sums_of is not None:
                sums_of.write(t)
            sums_of = _Accumulator(t, part)
        sums_of.add(t, part)
    if sums_of is not None:
        sums_of.write(t)
    state.products = kept


class _Accumulator:
    """Sums of some warpgroups, which products that follow each other add to."""

    def __init__(self, t: Threads, product: Product) -> None:
        self.plan, self.lanes = product.plan, product.lanes
        lanes = self.lanes.reshape(-1)
        held = np.stack([read(t, lanes) for read in self.plan.sum_readers])
        self.total = unpacked_sums(held, self.plan.form.result_type)

    def is_of(self, product: Product) -> bool:
        same = product.plan.result == self.plan.result and product.plan.form == self.plan.form
        return same and np.array_equal(product.lanes, self.lanes)

    def add(self, t: Threads, product: Product) -> None:
        form, instruction, lanes = product.plan.form, product.plan.instruction, product.lanes
        a, b = (
            matrix.values(t, instruction, lanes) if isinstance(matrix, SharedMatrix) else matrix
            for matrix in (product.a, product.b)
        )
        if form.metadata is not None and product.words is not None:
            stored = a.reshape(-1, ROWS // 4, a.shape[2])  # of each warp
            whole = form.metadata.spread(t, instruction, lanes, product.words, stored)
            a = whole.reshape(-1, ROWS, form.k)
        found = form.sign * (a @ b.swapaxes(1, 2))
        adds = product.adds[:, None, None]
        found = np.where(adds, found + self.total.astype(np.float64), found)
        self.total = rounded_sums(found, form.result_type, form.saturate)

    def write(self, t: Threads) -> None:
        lanes = self.lanes.reshape(-1)
        for register, write in zip(packed_sums(self.total), self.plan.sum_writers, strict=True):
            write(t, lanes, register)
