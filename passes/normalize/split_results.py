"""split-results: each generic computes results that its loops index in one way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import linalg

from clawc.passes.framework.base import Pass
from clawc.passes.ir.body import body_of, terminator
from clawc.passes.ir.loops import unit_loops
from clawc.passes.ir.maps import fills, indexing_maps, named_loops, output_maps
from clawc.passes.normalize.functions import function_blocks
from clawc.passes.normalize.results import needed_results, with_results


@dataclass(frozen=True)
class SplitResults(Pass):
    """A generic computes results of one map; what is a reduction for one result is a map for
    another.  A loop that indexes the results is parallel, one that does not is a reduction.

    Before:

        %sums, %exps = linalg.generic {maps = [(i, j) -> (i, j), (i, j) -> (i), (i, j) -> (i, j)],
                                       iterators = ["parallel", "reduction"]}
                                      ins(%x) outs(%zeros, %e) { yield %sum, %exp }

    After:

        %sums = linalg.generic {maps = [(i, j) -> (i, j), (i, j) -> (i)],
                                iterators = ["parallel", "reduction"]}
                               ins(%x) outs(%zeros) { yield %sum }
        %exps = linalg.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)],
                                iterators = ["parallel", "parallel"]}
                               ins(%x) outs(%e) { yield %exp }

    The order of iterations is that of the loops, the first one outermost.  An output that each
    iteration has its own element of is an input to the others: it is read before it is written.
    Results that take each other's values on the way, as the steps of a running sum take its total,
    stay in one generic.  What is the same scalar everywhere is computed with nothing.
    """

    name: ClassVar[str] = "split-results"

    def run(self, module: ir.Module) -> None:
        for block in function_blocks(module):
            for op in list(block.operations):
                if isinstance(op, linalg.GenericOp):
                    _split(op)


def _split(op: linalg.GenericOp) -> None:
    maps = output_maps(op)
    read = [i for i, r in enumerate(op.results) if next(iter(r.uses), None) is not None]
    if len(maps) > 1:
        once = {i for i, map_ in enumerate(maps) if _indexes_all_loops(op, map_)}
        parts = _parts(op, read, once)
        if len(parts) > 1 or any(len(part) < len(maps) for part in parts):
            for part in parts:
                _take(op, part, once)
            op.operation.erase()
            return
    _set_iterators(op)


def _parts(op: linalg.GenericOp, read: list[int], once: set[int]) -> list[list[int]]:
    """The results that are `read`, with those that they need, in sets which need no other."""
    kinds: dict[object, list[int]] = {}
    block = body_of(op)
    for i in read:
        map_, yielded = output_maps(op)[i], terminator(block).operands[i]
        alike = fills(map_, op.results[i]) and _is_inside(yielded, block)
        kinds.setdefault(map_ if alike else i, []).append(i)
    parts: list[set[int]] = []
    for results in kinds.values():
        part = needed_results(op, results, once.difference(results))
        for other in [p for p in parts if p & part]:
            parts.remove(other)
            part |= other
        parts.append(part)
    return [sorted(part) for part in parts]


def _is_inside(value: ir.Value, block: ir.Block) -> bool:
    owner = value.owner
    return (owner if isinstance(owner, ir.Block) else owner.operation.block) == block


def _take(op: linalg.GenericOp, part: list[int], once: set[int]) -> None:
    """Compute the results in `part` by a generic before `op`; those in `once` are read before."""
    with ir.InsertionPoint(op), op.location:
        copy = op.operation.clone().opview
    assert isinstance(copy, linalg.GenericOp)
    new = with_results(copy, part, sorted(once.difference(part)))
    copy.operation.erase()
    _set_iterators(new)
    for i, result in zip(part, new.results, strict=True):
        op.results[i].replace_all_uses_with(result)


def _indexes_all_loops(op: linalg.GenericOp, map_: ir.AffineMap) -> bool:
    """Whether no two iterations have the same element of an output."""
    units = unit_loops(op, indexing_maps(op), map_.n_dims)
    return named_loops(map_).keys() | units == set(range(map_.n_dims))


def _set_iterators(op: linalg.GenericOp) -> None:
    """Loops that are in the maps of the results are parallel, those that are not reductions."""
    if any(map_ != output_maps(op)[0] for map_ in output_maps(op)):
        return
    map_ = output_maps(op)[0]
    if not all(isinstance(e, (ir.AffineDimExpr, ir.AffineConstantExpr)) for e in map_.results):
        return
    loops = named_loops(map_)
    kinds = ["parallel" if d in loops else "reduction" for d in range(map_.n_dims)]
    before = list(op.attributes["iterator_types"])
    if any(kind not in str(a) for kind, a in zip(kinds, before, strict=True)):
        attributes = [ir.Attribute.parse(f"#linalg.iterator_type<{kind}>") for kind in kinds]
        op.attributes["iterator_types"] = ir.ArrayAttr.get(attributes)
