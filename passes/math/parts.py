"""An elementwise operation on a wide vector, as several on its parts.

A lane of a GPU computes one element at a time, whatever the vector; the temporaries of a long
formula on all elements at once would fill its registers.  Processors compute whole vectors.
"""

from __future__ import annotations

from mlir import ir
from mlir.dialects import ub, vector

from clawc.chips.chip import Chip

PART = 2  # elements: independent work for the pipeline, and few temporaries


def parts_of(op: ir.Operation, chip: Chip) -> list[ir.Operation]:
    """Operations that do the work of `op`, which is gone; itself if its vector is no wider."""
    type_ = op.results[0].type
    if chip.lanes == 1 or not isinstance(type_, ir.VectorType) or type_.shape[0] <= PART:
        return [op]
    found = []
    with ir.InsertionPoint(op), op.location:
        joined = ub.poison(type_)
        narrow = ir.VectorType.get([PART], type_.element_type)
        named = [op.attributes[i] for i in range(len(op.attributes))]
        attributes = {each.name: each.attr for each in named}
        for start in range(0, type_.shape[0], PART):
            operands = [
                vector.extract_strided_slice(narrow, value, [start], [PART], [1])
                for value in op.operands
            ]
            part = ir.Operation.create(op.name, [narrow], operands, attributes)
            found.append(part)
            joined = vector.insert_strided_slice(part.result, joined, [start], [1])
    op.results[0].replace_all_uses_with(joined)
    op.erase()
    return found
