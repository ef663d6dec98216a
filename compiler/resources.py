"""The resources of a source: are they what its constants need?  The module gets those that are.

MLIR takes a resource of any size for a constant and reads past its end, so each is checked before
MLIR has it.  It keeps the bytes where they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlir import ir

from clawc.compiler.resource_section import Resource
from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.resource_bytes import as_resource, resource_name

ELIDED = "__elided__"


def give_values(module: ir.Module, resources: Mapping[str, Resource]) -> dict[str, memoryview]:
    """Let the attributes of `module` that name a resource hold it; the bytes by the names that
    they have then.  Raises PassFailure at the first operation whose resource is not of its type.
    """
    used: list[tuple[ir.Operation, str, ir.DenseResourceElementsAttr]] = []

    def collect(op: ir.Operation) -> ir.WalkResult:
        for i in range(len(op.attributes)):
            named = op.attributes[i]
            values = as_resource(named.attr) if type(named.attr) is ir.Attribute else None
            if values is not None:
                used.append((op, named.name, values))
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect, ir.WalkOrder.PRE_ORDER)
    given: dict[ir.Attribute, ir.DenseResourceElementsAttr] = {}
    stored: dict[str, memoryview] = {}
    for op, name, values in used:
        if values not in given:
            resource = _resource(op, values, resources)
            given[values] = _attribute(values, resource)
            stored[resource_name(given[values])] = resource.data
        op.attributes[name] = given[values]
    return stored


def _attribute(
    named: ir.DenseResourceElementsAttr, resource: Resource
) -> ir.DenseResourceElementsAttr:
    return ir.DenseResourceElementsAttr.get_from_buffer(
        resource.data, resource_name(named), named.type, resource.alignment, context=named.context
    )


def _resource(
    op: ir.Operation, values: ir.DenseResourceElementsAttr, resources: Mapping[str, Resource]
) -> Resource:
    """The resource that `values` names, if it is of their type."""
    name = resource_name(values)
    if name == ELIDED:
        message = "has values that were left out when it was printed; print it with all values"
        raise PassFailure(op, message)
    if name not in resources:
        message = f"has the values of a resource {name!r}, which the source does not hold; expected"
        raise PassFailure(op, f"{message} {{-# dialect_resources: {{ builtin: {{ {name}: … #-}}")
    type_ = ir.RankedTensorType(values.type)
    needed = math.prod(type_.shape) * element_bytes(type_.element_type)
    size = len(resources[name].data)
    if size != needed:
        message = f"the resource holds {size} bytes and {type_} needs {needed}"
        raise PassFailure(op, f"has values of another size than its type: {message}")
    return resources[name]


def element_bytes(type_: ir.Type) -> int:
    """Of an element in a resource, where each starts at a byte."""
    if isinstance(type_, ir.ComplexType):
        return 2 * element_bytes(type_.element_type)
    if isinstance(type_, (ir.IntegerType, ir.FloatType)):
        return -(-type_.width // 8)
    return 8  # an index
