"""check-entries: refuse functions that no kernel could be called through, before any work.

Nothing is changed.  What is refused, with the remedy: a program without a public function that has
a body; arguments and results that are no ranked tensors or scalars of the element types; functions
without results; tensors of more bytes than can be addressed.

    func.func @f(%x: tensor<4xi3>) -> tensor<4xi3>     error: argument 0 has element type i3
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from mlir import ir

from clawc.chips.elements import ELEMENTS
from clawc.passes.framework.base import Pass, PassFailure

ADDRESSABLE = 1 << 62


@dataclass(frozen=True)
class CheckEntries(Pass):
    """The functions that a caller will see can be called."""

    name = "check-entries"

    def run(self, module: ir.Module) -> None:
        entries = [op for op in module.body.operations if is_entry(op)]
        if not entries:
            raise PassFailure(
                module.operation,
                "holds no function to compile: expected a public func.func with a body, such as "
                "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { ... }",
            )
        for entry in entries:
            check_signature(entry)


def is_entry(op: ir.OpView) -> bool:
    """Whether `op` is a function with a body that is not private."""
    if op.operation.name != "func.func" or not len(op.operation.regions[0].blocks):
        return False
    visibility = op.operation.attributes.get("sym_visibility")
    return visibility is None or ir.StringAttr(visibility).value != "private"


def check_signature(entry: ir.OpView) -> None:
    """Raise PassFailure at the first argument or result that cannot go in or out of `entry`."""
    name = ir.StringAttr(entry.operation.attributes["sym_name"]).value
    kind = ir.FunctionType(ir.TypeAttr(entry.operation.attributes["function_type"]).value)
    if not kind.results:
        message = f"function @{name} returns nothing: no kernel would be needed; return a result"
        raise PassFailure(entry, message)
    for argument in entry.operation.regions[0].blocks[0].arguments:
        what = f"argument {argument.arg_number} of function @{name}"
        for message in unusable(what, argument.type):
            raise PassFailure(entry, message, argument.location)
    for number, type_ in enumerate(kind.results):
        for message in unusable(f"result {number} of function @{name}", type_):
            raise PassFailure(entry, message)


def unusable(what: str, type_: ir.Type) -> Iterator[str]:
    """Why values of `type_` cannot go in or out of a program."""
    if isinstance(type_, ir.IndexType) or str(type_) in ELEMENTS:
        return
    if not isinstance(type_, ir.RankedTensorType):
        yield f"{what} is {type_}; expected a ranked tensor or one of index, {', '.join(ELEMENTS)}"
        return
    if type_.encoding is not None:
        yield f"{what} is {type_}; expected no encoding: tensors are dense, in row-major order"
        return
    indices = isinstance(type_.element_type, ir.IndexType)
    element = "i64" if indices else str(type_.element_type)  # as which memory holds them
    if element not in ELEMENTS:
        yield f"{what} has element type {element}; expected one of {', '.join(ELEMENTS)}"
        return
    sizes = [n for n in type_.shape if n != ir.ShapedType.get_dynamic_size()]
    if prod(sizes) * ELEMENTS[element].bytes > ADDRESSABLE:
        yield f"{what} is {type_}, more bytes than can be addressed; use smaller sizes"
