"""Names that a module does not have yet, which every target can write."""

from __future__ import annotations

import re

from mlir import ir

_NO_IDENTIFIER = re.compile(r"[^A-Za-z0-9_]")


def symbol_name(op: ir.OpView | ir.Operation) -> str:
    """The name that an operation defines."""
    return ir.StringAttr(op.attributes["sym_name"]).value


class Symbols:
    """The names at the top of a module, and those that were made since."""

    def __init__(self, module: ir.Module) -> None:
        self._taken = {
            symbol_name(op) for op in module.body.operations if "sym_name" in op.attributes
        }

    def fresh(self, wanted: str) -> str:
        """`wanted` as an identifier; with a number where it is taken."""
        base = _NO_IDENTIFIER.sub("_", wanted)
        if base[:1].isdigit():
            base = f"_{base}"
        name, number = base, 0
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name)
        return name
