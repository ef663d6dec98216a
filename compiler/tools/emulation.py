"""What `claw-run` does with emulated devices: options, and a table of what was executed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from clawc.emulators.interface import Counts, Schedule
    from clawc.runtime.device import Device
    from clawc.runtime.executable import Executable


def is_emulated(device: Device) -> bool:
    return device.name.startswith("emulator:")


def set_emulation(device: Device, check: bool, schedule: str, count: bool) -> None:
    """Tell an emulated device how to execute; others have nothing to be told."""
    from clawc.emulators.device import EmulatedDevice
    from clawc.emulators.interface import Options

    if isinstance(device, EmulatedDevice):
        device.options = Options(check, count, cast("Schedule", schedule))


def print_stats(run: Executable, arguments: Sequence[Any]) -> None:
    """Execute once more, and print for each kernel what that took."""
    import numpy as np

    from clawc.compiler.estimates import run_estimates
    from clawc.emulators.device import EmulatedDevice
    from clawc.runtime.errors import Unsupported

    device = run.device
    if not isinstance(device, EmulatedDevice):
        raise Unsupported(f"{device.name} does not count; --stats needs --device=emulator:...")
    device.counts.clear()
    run.execution(tuple(arguments)).run()
    shapes = [np.shape(argument) for argument in arguments]
    estimates = run_estimates(run.image, run.entry, shapes)
    for kernel, counts in device.counts.items():
        click.echo(f"  {kernel}")
        for line in described(counts, estimates.get(kernel, {})):
            click.echo(f"    {line}")


def described(counts: Counts, estimates: Mapping[str, int | None]) -> list[str]:
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
