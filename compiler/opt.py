"""What `claw-opt` does: run pipelines over each part of a source; print it or check it."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.source import Source

_SPLIT = re.compile(r"^// -----.*$", re.MULTILINE)


@dataclass(frozen=True)
class OptJob:
    """Run `pipelines`, one after the other, on `source`."""

    source: Source
    pipelines: tuple[str, ...]
    split_input_file: bool = False
    verify_diagnostics: bool = False
    print_ir_after_all: bool = False
    print_ir_before: tuple[str, ...] = ()
    print_ir_after: tuple[str, ...] = ()
    dump_ir: str | None = None
    timing: bool = False
    debug_info: bool = False
    generic: bool = False

    def run(self) -> str:
        """The printed result.  Raises CompileError with what went wrong in all parts."""
        from clawc.compiler.observers import Timing

        timing = Timing()
        printed: list[str] = []
        failed: list[Diagnostic] = []
        for part in _parts(self.source) if self.split_input_file else [self.source]:
            said: list[Diagnostic] = []
            try:
                printed.append(self._run_part(part, said, timing))
            except CompileError as error:
                said += error.diagnostics
                if not self.verify_diagnostics:
                    failed += error.diagnostics
            if self.verify_diagnostics:
                failed += mismatches_in_whole(self.source, part, said)
        if self.timing:
            print(timing.table(), file=sys.stderr)
        if failed:
            raise CompileError(failed, self.source.text)
        return "" if self.verify_diagnostics else "\n// -----\n\n".join(printed)

    def _run_part(self, part: Source, said: list[Diagnostic], timing: object) -> str:
        from mlir import ir

        from clawc.compiler.context import compile_errors, make_context
        from clawc.compiler.observers import DumpIR, PrintIR
        from clawc.compiler.parsing import parse_source, print_module
        from clawc.passes.framework.base import Pipeline
        from clawc.passes.framework.registry import find_pass

        observers: list = [
            PrintIR(sys.stderr, self.print_ir_after_all, self.print_ir_before, self.print_ir_after)
        ]
        if self.dump_ir is not None:
            observers.append(DumpIR(Path(self.dump_ir)))
        if self.timing:
            observers.append(timing)
        context = make_context()
        with compile_errors(context, part, said), context, ir.Location.unknown():
            module = parse_source(part, context)
            for text in self.pipelines:
                Pipeline.parse(text, find_pass).run(module, observers)
        if self.generic or self.debug_info:
            text = module.operation.get_asm(
                enable_debug_info=self.debug_info, print_generic_op_form=self.generic
            )
            return str(text)
        return print_module(module) + "\n"


def _parts(source: Source) -> list[Source]:
    """The parts between `// -----` lines; each keeps its line numbers by blank lines before it."""
    parts, start = [], 0
    for match in [*_SPLIT.finditer(source.text), None]:
        end = match.start() if match else len(source.text)
        blank = "\n" * source.text.count("\n", 0, start)
        parts.append(replace(source, text=blank + source.text[start:end]))
        start = match.end() if match else end
    return parts


def mismatches_in_whole(whole: Source, part: Source, said: list[Diagnostic]) -> list[Diagnostic]:
    """What `part` expected and did not get, or got and did not expect."""
    from clawc.compiler.expected import mismatches

    return mismatches(part.text, said, whole.file)
