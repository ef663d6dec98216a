"""What tests ran: each operation and its element types, by device, for the page docs/tested.md.

`harness.run` notes a program here; every process of a test run writes one file of a folder that
`python test` names, and reads them all at the end.  A test whose numbers are wrong fails the whole
run, so what a good run has noted was right.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FOLDER = "CLAWC_RECORD"  # the variable that names the folder; unset, nothing is noted
Ran = tuple[str, str, str]  # operation, element types, column of the table

_seen: set[tuple[str, str]] = set()
_ran: set[Ran] = set()


def column(device: str) -> str:
    """The column of a device: `emulator:gfx942` counts as CDNA, whichever chip it is."""
    kind, _, chip = device.partition(":")
    if kind != "emulator":
        return "per-thread interpreter" if chip else kind
    if chip.startswith("sm_"):
        return "PTX emulator"
    return "CDNA emulator" if chip.startswith("gfx9") else "RDNA emulator"


def note(text: str, device: str) -> None:
    """Remember that `device` ran the program `text`.

    Programs drawn at random do not count: another version of hypothesis draws others.
    """
    place = column(device)
    drawn = "random" in os.environ.get("PYTEST_CURRENT_TEST", "")
    if FOLDER in os.environ and not drawn and (text, place) not in _seen:
        _seen.add((text, place))
        _ran.update((operation, types, place) for operation, types in _operations(text))


def write() -> None:
    """Leave what this process noted; a process that ran no program leaves nothing."""
    if _ran:
        target = Path(os.environ[FOLDER], f"{os.getpid()}.json")
        target.write_text(json.dumps(sorted(_ran)))


def read(folder: Path) -> set[Ran]:
    """What all processes have left in `folder`."""
    return {tuple(ran) for file in folder.glob("*.json") for ran in json.loads(file.read_text())}


def _operations(text: str) -> Iterable[tuple[str, str]]:
    """Each operation of a program, a claw operation with its kind, and its element types."""
    from clawc.compiler.parsing import parse_source
    from clawc.compiler.source import Source

    module, _ = parse_source(Source(text), _context())  # the module owns what is walked
    stack = [module.operation]
    while stack:
        op = stack.pop()
        stack += [inner.operation for r in op.regions for block in r.blocks for inner in block]
        if (types := _types(op)) and not op.name.endswith((".constant", ".yield", ".return")):
            kind = str(op.attributes["kind"]).strip('"') if "kind" in op.attributes else ""
            named = op.name.startswith("claw.") and kind
            yield f"{op.name} {kind}" if named else op.name, types


@cache
def _context():
    from clawc.compiler.context import make_context

    return make_context()


def _types(op) -> str:
    """`f32`, or `f16 -> f32` where a result is of another type than the first operand."""
    given, made = ([_element(v.type) for v in values] for values in (op.operands, op.results))
    given = [t for t in given if t != "index"] or given
    if not made or not (given or made):
        return ""
    first = (given or made)[0]
    return first if made[0] in (first, "i1") else f"{first} -> {made[0]}"


def _element(type_) -> str:
    from mlir import ir

    shaped = isinstance(type_, ir.ShapedType)
    return str(ir.ShapedType(type_).element_type if shaped else type_)
