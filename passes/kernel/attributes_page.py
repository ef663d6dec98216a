"""The table of attributes as docs/kernel-attributes.md."""

from __future__ import annotations

from collections.abc import Iterable

from clawc.passes.kernel.attributes import ATTRIBUTES, Attribute


def page(rows: Iterable[Attribute] = ATTRIBUTES) -> str:
    """The table as docs/kernel-attributes.md."""
    return "\n".join([_HEAD, *map(_section, rows)])


def _section(row: Attribute) -> str:
    facts = {
        "value": row.type if row.type == "unit" else f"`{row.type}`",
        "stands on": row.on,
        "written by": row.writers,
        "taken away": row.dies,
        "at levels": ", ".join(row.levels) or "none: it lives within one pass",
        "in a source": "yes" if row.source else "no",
        "in a bundle": f"yes, as `{row.bundle}`" if row.bundle else "no",
    }
    lines = "\n".join(f"| {key} | {value} |" for key, value in facts.items())
    return f"## `{row.name}`\n\n{row.meaning}\n\n| | |\n|---|---|\n{lines}\n"


_HEAD = """\
# The attributes of kernels

Passes talk to each other about kernels by attributes in the IR, so that what one pass decides can
be read, edited and tested before the next. These are all of them. Those "in a source" are for
authors of programs, those "in a bundle" are facts of a kernel in a `.claw` file, and kept from
release to release; the others may change.

This page is generated from `passes/kernel/attributes.py`: `python docs/generate.py`.
"""
