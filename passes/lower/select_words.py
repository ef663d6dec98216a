"""select-words: a choice between whole vectors of narrow elements is one of their 32-bit words."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, vector

from clawc.passes.framework.base import Pass
from clawc.passes.ir.operations import gpu_kernels, operations_in

_WORD = 32  # bits of a register


@dataclass(frozen=True)
class SelectWords(Pass):
    """Code generators choose element by element what is masked at the edge of the data, which takes
    four instructions for a pair of halves.  Where one condition holds for all elements, registers
    are chosen whole.

    Before:
        %m = vector.broadcast %inside : i1 to vector<8xi1>
        %y = arith.select %m, %x, %zero : vector<8xi1>, vector<8xf16>
    After:
        %a = vector.bitcast %x : vector<8xf16> to vector<4xi32>
        %b = vector.bitcast %zero : vector<8xf16> to vector<4xi32>
        %c = arith.select %inside, %a, %b : vector<4xi32>
        %y = vector.bitcast %c : vector<4xi32> to vector<8xf16>
    """

    name = "select-words"

    def run(self, module: ir.Module) -> None:
        for kernel in gpu_kernels(module):
            for op in operations_in(kernel):
                if op.name == "arith.select" and (words := _words(op.results[0].type)):
                    if (condition := _of_all(op.operands[0])) is not None:
                        _select(op, condition, words)


def _words(type_: ir.Type) -> ir.VectorType | None:
    """The type of what a vector of narrow elements fills, if it fills whole words."""
    if not isinstance(type_, ir.VectorType) or type_.rank != 1:
        return None
    bits = getattr(type_.element_type, "width", _WORD)
    count, rest = divmod(type_.shape[0] * bits, _WORD)
    if bits >= _WORD or bits == 1 or rest:
        return None
    return ir.VectorType.get([count], ir.IntegerType.get_signless(_WORD))


def _of_all(condition: ir.Value) -> ir.Value | None:
    """The one condition that holds for all elements."""
    if not isinstance(condition.type, ir.VectorType):
        return condition
    maker = condition.owner
    if not isinstance(maker, ir.Block) and maker.name == "vector.broadcast":
        source = maker.operands[0]
        return None if isinstance(source.type, ir.VectorType) else source
    return None


def _select(op: ir.Operation, condition: ir.Value, words: ir.VectorType) -> None:
    with ir.InsertionPoint(op), op.location:
        yes, no = (vector.bitcast(words, value) for value in list(op.operands)[1:])
        chosen = vector.bitcast(op.results[0].type, arith.select(condition, yes, no))
    op.results[0].replace_all_uses_with(chosen)
    op.erase()
