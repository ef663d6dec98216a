"""What `clawc` does, as a job for the worker: from a source to the bytes of one stage."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clawc.compiler.cache.request import Request
from clawc.compiler.diagnostics import UsageError
from clawc.compiler.options import Options
from clawc.compiler.source import Source

if TYPE_CHECKING:
    from clawc.chips.chip import Chip
    from clawc.compiler.compilation import Compilation
    from clawc.passes.framework.pipeline import Observer
    from clawc.runtime.artifact import Artifact


@dataclass(frozen=True)
class Output:
    """Bytes, and what they are (`ptx`, `hsaco`, `spv`, `object`, `bundle`, `mlir`, …)."""

    data: bytes
    kind: str
    is_silent: bool = True  # nothing was said to the user on the way


def cached(job: CompileJob, make: Callable[[CompileJob], Output]) -> Output:
    """What `make` gives for the job, or gave before.  A job that says something, or shows the road,
    is always done.  Raises CompileError."""
    if job.is_watched:
        return make(job)
    request = Request(job.source, job.targets, job.stage or "image", job.options)
    if (kept := request.find()) is not None:
        kind, _, data = kept.partition(b"\n")
        return Output(data, kind.decode())
    output = make(job)
    if output.is_silent:
        request.keep(output.kind.encode() + b"\n" + output.data)
    return output


@dataclass(frozen=True)
class CompileJob:
    """Compile `source` for `targets` up to `stage` (None: what the runtime loads)."""

    source: Source
    targets: tuple[str, ...]
    stage: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    print_ir_after_all: bool = False
    print_ir_before: tuple[str, ...] = ()
    print_ir_after: tuple[str, ...] = ()
    dump_ir: str | None = None
    timing: bool = False
    report: bool = False
    missed: str = ""  # remarks of which passes, as a regular expression
    verbose: bool = False

    @property
    def is_watched(self) -> bool:
        """Whether somebody wants to see how it is done, not only what comes out."""
        shown = (self.print_ir_after_all, self.print_ir_before, self.print_ir_after, self.dump_ir)
        told = (
            self.timing,
            self.report,
            self.missed,
            self.verbose,
            self.options.get("verify_levels"),
        )
        return any((*shown, *told))

    def run(self) -> Output:
        """Raises CompileError."""
        from clawc.compiler.chip_specs import find_chips
        from clawc.compiler.compilation import Compilation
        from clawc.compiler.observers import Timing
        from clawc.compiler.remarks import chosen

        chips = find_chips(self.targets)
        timing = Timing()
        observers = self._observers(timing, chips)
        compilation = Compilation(
            self.source,
            Options(**self.options, explain=self.report or bool(self.missed)),
            observers,
        )
        output = self._output(compilation, chips)
        for each in chosen(compilation.missed, self.missed) if self.missed else ():
            print(each.diagnostic(self.source).render(self.source.written), file=sys.stderr)
        for warning in compilation.warnings:
            print(warning.render(self.source.written), file=sys.stderr)
        if self.timing:
            print(timing.table(), file=sys.stderr)
        return replace(output, is_silent=not compilation.warnings)

    def _output(self, compilation: Compilation, chips: Sequence[Chip]) -> Output:
        from clawc.compiler.parsing import print_module
        from clawc.compiler.stages import CHIP_STAGES, EMITTED_STAGES, SHARED_STAGES
        from clawc.runtime.artifact import Artifact

        if self.stage in SHARED_STAGES:
            return Output(print_module(compilation.shared(self.stage)).encode() + b"\n", "mlir")
        if not chips:
            raise UsageError.of("no target given: say -target=nvptx, amdgpu, spirv or host")
        if self.stage is None or self.stage == "bundle":
            artifact = Artifact(compilation.images(chips))
            self._report(artifact)
            if self.stage is None and len(artifact.images) == 1:
                return Output(artifact.images[0].data, artifact.images[0].kind)
            return Output(artifact.to_bytes(), "bundle")
        if len(chips) > 1:
            said = f"-emit={self.stage} takes one target, got {len(chips)}; -emit=bundle takes all"
            raise UsageError.of(said)
        module = compilation.shared()
        if self.stage in CHIP_STAGES:
            compilation.for_chip(module, chips[0], self.stage)
            return Output(print_module(module).encode() + b"\n", "mlir")
        assert self.stage in EMITTED_STAGES
        compilation.lower(compilation.for_chip(module, chips[0]), chips[0])
        emitted = compilation.emit(module, chips[0], self.stage)
        return Output(emitted.data, emitted.kind)

    def _report(self, artifact: Artifact) -> None:
        if self.report:
            from clawc.compiler.report import report

            print(report(artifact), file=sys.stderr)

    def _observers(self, timing: Observer, chips: Sequence[Chip]) -> list[Observer]:
        from clawc.compiler.observers import DumpIR, PrintIR, Progress
        from clawc.compiler.road import step_names

        observers = [timing]
        if self.print_ir_after_all or self.print_ir_before or self.print_ir_after:
            printing = PrintIR(
                sys.stderr, self.print_ir_after_all, self.print_ir_before, self.print_ir_after
            )
            printing.check(step_names(self.stage, chips, bool(self.options.get("debug"))))
            observers.append(printing)
        if self.dump_ir is not None:
            observers.append(DumpIR(Path(self.dump_ir)))
        if self.verbose:
            observers.append(Progress(sys.stderr))
        return observers


@dataclass(frozen=True)
class ReportJob:
    """The report of `source` compiled for `targets`."""

    source: Source
    targets: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)

    def run(self) -> str:
        """Raises CompileError."""
        from clawc.compiler.chip_specs import find_chips
        from clawc.compiler.compilation import Compilation
        from clawc.compiler.report import report
        from clawc.runtime.artifact import Artifact

        compilation = Compilation(self.source, Options(**self.options, explain=True))
        return report(Artifact(compilation.images(find_chips(self.targets))))
