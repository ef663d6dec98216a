"""Loops and branches that carry complex numbers, as ones that carry their parts."""

from __future__ import annotations

from collections.abc import Iterable

from mlir import ir

from clawc.passes.normalize.complex_parts import Parts, is_complex, part_types

CONTROL = ("scf.for", "scf.if", "scf.while")
ENDS = ("scf.yield", "scf.condition")


def carries_complex(op: ir.Operation) -> bool:
    """Whether complex numbers go into a loop or branch, round it, or out of it by name."""
    arguments = (a for region in op.regions for block in region.blocks for a in block.arguments)
    return any(is_complex(value.type) for value in [*op.operands, *op.results, *arguments])


def split_control(op: ir.Operation, parts: Parts) -> ir.Operation:
    """What takes the place of a loop or branch, with all that was in it; what ends its blocks still
    names complex numbers, of which `parts` says what they have become.

        scf.for ... iter_args(%a = %z) -> complex<f32>
        scf.for ... iter_args(%a = %real, %b = %imaginary) -> (f32, f32)
    """
    attributes = {name: op.attributes[name] for name in op.attributes}
    results = [type_ for result in op.results for type_ in part_types(result.type)]
    operands = flat(op.operands, parts)
    made = ir.Operation.create(op.name, results, operands, attributes, regions=len(op.regions))
    for old, new in zip(op.regions, made.regions, strict=True):
        for block in old.blocks:
            types = [type_ for a in block.arguments for type_ in part_types(a.type)]
            taken = new.blocks.append(*types, arg_locs=[op.location] * len(types))
            _bind(block.arguments, taken.arguments, parts)
            for inner in list(block.operations):
                taken.append(inner)
    _bind(op.results, made.results, parts)
    return made


def flat(values: Iterable[ir.Value], parts: Parts) -> list[ir.Value]:
    """The values, each complex one as both of its parts."""
    return [part for value in values for part in parts.get(value, (value,))]


def _bind(old: Iterable[ir.Value], new: Iterable[ir.Value], parts: Parts) -> None:
    fresh = iter(new)
    for value in old:
        if is_complex(value.type):
            parts[value] = (next(fresh), next(fresh))
        else:
            value.replace_all_uses_with(next(fresh))
