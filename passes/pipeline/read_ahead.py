"""A loop whose reads are a round ahead of the rest."""

from __future__ import annotations

from collections.abc import Iterable

from mlir import ir
from mlir.dialects import arith, scf

from clawc.passes.layout.encoding import Layouts, set_layout, set_layouts
from clawc.passes.layout.linear import LinearLayout
from clawc.passes.layout.ops import inside, is_tile, terminator
from clawc.passes.pipeline.split import Parts

Values = dict[ir.Value, ir.Value]


def read_ahead(loop: ir.Operation, parts: Parts) -> None:
    """Before the loop, the reads of its first round; in it, which begins with the second, what the
    one before stores to shared memory, the reads of this one, whose registers are free then, and
    what the one before computes; behind it, what the last does.

    So addresses count up with the loop, and no read needs a test more.  Where the loop may not run
    at all, its results are chosen; the reads before it have masks that are empty then."""
    body, layouts = loop.regions[0].blocks[0], Layouts()
    start, end, step = list(loop.operands)[:3]
    induction, *carried = body.arguments
    results = list(terminator(body).operands)
    counts = any(induction in op.operands for each in parts.behind for op in inside(each))
    names = [*carried, *parts.reads, *([induction] if counts else [])]
    known = [layouts.of(v) if is_tile(v) else None for v in names]
    with ir.InsertionPoint(loop), loop.location:
        first = cloned(parts.ahead, {induction: start})
        begin = [*list(loop.operands)[3:], *(first[v] for v in parts.reads)]
        new = scf.ForOp(arith.addi(start, step), end, step, [*begin, *([start] if counts else [])])
        with ir.InsertionPoint(new.body):
            now = new.induction_variable
            this: Values = dict(zip(names, new.inner_iter_args, strict=True))
            this = cloned(parts.stored, this)
            ahead = cloned(parts.ahead, {induction: now})
            done = cloned(parts.rest, this)
            yielded = [*(done.get(v, v) for v in results), *(ahead[v] for v in parts.reads)]
            scf.yield_([*yielded, *([now] if counts else [])])
        set_layouts(new.operation, known)
        done = cloned(parts.behind, dict(zip(names, new.results_, strict=True)))
        last = [done.get(value, value) for value in results]
        if not parts.runs:
            runs = arith.cmpi(arith.CmpIPredicate.slt, start, end)
            triples = zip(last, loop.operands[3:], known[: len(carried)], strict=True)
            last = [chosen(runs, *triple) for triple in triples]
    for old, value in zip(loop.results, last, strict=True):
        old.replace_all_uses_with(value)
    loop.erase()


def chosen(
    runs: ir.Value, done: ir.Value, begun: ir.Value, layout: LinearLayout | None
) -> ir.Value:
    """A result of a loop: where it does not run, what it begins with."""
    value = arith.select(runs, done, begun)
    if layout is not None:
        set_layout(value.owner.operation, layout)
    return value


def cloned(ops: Iterable[ir.Operation], known: Values) -> Values:
    """Copies of `ops` at the insertion point, on the values that `known` has for theirs."""
    known = dict(known)
    for op in ops:
        copy = op.clone().operation
        for inner in inside(copy):
            for i, value in enumerate(inner.operands):
                inner.operands[i] = known.get(value, value)
        known |= zip(op.results, copy.results, strict=True)
    return known
