"""A tm_tensor operation by its parts: it is unregistered, so nothing has checked them yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlir import ir

from clawc.dialects.attributes import KINDS
from clawc.dialects.ext import Op
from clawc.passes.framework.base import PassFailure


@dataclass(frozen=True)
class TmOp:
    """The operands before the inits, the inits, and the attributes by name."""

    op: ir.Operation
    ins: Sequence[ir.Value]
    outs: Sequence[ir.Value]

    @classmethod
    def of(cls, op: ir.Operation) -> TmOp:
        """Raises `PassFailure` where `op` has not the form that torch-mlir gives it."""
        segments = op.attributes.get("operandSegmentSizes")
        counts = None if segments is None else KINDS[list[int]].read(segments)
        if counts is None or len(counts) != 2 or sum(counts) != len(op.operands):
            message = "needs operandSegmentSizes: how many operands are inputs, and how many inits"
            raise PassFailure(op, message)
        operands = list(op.operands)
        for value in [*operands, *op.results]:
            if not isinstance(value.type, ir.RankedTensorType):
                raise PassFailure(op, f"must be on tensors of known rank, got {value.type}")
        return cls(op, operands[: counts[0]], operands[counts[0] :])

    def expect(self, holds: bool, message: str) -> None:
        """Raises `PassFailure` with what was expected unless it `holds`."""
        if not holds:
            raise PassFailure(self.op, f"expected {message}")

    def expect_operands(self, ins: Sequence[int], outs: int | None, results: int) -> None:
        """As many inputs as one of `ins`, inits and results."""
        self.expect(len(self.ins) in ins, f"{' or '.join(map(str, ins))} inputs")
        self.expect(outs in (None, len(self.outs)), f"{outs} inits")
        self.expect(results == len(self.op.results), f"{results} results")

    def integer(self, name: str) -> int:
        value = self._read(name, int)
        self.expect(value is not None, f"the attribute {name}, an integer")
        return value

    def flag(self, name: str) -> bool:
        value = self._read(name, bool)
        self.expect(value is not None, f"the attribute {name}, true or false")
        return value

    def integers(self, name: str) -> list[int]:
        value = self._read(name, list[int])
        self.expect(value is not None, f"the attribute {name}, such as array<i64: 0>")
        return value

    def number(self, name: str) -> float | None:
        """A float, or None where it is left out."""
        value = self._read(name, float)
        self.expect(value is not None or name not in self.op.attributes, f"{name} as a number")
        return value

    def _read(self, name: str, kind: object) -> Any:
        attribute = self.op.attributes.get(name)
        return None if attribute is None else KINDS[kind].read(attribute)

    def axis(self, rank: int) -> int:
        """The attribute `dimension`, which names an axis."""
        axis = self.integer("dimension")
        self.expect(0 <= axis < rank, f"dimension to name an axis, 0 to {rank - 1}; got {axis}")
        return axis

    def block(self, types: Sequence[ir.Type], yields: ir.Type) -> ir.Block:
        """The only block of its region, which takes `types` and yields a value of type `yields`."""
        found_blocks = [block for region in self.op.regions for block in region.blocks]
        self.expect(len(found_blocks) == 1, "a region of one block")
        block = found_blocks[0]
        found = [argument.type for argument in block.arguments]
        listed = ", ".join(map(str, types))
        self.expect(found == list(types), f"a region with arguments of types {listed}")
        end = block.operations[len(block.operations) - 1] if len(block.operations) else None
        yielded = [] if end is None else [value.type for value in end.operation.operands]
        ends = end is not None and end.operation.name == "tm_tensor.yield" and yielded == [yields]
        self.expect(ends, f"the region to end in tm_tensor.yield of one {yields}")
        return block

    def check(self, made: Op) -> Op:
        """`made`, a claw operation that stands for this one, unless it breaks a rule of its own."""
        for message in [*made.structure()] or [*made.invariants()]:
            raise PassFailure(self.op, message)
        return made
