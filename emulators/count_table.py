"""The table of what a kernel executed, beside what the compiler estimated."""

from __future__ import annotations

from collections.abc import Mapping

from clawc.emulators.interface import Counts


def table(counts: Counts, estimates: Mapping[str, int | None]) -> list[str]:
    """The lines of the table for one kernel."""
    total_warps, total_threads = (
        sum(found.values()) for found in (counts.warp_instructions, counts.thread_instructions)
    )
    lines = [f"{'instructions':22} {total_threads:>14,} by threads {total_warps:>12,} by warps"]
    for name, number in counts.thread_instructions.most_common():
        lines.append(f"  {name:20} {number:>14,} {share(number, total_threads):>10}")
    for name, number in sorted(counts.memory_bytes.items()):
        of_all = f"{name} transactions"
        lines.append(f"{name:22} {number:>14,} bytes{estimated(estimates, name)}")
        lines.append(f"{'':22} {transactions(counts, name)}{estimated(estimates, of_all)}")
    if counts.matrix_flop:
        expected = estimated(estimates, "matrix flop")
        lines.append(f"{'matrix':22} {counts.matrix_flop:>14,} FLOP{expected}")
    if counts.seconds:
        speed = total_threads / counts.seconds / 1e6
        lines.append(f"{'emulated in':22} {counts.seconds:>14.3f} s          {speed:.0f} M/s")
    return lines


def estimated(estimates: Mapping[str, int | None], kind: str) -> str:
    """` (estimated 4,096)`; nothing for a bundle without estimates."""
    if kind not in estimates:
        return ""
    figure = estimates[kind]
    return " (estimated ?)" if figure is None else f" (estimated {figure:,})"


def share(number: int, total: int) -> str:
    return f"{100 * number / total:.1f} %"


def transactions(counts: Counts, name: str) -> str:
    """`1,024 sectors, 512 would do`: how well the bytes lie together."""
    taken, fewest = (found[name] for found in (counts.transactions, counts.ideal_transactions))
    unit = "sectors" if name.startswith("global") else "passes over the banks"
    waste = "" if taken <= fewest else f", {fewest:,} would do"
    return f"{taken:>14,} {unit}{waste}"
