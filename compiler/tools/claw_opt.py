"""`claw-opt`: run passes and pipelines, ours and upstream's mixed, and print the result."""

from __future__ import annotations

import sys

import click

from clawc.tools.common import input_source, reporting_errors, write_output

EPILOG = """\b
Passes run in the order given; options follow in braces:
  claw-opt k.mlir -claw-to-linalg -canonicalize
  claw-opt k.mlir --pass-pipeline='form-kernels,tile{chip=nvptx:sm_80},cse'
  claw-opt k.mlir -distribute='chip=spirv:vulkan'
See the passes: claw-opt --list-passes.  Upstream's are those of mlir-opt 22.
"""


@click.command(
    epilog=EPILOG,
    context_settings={"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="FILE.mlir [-PASS[=OPTIONS]]...")
@click.option("-o", "output", default="-", metavar="FILE", help="Where to write; - is stdout.")
@click.option("--pass-pipeline", "pipeline", metavar="TEXT", help="Passes separated by commas.")
@click.option("--split-input-file", is_flag=True, help="Treat parts between // ----- on their own.")
@click.option(
    "--verify-diagnostics", is_flag=True, help="Check // expected-error {{...}} comments instead."
)
@click.option("--list-passes", is_flag=True, help="Print clawc's own passes and their options.")
@click.option("--print-ir-after-all", is_flag=True, help="Print the module after each pass.")
@click.option("--print-ir-before", multiple=True, metavar="PASS")
@click.option("--print-ir-after", multiple=True, metavar="PASS")
@click.option("--dump-ir", metavar="DIR", help="Write a numbered file for each pass.")
@click.option("--timing", is_flag=True, help="Print how long each pass took.")
@click.option("--mlir-print-debuginfo", "debug_info", is_flag=True, help="Print locations.")
@click.option("--mlir-print-op-generic", "generic", is_flag=True, help="Print the generic form.")
def main(
    words: tuple[str, ...], output: str, pipeline: str | None, list_passes: bool, **flags: object
) -> None:
    """Run passes on MLIR and print the result."""
    with reporting_errors("claw-opt"):
        if list_passes:
            _list_passes()
            return
        files = [w for w in words if w == "-" or not w.startswith("-")]
        if len(files) > 1:
            raise click.UsageError(f"one input file at a time, got {' '.join(files)}")
        passes = [_element(w) for w in words if w not in files]
        from clawc.opt import OptJob
        from clawc.worker import run_isolated

        source = input_source(files[0] if files else "-")
        pipelines = (*passes, *([pipeline] if pipeline else []))
        renamed = {
            name.replace("print_ir_after_all", "print_after_all").replace("print_ir_", "print_"): v
            for name, v in flags.items()
        }
        write_output(output, run_isolated(OptJob(source, pipelines, **renamed)))  # type: ignore


def _element(word: str) -> str:
    """`-distribute='chip=x'` as the pipeline element `distribute{chip=x}`."""
    name, equals, options = word.lstrip("-").partition("=")
    return f"{name}{{{options}}}" if equals else name


def _list_passes() -> None:
    from dataclasses import fields

    from clawc.passes.registry import all_passes

    for found in all_passes():
        options = " ".join(f"{f.name.replace('_', '-')}={f.default}" for f in fields(found))
        summary = (sys.modules[found.__module__].__doc__ or "").strip().splitlines()[0]
        click.echo(f"{found.name:28} {summary.partition(': ')[2] or summary}")
        if options:
            click.echo(f"{'':28}   {{{options}}}")
