"""What `claw-opt` does: run pipelines over each part of a source; print it or check it."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clawc.compiler.diagnostics import CompileError, Diagnostic, UsageError
from clawc.compiler.source import Source
from clawc.compiler.spelling import did_you_mean

if TYPE_CHECKING:
    from clawc.passes.framework.pipeline import Observer, Pipeline

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
    options: tuple[str, ...] = ()  # the command's, which a misspelled one is compared with

    def run(self) -> str:
        """The printed result.  Raises CompileError with what went wrong in all parts."""
        from clawc.compiler.observers import Timing

        timing = Timing()
        pipeline = self._pipeline()
        observers = self._observers(timing, pipeline)
        printed: list[str] = []
        failed: list[Diagnostic] = []
        for part in _parts(self.source) if self.split_input_file else [self.source]:
            said: list[Diagnostic] = []
            try:
                printed.append(self._run_part(part, said, pipeline, observers))
            except CompileError as error:
                said += error.diagnostics
                if not self.verify_diagnostics:
                    failed += error.diagnostics
            if self.verify_diagnostics:
                failed += mismatches_in_whole(self.source, part, said)
        if self.timing:
            print(timing.table(), file=sys.stderr)
        if failed:
            raise CompileError(failed, self.source.written)
        return "" if self.verify_diagnostics else "\n// -----\n\n".join(printed)

    def _pipeline(self) -> Pipeline:
        """All steps asked for.  Raises UsageError where there is no such pass, option or chip."""
        from clawc.chips.known import UnknownChip
        from clawc.compiler.chip_specs import unknown_chip
        from clawc.compiler.context import make_context
        from clawc.passes.framework.base import PipelineError
        from clawc.passes.framework.pipeline import Pipeline, UnknownPass
        from clawc.passes.framework.registry import find_pass

        try:
            parsed = [Pipeline.parse(text, find_pass) for text in self.pipelines]
            whole = Pipeline([step for pipeline in parsed for step in pipeline.steps])
            whole.check(make_context())
        except UnknownPass as error:
            meant = did_you_mean(error.name, [*self.options, *_known_passes()])
            raise UsageError.of(f"{error}{meant}") from None
        except UnknownChip as error:
            raise unknown_chip(error) from None
        except PipelineError as error:
            raise UsageError.of(str(error)) from None
        return whole

    def _observers(self, timing: Observer, pipeline: Pipeline) -> list[Observer]:
        from clawc.compiler.observers import DumpIR, PrintIR

        printing = PrintIR(
            sys.stderr, self.print_ir_after_all, self.print_ir_before, self.print_ir_after
        )
        printing.check(list(dict.fromkeys(step.name for step in pipeline.all_steps())))
        observers: list[Observer] = [printing, timing]
        if self.dump_ir is not None:
            observers.append(DumpIR(Path(self.dump_ir)))
        return observers

    def _run_part(
        self, part: Source, said: list[Diagnostic], pipeline: Pipeline, observers: list[Observer]
    ) -> str:
        from mlir import ir

        from clawc.compiler.context import compile_errors, make_context
        from clawc.compiler.parsing import parse_source, print_module

        context = make_context()
        with compile_errors(context, part, said), context, ir.Location.unknown():
            module, _ = parse_source(part, context)
            pipeline.run(module, observers)
        if self.generic or self.debug_info:
            text = module.operation.get_asm(
                enable_debug_info=self.debug_info, print_generic_op_form=self.generic
            )
            return str(text)
        return print_module(module) + "\n"


def _known_passes() -> list[str]:
    """Our passes, and those of MLIR that the roads to all chips take."""
    from clawc.chips.known import known
    from clawc.compiler.road import step_names
    from clawc.passes.framework.registry import all_passes

    defaults = [chips[0] for chips in known().values()]
    return [*(found.name for found in all_passes()), *step_names(None, defaults)]


def _parts(source: Source) -> list[Source]:
    """The parts between `// -----` lines; each keeps its line numbers by blank lines before it."""
    parts, start, text = [], 0, source.whole
    for match in [*_SPLIT.finditer(text), None]:
        end = match.start() if match else len(text)
        parts.append(Source("\n" * text.count("\n", 0, start) + text[start:end], source.file))
        start = match.end() if match else end
    return parts


def mismatches_in_whole(whole: Source, part: Source, said: list[Diagnostic]) -> list[Diagnostic]:
    """What `part` expected and did not get, or got and did not expect."""
    from clawc.compiler.expected import mismatches

    return mismatches(part.text, said, whole.file)
