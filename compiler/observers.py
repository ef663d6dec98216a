"""What watches a pipeline run: IR printing, IR dumps, timing.

A named pipeline is seen step by step; only printing can be asked for it as a whole.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from mlir import ir

from clawc.compiler.diagnostics import UsageError
from clawc.compiler.parsing import print_module
from clawc.compiler.spelling import did_you_mean
from clawc.passes.framework.pipeline import NamedPipeline, Observer, Step

LARGEST = 1 << 16  # constant of which dumps show the values: there is a dump a pass


@dataclass
class PrintIR(Observer):
    """Print the module around the passes asked for, under LLVM's heading."""

    stream: TextIO
    all_after: bool = False
    before_passes: tuple[str, ...] = ()
    after_passes: tuple[str, ...] = ()

    def check(self, names: Sequence[str]) -> None:
        """Raises UsageError for a step that is none of `names`, those of the run."""
        for option, asked in (("before", self.before_passes), ("after", self.after_passes)):
            for name in asked:
                if name not in names:
                    meant = did_you_mean(name, names) or f"; its steps: {', '.join(names)}"
                    said = f"--print-ir-{option}: no step of this run is called {name!r}{meant}"
                    raise UsageError.of(said)

    def before(self, step: Step, module: ir.Module) -> None:
        if step.name in self.before_passes:
            self._print("Before", step.name, module)

    def after(self, step: Step, module: ir.Module, seconds: float) -> None:
        all_after = self.all_after and not isinstance(step, NamedPipeline)
        if all_after or step.name in self.after_passes:
            self._print("After", step.name, module)

    def _print(self, when: str, name: str, module: ir.Module) -> None:
        print(f"// -----// IR Dump {when} {name} //----- //", file=self.stream)
        print(print_module(module, LARGEST), file=self.stream)


@dataclass
class DumpIR(Observer):
    """A numbered file for each pass: `007-form-kernels.mlir`."""

    directory: Path
    count: int = 0

    def before(self, step: Step, module: ir.Module) -> None:
        if self.count == 0:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._write("input", module)

    def after(self, step: Step, module: ir.Module, seconds: float) -> None:
        if not isinstance(step, NamedPipeline):
            self._write(step.name, module)

    def _write(self, name: str, module: ir.Module) -> None:
        (self.directory / f"{self.count:03}-{name}.mlir").write_text(
            print_module(module, LARGEST) + "\n"
        )
        self.count += 1


@dataclass
class Progress(Observer):
    """A line for each pass when it is done: its name, time and the size of the module."""

    stream: TextIO

    def after(self, step: Step, module: ir.Module, seconds: float) -> None:
        if isinstance(step, NamedPipeline):
            return
        count = 0

        def visit(op: ir.Operation) -> ir.WalkResult:
            nonlocal count
            count += 1
            return ir.WalkResult.ADVANCE

        module.operation.walk(visit, ir.WalkOrder.PRE_ORDER)
        print(f"{1e3 * seconds:8.1f} ms  {step.name}  ({count} operations)", file=self.stream)


@dataclass
class Timing(Observer):
    """Wall-clock seconds of each pass and stage, in the order they first ran."""

    seconds: dict[str, float] = field(default_factory=dict)

    def after(self, step: Step, module: ir.Module, seconds: float) -> None:
        if not isinstance(step, NamedPipeline):
            self.add(step.name, seconds)

    def add(self, name: str, seconds: float) -> None:
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - start)

    def table(self) -> str:
        """A line a pass: milliseconds, share, name; the total last."""
        total = sum(self.seconds.values())
        rows = [
            f"{1e3 * s:9.1f} ms {100 * s / total if total else 0:5.1f}%  {name}"
            for name, s in self.seconds.items()
        ]
        return "\n".join([*rows, f"{1e3 * total:9.1f} ms 100.0%  total"])
