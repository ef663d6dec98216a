"""A matrix that the lanes of a warp hold, an equal part each, in registers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clawc.emulators.ptx.layout import WARP, Layout
from clawc.emulators.ptx.matrix_numbers import ELEMENT_BITS, numbers, rounded_sums
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Operand
from clawc.emulators.ptx.threads import Reader, Threads, Writer, reader, writer
from clawc.emulators.ptx.values import Array
from clawc.emulators.ptx.warp_matrix import elements


@dataclass(frozen=True, eq=False)
class MatrixFragment:
    """`places[lane, i]`: which element of the matrix, counted by rows, a lane's i-th one is.

    There may be several matrices, counted one after the other, and several places of an element.
    """

    type_: str
    rows: int
    columns: int
    places: Array
    matrices: int = 1

    @property
    def register_type(self) -> str:
        return "b64" if self.type_ == "f64" else "b32"

    @property
    def registers(self) -> int:
        """Of each lane."""
        return self.places.shape[1] * ELEMENT_BITS[self.type_] // int(self.register_type[1:])

    def readers(self, operand: Operand, op: Opcode, layout: Layout) -> list[Reader]:
        """Of the registers that hold it; the instruction is unknown if there are too many."""
        held = elements(operand)
        if len(held) != self.registers:
            raise op.unknown()
        return [reader(each, self.register_type, layout) for each in held]

    def writers(self, operand: Operand, op: Opcode, layout: Layout) -> list[Writer]:
        held = elements(operand)
        if len(held) != self.registers:
            raise op.unknown()
        return [writer(each, self.register_type, layout) for each in held]

    def values(self, t: Threads, lanes: Array, readers: list[Reader]) -> Array:
        """In float64, [matrices of all warps, rows, columns]; `lanes` are those of whole warps."""
        registers = np.stack([np.broadcast_to(read(t, lanes), len(lanes)) for read in readers])
        held = registers.reshape(len(readers), -1, WARP).transpose(1, 2, 0)
        found = numbers(held, self.type_)
        whole = np.empty((len(found), self.matrices * self.rows * self.columns), found.dtype)
        whole[:, self.places.reshape(-1)] = found.reshape(len(found), -1)
        return whole.reshape(-1, self.rows, self.columns)

    def write(
        self, t: Threads, lanes: Array, writers: list[Writer], total: Array, saturate: bool
    ) -> None:
        """Round sums, [matrices of all warps, rows, columns], into the lanes' registers."""
        flat = total.reshape(len(lanes) // WARP, -1)[:, self.places.reshape(-1)]
        held = np.ascontiguousarray(flat).reshape(-1, *self.places.shape)
        packed = rounded_sums(held, self.type_, saturate)
        registers = packed.view(np.uint64 if self.type_ == "f64" else np.uint32)
        for i, write in enumerate(writers):
            write(t, lanes, registers[:, :, i].reshape(-1))
