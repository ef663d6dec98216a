"""Measurements as text, and two runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
_KEY = ("program", "chip", "compiler", "kernel")
_COMPARED = {  # and whether more is better
    **{"flop_per_instruction": True, "occupancy": True, "open": True, "behind": True},
    **{"registers": False, "spills": False, "shared": False, "instructions": False},
}


def table(records: Sequence[Record]) -> str:
    """Two lines a kernel: its figures, and its main loop's mix."""
    head = (
        f"{'program':26} {'compiler':8} {'threads':>7} {'regs':>5} {'spill':>6} {'shared':>7} "
        f"{'occupancy':>21} {'code':>6} {'loop':>5} {'FLOP/i':>7} {'B/FLOP':>7} {'open':>5} "
        f"{'behind':>6}"
    )
    lines = []
    for chip in dict.fromkeys(record["chip"] for record in records):
        lines += ["", chip, head]
        for record in records:
            if record["chip"] == chip:
                lines += [_row(record), f"  {record['kernel']}: {mix(record['mix'])}"]
                lines += [f"  {line}" for line in _facts(record["facts"])]
    return "\n".join(lines[1:])


def _row(r: Record) -> str:
    held = f"{r['resident']} = {r['occupancy']:.0%} {r['limit']}"
    intensity = f"{r['bytes_per_flop']:.4f}" if r["bytes_per_flop"] is not None else "-"
    under_way = f"{r['stages']} st" if r["stages"] else _told(r["open"])
    return (
        f"{r['program']:26} {r['compiler']:8} {r['threads']:7} {r['registers']:5} "
        f"{r['spills']:6} {r['shared']:7} {held:>21} {r['instructions']:6} {r['loop']:5} "
        f"{r['flop_per_instruction']:7.0f} {intensity:>7} {under_way:>5} {_told(r['behind']):>6}"
    )


def mix(counts: Mapping[str, int]) -> str:
    """The most frequent first: `32 matrix, 20 shared load`."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{count} {name}" for name, count in ordered)


def _facts(facts: Mapping[str, Any]) -> list[str]:
    told = [f"{key} {value}" for key, value in facts.items() if value is not None]
    return ["; ".join(told)] if told else []


def _told(number: int | None) -> str:
    return "-" if number is None else str(number)


def comparison(before: Sequence[Record], after: Sequence[Record]) -> str:
    """What differs between two runs, better or worse, kernel by kernel; kernels that one run alone
    has are told, too."""
    old, new = ({tuple(r[k] for k in _KEY): r for r in records} for records in (before, after))
    lines = []
    for key in [*old, *(key for key in new if key not in old)]:
        name = " / ".join(key)
        if key not in new or key not in old:
            lines.append(f"{name}: only {'before' if key in old else 'after'}")
            continue
        changes = [
            _change(figure, old[key][figure], new[key][figure], more)
            for figure, more in _COMPARED.items()
            if old[key][figure] != new[key][figure]
        ]
        lines += [f"{name}: {', '.join(changes)}"] if changes else []
    return "\n".join(lines) or "no figure differs"


def _change(figure: str, old: float | None, new: float | None, more: bool) -> str:
    if old is None or new is None:
        return f"{figure} {_short(old)} -> {_short(new)}"
    verdict = "better" if (new > old) == more else "worse"
    return f"{figure} {_short(old)} -> {_short(new)} ({verdict})"


def _short(number: float | None) -> str:
    if number is None:
        return "-"
    return str(number) if isinstance(number, int) else f"{number:.3g}"
