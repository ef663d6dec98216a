"""`claw-opt`: run passes and pipelines, ours and upstream's mixed, and print the result."""

from __future__ import annotations

import sys
from typing import Any

import click

from clawc.compiler.tools.common import (
    Command,
    input_source,
    option,
    reporting_errors,
    write_output,
)

EPILOG = """\b
Passes run in the order given; options follow in braces:
  claw-opt k.mlir -claw-to-linalg -canonicalize
  claw-opt k.mlir --pass-pipeline='form-kernels,tile{chip=nvptx:sm_80},cse'
  claw-opt k.mlir -distribute='chip=spirv:vulkan'
See the passes: claw-opt --list-passes.  Upstream's are those of mlir-opt 22.
"""


class PassCommand(Command):
    """A command whose unknown options are passes, kept in order in `Context.meta["passes"]`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = {name for p in self.params for name in p.opts} | set(ctx.help_option_names)
        passes = [a for a in args if a[:1] == "-" and a != "-" and a.partition("=")[0] not in known]
        ctx.meta["passes"] = [_element(a) for a in passes]
        return super().parse_args(ctx, [a for a in args if a not in passes])


@click.command(
    cls=PassCommand,
    epilog=EPILOG,
    options_metavar="[-PASS[=OPTIONS]]... [OPTIONS]",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("file", default="-", metavar="FILE.mlir")
@click.option("-o", "output", default="-", metavar="FILE", help="Where to write; - is stdout.")
@option("pass-pipeline", "pipeline", metavar="TEXT", help="Passes separated by commas.")
@option("split-input-file", is_flag=True, help="Treat parts between // ----- on their own.")
@option("verify-diagnostics", is_flag=True, help="Check // expected-error {{...}} comments.")
@option("list-passes", is_flag=True, help="Print clawc's own passes and their options.")
@option("print-ir-after-all", is_flag=True, help="Print the module after each pass.")
@option("print-ir-before", multiple=True, metavar="PASS", help="Print the module before PASS.")
@option("print-ir-after", multiple=True, metavar="PASS", help="Print the module after PASS.")
@option("dump-ir", metavar="DIR", help="Write a numbered file for each pass.")
@option("timing", is_flag=True, help="Print how long each pass took.")
@option("mlir-print-debuginfo", "debug_info", is_flag=True, help="Print locations.")
@option("mlir-print-op-generic", "generic", is_flag=True, help="Print the generic form.")
@click.pass_context
def main(
    ctx: click.Context,
    file: str,
    output: str,
    pipeline: str | None,
    list_passes: bool,
    **flags: Any,
) -> None:
    """Run passes on MLIR and print the result."""
    with reporting_errors("claw-opt"):
        if list_passes:
            _list_passes()
            return
        from clawc.compiler.opt import OptJob
        from clawc.compiler.worker import run_isolated

        pipelines = (*ctx.meta["passes"], *([pipeline] if pipeline else []))
        options = tuple(word.lstrip("-") for word in main.spellings(ctx))
        job = OptJob(input_source(file), pipelines, options=options, **flags)
        write_output(output, run_isolated(job))


def _element(word: str) -> str:
    """`-distribute='chip=x'` as the pipeline element `distribute{chip=x}`."""
    name, equals, options = word.lstrip("-").partition("=")
    return f"{name}{{{options}}}" if equals else name


def _list_passes() -> None:
    from dataclasses import fields

    from clawc.passes.framework.registry import all_passes

    for found in all_passes():
        options = " ".join(
            f"{f.name.replace('_', '-')}={getattr(found(), f.name)}" for f in fields(found)
        )
        summary = (sys.modules[found.__module__].__doc__ or "").strip().splitlines()[0]
        click.echo(f"{found.name:28} {summary.partition(': ')[2] or summary}")
        if options:
            click.echo(f"{'':28}   {{{options}}}")
