"""`clawc`: compile a tensor program in MLIR to kernels for one or several targets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from clawc.compiler.diagnostics import CompileError, Diagnostic, UsageError
from clawc.compiler.stages import check_stage, table
from clawc.compiler.tools.common import (
    Command,
    input_source,
    option,
    reporting_errors,
    targets_option,
    write_output,
)

EPILOG = f"""\b
Stages of -emit, along the road:
{table()}

\b
Exit codes: 1 if a program cannot be compiled or a file not be read or written, 2 if
the command is wrong.

\b
Examples:
  clawc kernel.mlir -target=nvptx:sm_90                    writes kernel.ptx
  clawc kernel.mlir -target=amdgpu -emit=asm -o -          prints GCN assembly
  clawc kernel.mlir -target=nvptx,amdgpu,spirv:vulkan
                                                           writes kernel.claw
  clawc kernel.mlir -target=nvptx,host -emit=c             writes kernel.c and kernel.h
  clawc kernel.mlir -target=host -emit=vector -o -         shows the tiles as vectors
  clawc kernel.mlir -target=spirv --report --timing        facts of each kernel, and times
"""

SUFFIXES = {
    "ptx": ".ptx",
    "cubin": ".cubin",
    "hsaco": ".hsaco",
    "spv": ".spv",
    "object": ".o",
    "bundle": ".claw",
}


class WithTargets(Command):
    """A command whose help ends with the chips there are."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from clawc.chips.known import known

        with formatter.section("Targets, with their default chip first"):
            chips = {target: ", ".join(c.name for c in rows) for target, rows in known().items()}
            formatter.write_dl(list(chips.items()))
        super().format_epilog(ctx, formatter)


@click.command(
    cls=WithTargets, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.argument("file", metavar="FILE.mlir")
@targets_option("What to compile for; several with commas between.")
@click.option("-o", "output", metavar="OUT", help="Where to write; - is stdout.")
@option("emit", "stage", metavar="STAGE", help="Stop there; without it, what the runtime loads.")
@option("schedule", "schedule", metavar="FILE", help="Schedules for kernels, by name.")
@option("O", "opt_level", type=click.IntRange(0, 3), default=3, help="LLVM's effort.")
@click.option("-g", "debug", is_flag=True, help="Line tables of FILE.mlir in PTX, HSACO, object.")
@option("print-ir-after-all", is_flag=True, help="Print the module after each pass.")
@option("print-ir-before", multiple=True, metavar="PASS", help="Print the module before PASS.")
@option("print-ir-after", multiple=True, metavar="PASS", help="Print the module after PASS.")
@option("dump-ir", metavar="DIR", help="Write a numbered file for each pass.")
@option("unchecked-indices", is_flag=True, help="Trust that indices which are data are in range.")
@option("verify-levels", is_flag=True, help="Check after each pass what may stand at its level.")
@option("cubin", is_flag=True, help="Add a cubin to the PTX for NVIDIA's chips; needs ptxas.")
@option("timing", is_flag=True, help="Print how long each pass and stage took.")
@option("report", is_flag=True, help="Print facts of each kernel: grid, memory, registers, lane.")
@option(
    "Rpass-missed", "missed", default="", metavar="REGEX", help="Say what kernels miss of the chip."
)
@option("in-process", is_flag=True, help="Do not use a worker process: faster, not crash-proof.")
@option(
    "no-cache",
    "cache",
    is_flag=True,
    default=True,
    flag_value=False,
    help="Neither use nor keep what was compiled before.",
)
@click.option("-v", "verbose", is_flag=True, help="Print each pass as it is done.")
@click.version_option(package_name="clawc")
def main(
    file: str,
    output: str | None,
    stage: str | None,
    schedule: str | None,
    opt_level: int,
    debug: bool,
    unchecked_indices: bool,
    verify_levels: bool,
    cubin: bool,
    in_process: bool,
    cache: bool,
    **settings: Any,
) -> None:
    """Compile the tensor program in FILE.mlir (- is stdin) to GPU kernels."""
    with reporting_errors("clawc"):
        from clawc.compiler.job import CompileJob, cached
        from clawc.compiler.worker import run_isolated

        check_stage(stage)
        options = {"opt_level": opt_level, "debug": debug, "verify_levels": verify_levels}
        options |= {"unchecked_indices": unchecked_indices, "cubin": cubin}
        if schedule is not None:
            given = input_source(schedule)
            options |= {"schedules": given.text, "schedule_file": given.file}
        asked = "bundle" if stage == "c" else stage
        job = CompileJob(input_source(file), stage=asked, options=options, **settings)
        make = CompileJob.run if in_process else run_isolated
        result = cached(job, make) if cache else make(job)
        if stage == "c":
            _write_c(output or Path(file).with_suffix(".c").name, result.data)
        else:
            write_output(output or _default_output(file, stage, result.kind), result.data)


def _write_c(output: str, bundle: bytes) -> None:
    """The bundle as `output` and its header beside it.  Raises CompileError."""
    from clawc.runtime.artifact import Artifact
    from clawc.targets.c.source import c_sources
    from clawc.targets.emission import EmissionError

    path = Path(output)
    if path.suffix != ".c":
        raise UsageError.of(f"-emit=c writes two files, NAME.c and NAME.h; -o is {output!r}")
    try:
        source, header = c_sources(Artifact.from_bytes(bundle), path.stem)
    except EmissionError as error:
        raise CompileError([Diagnostic(str(error), output)]) from None
    write_output(output, source)
    write_output(os.fspath(path.with_suffix(".h")), header)


def _default_output(file: str, stage: str | None, kind: str) -> str:
    """What can be loaded goes to a file named after the source, in this folder; text to stdout."""
    if file == "-" or stage not in (None, "bin", "bundle"):
        return "-"
    return Path(file).with_suffix(SUFFIXES[kind]).name
