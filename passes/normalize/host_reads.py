"""Which elements of tensors the host needs, because something of its own depends on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.passes.ir.constants import constant_index
from clawc.passes.ir.loops import defining_op, is_tensor
from clawc.passes.normalize.build import produce

_KERNELS = (linalg.GenericOp, linalg.FillOp)
_SCALAR = ("arith.", "math.")


def reads_of_host(operations: Sequence[ir.OpView]) -> set[ir.Value]:
    """The elements that the host reads, of `operations` of its blocks: results of
    `tensor.extract`, each now the first element of its tensor.

        %size = tensor.extract %t[%c2] : tensor<3xi64>

    becomes, as a launch and a read are all that it takes on a device,

        %e = linalg.generic { tensor.extract %t[%c2] } -> tensor<i64>
        %size = tensor.extract %e[] : tensor<i64>
    """
    needed = _needed(operands_of_host(operations))
    read = [op for op in operations if isinstance(op, tensor.ExtractOp) and op.result in needed]
    found: set[ir.Value] = set()
    for op in read:
        with ir.InsertionPoint(op), op.location:
            found.add(_first(op))
    return found


def operands_of_host(operations: Iterable[ir.OpView]) -> Iterable[ir.Value]:
    """The scalars that decide something on the host: all but those that go into kernels, into
    other scalars, or into checks."""
    for op in operations:
        if isinstance(op, _KERNELS) or op.name == "cf.assert" or op.name.startswith(_SCALAR):
            continue
        if isinstance(op, tensor.ExtractOp):
            continue
        yield from (value for value in op.operands if not is_tensor(value))


def _needed(roots: Iterable[ir.Value]) -> set[ir.Value]:
    """What scalars are computed from, themselves among it."""
    needed: set[ir.Value] = set()
    waiting = list(roots)
    while waiting:
        value = waiting.pop()
        op = defining_op(value)
        if value in needed:
            continue
        needed.add(value)
        if op is not None and (op.name.startswith(_SCALAR) or isinstance(op, tensor.ExtractOp)):
            waiting += [operand for operand in op.operands if not is_tensor(operand)]
    return needed


def _first(op: tensor.ExtractOp) -> ir.Value:
    """Read through a tensor of rank 0, but where it is the first element that is read."""
    indices = list(op.indices)
    numbers = [constant_index(place) for place in indices]
    if not any(numbers) and None not in numbers:
        return op.result
    type_ = ir.RankedTensorType(op.tensor.type)
    source = op.tensor
    element = produce([], type_.element_type, lambda _: tensor.ExtractOp(source, indices).result)
    read = tensor.ExtractOp(element, []).result
    op.result.replace_all_uses_with(read)
    op.operation.erase()
    return read
