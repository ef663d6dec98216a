"""`claw-report`: explain the kernels of a program or a bundle."""

from __future__ import annotations

import click

from clawc.compiler.tools.common import (
    Command,
    input_source,
    option,
    reporting_errors,
    targets_option,
)

EPILOG = """\b
Examples:
  claw-report kernel.mlir -target=nvptx:sm_90,amdgpu
  claw-report kernel.claw
"""


@click.command(cls=Command, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", metavar="FILE.mlir|FILE.claw")
@targets_option("For an .mlir: which chips, with commas between.")
@option("schedule", metavar="FILE", help="Schedules for kernels, by name.")
def main(file: str, targets: tuple[str, ...], schedule: str | None) -> None:
    """Print each kernel's grid, workgroup, memory, registers, lane and schedule."""
    with reporting_errors("claw-report"):
        from clawc.compiler.report import report
        from clawc.runtime.artifact import Artifact

        if file.endswith(".claw"):
            click.echo(report(Artifact.load(file)))
            return
        from clawc.compiler.job import ReportJob
        from clawc.compiler.worker import run_isolated

        given = input_source(schedule) if schedule else None
        options = {"schedules": given.text, "schedule_file": given.file} if given else {}
        click.echo(run_isolated(ReportJob(input_source(file), targets or ("host",), options)))
