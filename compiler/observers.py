"""What watches a pipeline run: IR printing, IR dumps, timing."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from mlir import ir

from clawc.compiler.parsing import print_module


def _matches(wanted: str, name: str) -> bool:
    """`tile` names the step `tile{chip=…}` as well."""
    return wanted == name or wanted == name.partition("{")[0]


@dataclass
class PrintIR:
    """Print the module around the passes asked for, under LLVM's heading."""

    stream: TextIO
    all_after: bool = False
    before_passes: tuple[str, ...] = ()
    after_passes: tuple[str, ...] = ()

    def before(self, name: str, module: ir.Module) -> None:
        if any(_matches(p, name) for p in self.before_passes):
            self._print("Before", name, module)

    def after(self, name: str, module: ir.Module, seconds: float) -> None:
        if self.all_after or any(_matches(p, name) for p in self.after_passes):
            self._print("After", name, module)

    def _print(self, when: str, name: str, module: ir.Module) -> None:
        print(f"// -----// IR Dump {when} {name} //----- //", file=self.stream)
        print(print_module(module), file=self.stream)


@dataclass
class DumpIR:
    """A numbered file for each pass: `007-form-kernels.mlir`."""

    directory: Path
    count: int = 0

    def before(self, name: str, module: ir.Module) -> None:
        if self.count == 0:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._write("input", module)

    def after(self, name: str, module: ir.Module, seconds: float) -> None:
        self._write(name, module)

    def _write(self, name: str, module: ir.Module) -> None:
        stem = re.sub(r"[^\w.-]+", "-", name.partition("{")[0]).strip("-")[:60]
        (self.directory / f"{self.count:03}-{stem}.mlir").write_text(print_module(module) + "\n")
        self.count += 1


@dataclass
class Progress:
    """A line for each pass when it is done: its name, time and the size of the module."""

    stream: TextIO

    def before(self, name: str, module: ir.Module) -> None:
        pass

    def after(self, name: str, module: ir.Module, seconds: float) -> None:
        count = 0

        def visit(op: ir.Operation) -> ir.WalkResult:
            nonlocal count
            count += 1
            return ir.WalkResult.ADVANCE

        module.operation.walk(visit, ir.WalkOrder.PRE_ORDER)
        print(f"{1e3 * seconds:8.1f} ms  {name}  ({count} operations)", file=self.stream)


@dataclass
class Timing:
    """Wall-clock seconds of each pass and stage, in the order they first ran."""

    seconds: dict[str, float] = field(default_factory=dict)

    def before(self, name: str, module: ir.Module) -> None:
        pass

    def after(self, name: str, module: ir.Module, seconds: float) -> None:
        self.add(name, seconds)

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
