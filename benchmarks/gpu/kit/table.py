"""Results as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from kit.results import STATES, Outcome, Results

OURS = "clawc"


def rate(case: Outcome, seconds: float) -> str:
    """TFLOP/s of what computes, GB/s of what moves memory."""
    if case.flops:
        return f"{case.flops / seconds / 1e12:.3g} TFLOP/s"
    return f"{case.bytes / seconds / 1e9:.3g} GB/s"


def share(case: Outcome, seconds: float, peaks: dict[str, Any] | None) -> str:
    """The least time that the card's stated rates allow, as a part of the time that it took, and
    which rate that is of."""
    if not peaks:
        return "-"
    memory = case.bytes / peaks["bandwidth"]
    compute = case.flops / peaks[case.peak] if peaks[case.peak] else 0.0
    which = "memory" if memory >= compute else case.peak
    return f"{100 * max(memory, compute) / seconds:.0f}% {which}"


def microseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{1e6 * seconds:.4g}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def heading(results: Results) -> list[str]:
    device = results.device
    versions = ", ".join(
        f"{name} {device[name]}"
        for name in ("driver", "numpy", "torch", "triton")
        if device.get(name)
    )
    chips = ", ".join(results.made["chips"])
    return [
        f"{device['description']} ({device['name']}), {results.date}",
        f"{versions}; kit of clawc {results.made['clawc']} for {chips}, {results.made['date']}",
    ]


def verdicts(results: Results) -> list[str]:
    """How many are right, and each that is not."""
    counted = (f"{count} {STATES[state]}" for state, count in results.counts().items())
    images = Counter(case.image for case in results.cases if case.image)
    taken = ", ".join(f"{count} as {kind}" for kind, count in images.items())
    lines = [
        f"Right? {', '.join(counted)}",
        *([f"Images that were taken: {taken}"] if taken else []),
    ]
    refused = {f"  {kind} refused: {why}" for c in results.cases for kind, why in c.refused.items()}
    lines += sorted(refused)
    lines += [f"  {STATES[case.state]}: {case.name}: {case.what}" for case in results.failures()]
    return lines


def timed(results: Results) -> list[Outcome]:
    return [case for case in results.cases if case.fast]


def speeds(results: Results) -> list[str]:
    """Microseconds and rates, beside each peer."""
    cases = timed(results)
    if not cases:
        return []
    peers = sorted({name for case in cases for name in case.fast["times"]} - {OURS})
    rows = [["microseconds", "warm", "cold", "rate", "of peak", *(f"{p} / ours" for p in peers)]]
    notes = []
    for case in cases:
        times = case.fast["times"]
        ours = times[OURS]["warm"]
        mark = "" if case.state == "right" else f" ({STATES[case.state]})"
        rows.append(
            [
                case.name + mark,
                microseconds(ours),
                microseconds(times[OURS]["cold"]),
                rate(case, ours),
                share(case, ours, results.peaks),
                *(f"{times[p]['warm'] / ours:.2f}" if p in times else "-" for p in peers),
            ]
        )
        notes += [f"  {case.name}: {peer} {said}" for peer, said in case.fast["notes"].items()]
        if case.fast.get("call"):
            call = microseconds(case.fast["call"])
            notes.append(f"  {case.name}: {call} microseconds a call, copies included")
    clock = cases[0].fast["clock"]
    return [f"How fast? By the {clock}; above 1, clawc takes less time", *aligned(rows), *notes]


def reasons(results: Results) -> list[str]:
    """Registers and occupancy as the driver tells, beside what the compiler knew."""
    heads = ["registers and spilled bytes", "driver", "compiler", "driver", "compiler"]
    rows = [[*heads, "workgroups on a unit", "lane"]]
    for case in timed(results):
        for launch in unlike(case.why):
            driver, compiler = launch["driver"], launch["compiler"]
            cells = (
                driver.get("registers"),
                compiler.get("registers"),
                driver.get("local bytes"),
                compiler.get("spills"),
                driver.get("workgroups"),
                compiler.get("lane"),
            )
            shown = ("-" if cell is None else str(cell) for cell in cells)
            rows.append([f"{case.name}: {launch['kernel']}", *shown])
    return ["Why?", *aligned(rows)] if len(rows) > 1 else []


def unlike(launches: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The first launch of each kernel."""
    seen = set()
    for launch in launches:
        if launch["kernel"] not in seen:
            seen.add(launch["kernel"])
            yield launch


def page(results: Results) -> str:
    parts = heading(results), verdicts(results), speeds(results), reasons(results)
    return "\n\n".join("\n".join(part) for part in parts if part)
