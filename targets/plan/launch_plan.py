"""From the host functions of a module to its launch plan, and what it says of the kernels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mlir import ir

from clawc.passes.kernel.attributes import ATTRIBUTES
from clawc.passes.kernel.kernel import Kernel
from clawc.runtime.plan import Plan
from clawc.targets.plan.entry import EntryWriter, text
from clawc.targets.plan.needs import with_needs

_KEPT = ("memref.global", "ml_program.global")


def build_plan(module: ir.Module, resources: Mapping[str, memoryview] = {}) -> Plan:
    """The plan of a module whose host functions launch the kernels of its `gpu.module`s.  The
    bytes of constants are those of `resources`, where they are there."""
    symbols: dict[str, ir.Operation] = {}
    hosts, kernels = [], {}
    for op in module.body.operations:
        if op.operation.name in _KEPT:
            symbols[text(op, "sym_name")] = op.operation
        elif op.operation.name == "gpu.module":
            for kernel in op.regions[0].blocks[0].operations:
                if kernel.operation.name == "gpu.func":
                    kernels[text(kernel, "sym_name")] = kernel_facts(kernel.operation)
        elif op.operation.name == "func.func" and len(op.regions[0].blocks) > 0:
            if Kernel.of(op) is None:
                hosts.append(op.operation)
    entries = [EntryWriter(host, symbols, resources).entry() for host in hosts]
    return with_needs(Plan({entry.name: entry for entry in entries}, kernels))


def kernel_facts(kernel: ir.Operation) -> dict[str, Any]:
    """What a bundle says of a `gpu.func`: its threads, and what the table of attributes marks."""
    facts = {
        row.bundle: _plain(kernel.attributes[row.name])
        for row in ATTRIBUTES
        if row.bundle and row.name in kernel.attributes
    }
    if "known_block_size" in kernel.attributes:
        facts["threads"] = math.prod(ir.DenseI32ArrayAttr(kernel.attributes["known_block_size"]))
    return facts


def _plain(attribute: ir.Attribute) -> Any:
    """An attribute as JSON has it; what it cannot say is text."""
    if isinstance(attribute, ir.DictAttr):
        return {named.name: _plain(named.attr) for named in attribute}
    if isinstance(attribute, (ir.ArrayAttr, ir.DenseI64ArrayAttr, ir.DenseI32ArrayAttr)):
        return [_plain(a) if isinstance(a, ir.Attribute) else a for a in attribute]
    if isinstance(attribute, (ir.StringAttr, ir.IntegerAttr, ir.FloatAttr, ir.BoolAttr)):
        return attribute.value
    return str(attribute)
