"""How a linalg op indexes its operands: by a loop for each dimension, or through windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlir import ir

from clawc.passes.ir.maps import indexing_maps
from clawc.passes.ir.windows import Window, window_of
from clawc.passes.tile.group import UNIT, Unsupported


@dataclass(frozen=True)
class Indexing:
    """The loop of each dimension of an operand, UNIT where that has one element.

    With `windows`, one for each dimension, the operand is seen through a view that has a dimension
    for each loop; windows name loops by their position in it."""

    loops: tuple[int, ...]
    windows: tuple[Window, ...] = ()

    @property
    def alone(self) -> list[tuple[int, int]]:
        """Each dimension of the operand whose index is a loop and nothing else, and that loop."""
        if not self.windows:
            return [(i, loop) for i, loop in enumerate(self.loops) if loop != UNIT]
        bare = ((i, w.terms[0][0]) for i, w in enumerate(self.windows) if w.is_loop)
        return [(i, self.loops[position]) for i, position in bare]

    @property
    def in_windows(self) -> tuple[Window, ...]:
        """The windows, where need be of one loop or of none."""
        loops = enumerate(self.loops)
        bare = (Window(() if loop == UNIT else ((i, 1),)) for i, loop in loops)
        return self.windows or tuple(bare)


def indexings(op: ir.Operation) -> list[Indexing]:
    """Of every operand.  Raises `Unsupported`."""
    if op.name == "linalg.fill":
        rank = ir.RankedTensorType(op.results[0].type).rank
        return [Indexing(()), Indexing(tuple(range(rank)))]
    reduced = [i for i, kind in enumerate(iterator_types(op)) if kind == "reduction"]
    pairs = zip(indexing_maps(op), op.operands, strict=True)
    return [_plain(map_, value) or _in_windows(map_, reduced) for map_, value in pairs]


def iterator_types(op: ir.Operation) -> list[str]:
    if op.name == "linalg.fill":
        return ["parallel"] * ir.RankedTensorType(op.results[0].type).rank
    kinds = (str(a) for a in ir.ArrayAttr(op.attributes["iterator_types"]))
    return ["reduction" if "reduction" in kind else "parallel" for kind in kinds]


def _plain(map_: ir.AffineMap, value: ir.Value) -> Indexing | None:
    loops: list[int] = []
    for i, expr in enumerate(map_.results):
        if isinstance(expr, ir.AffineDimExpr):
            loops.append(expr.position)
        elif isinstance(expr, ir.AffineConstantExpr) and ir.ShapedType(value.type).shape[i] == 1:
            loops.append(UNIT)
        else:
            return None
    real = [loop for loop in loops if loop != UNIT]
    return Indexing(tuple(loops)) if len(set(real)) == len(real) else None


def _in_windows(map_: ir.AffineMap, reduced: Sequence[int]) -> Indexing:
    """Reduced loops come before the others of their window: what is side by side in the result
    comes from what is side by side in the view."""
    windows: list[Window] = []
    loops: list[int] = []
    for expr in map_.results:
        window = window_of(expr)
        if window is None:
            raise Unsupported(f"indexes an operand by {expr}; sums of loops have a tiled form")
        windows.append(window)
        loops += sorted(window.loops, key=lambda loop: loop not in reduced)
    loops = list(dict.fromkeys(loops))
    return Indexing(tuple(loops), tuple(window.renamed(loops.index) for window in windows))
