"""`claw-run --stats`: what each kernel executed, on a device that counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from clawc.runtime.executable import Executable


def print_stats(run: Executable, arguments: Sequence[Any]) -> None:
    """Execute once more, and print for each kernel what that took."""
    from clawc.compiler.estimates import run_estimates
    from clawc.runtime.errors import Unsupported

    device = run.device
    if device.counted({}) is None:
        raise Unsupported(f"{device.name} does not count; --stats needs --device=emulator:...")
    _, launches = run.profile(*arguments)
    estimates = run_estimates(run.image, launches)
    for kernel, lines in (device.counted(estimates) or {}).items():
        click.echo(f"  {kernel}")
        for line in lines:
            click.echo(f"    {line}")
