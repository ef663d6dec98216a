"""Passes written in Python, and pipelines that mix them with MLIR's own."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol, get_type_hints

from mlir import ir
from mlir.passmanager import PassManager
from mlir.rewrite import PatternRewriter, RewritePatternSet, walk_and_apply_patterns


class PassFailure(Exception):
    """Raised by a pass that cannot go on; points at the operation to blame."""

    def __init__(self, op: ir.OpView | ir.Operation, message: str) -> None:
        super().__init__(message)
        self.op = op.operation
        self.location: ir.Location = self.op.location
        self.op_name: str = self.op.name


class PipelineError(ValueError):
    """A pipeline text that does not parse, or names an unknown pass or option."""


@dataclass(frozen=True)
class Pass(ABC):
    """A named module transformation; dataclass fields are its options."""

    name: ClassVar[str]

    @abstractmethod
    def run(self, module: ir.Module) -> None:
        """Transform `module` in place.  Raises `PassFailure` where the input cannot be taken."""

    @classmethod
    def parse(cls, options: str) -> Pass:
        """The pass with `options` (`key=value key=value`) over its defaults."""
        hints = get_type_hints(cls)
        known = {f.name.replace("_", "-"): f.name for f in fields(cls)}
        values: dict[str, Any] = {}
        for item in options.split():
            key, _, text = item.partition("=")
            if key not in known:
                expected = ", ".join(known) or "none"
                raise PipelineError(f"pass {cls.name!r} has no option {key!r}; known: {expected}")
            kind = hints[known[key]]
            values[known[key]] = _BOOLEANS[text] if kind is bool else kind(text)
        return cls(**values)


_BOOLEANS = {"": True, "true": True, "1": True, "false": False, "0": False}

Pattern = Callable[[Any, PatternRewriter], bool | None]


@dataclass(frozen=True)
class RewritePass(Pass):
    """A pass that applies `patterns` once, top-down."""

    patterns: ClassVar[Sequence[tuple[type[ir.OpView], Pattern]]] = ()

    def run(self, module: ir.Module) -> None:
        patterns = RewritePatternSet(module.context)
        for root, pattern in self.patterns:
            patterns.add(root, pattern)
        walk_and_apply_patterns(module.operation, patterns.freeze())


class Observer(Protocol):
    """What watches a pipeline: prints, dumps or times."""

    def before(self, name: str, module: ir.Module) -> None: ...

    def after(self, name: str, module: ir.Module, seconds: float) -> None: ...


@dataclass(frozen=True)
class Pipeline:
    """Python passes and upstream textual elements, run one after the other, verified after each."""

    steps: Sequence[Pass | str]

    def run(self, module: ir.Module, observers: Iterable[Observer] = ()) -> None:
        """Raises `PassFailure` from our passes and `ir.MLIRError` from upstream's."""
        observers = tuple(observers)
        for step in self.steps:
            name = step if isinstance(step, str) else step.name
            for observer in observers:
                observer.before(name, module)
            start = time.perf_counter()
            if isinstance(step, str):
                _upstream(step, module.context).run(module.operation)
            else:
                with module.context:
                    step.run(module)
                module.operation.verify()
            seconds = time.perf_counter() - start
            for observer in observers:
                observer.after(name, module, seconds)

    @classmethod
    def parse(cls, text: str, find_pass: FindPass) -> Pipeline:
        """`a,b{key=value},func.func(c)`; what `find_pass` does not know is upstream's."""
        text = text.strip()
        if text.startswith("builtin.module(") and text.endswith(")"):
            text = text.removeprefix("builtin.module(").removesuffix(")")
        return cls([_step(part, find_pass) for part in split_top_level(text)])


def _upstream(step: str, context: ir.Context) -> PassManager:
    try:
        return PassManager.parse(f"builtin.module({step})", context)
    except ValueError as error:
        reason = str(error).splitlines()[0].rpartition("error: ")[2]
        raise PipelineError(f"in pipeline element '{step}': {reason}") from None


FindPass = Callable[[str], type[Pass] | None]


def _step(text: str, find_pass: FindPass) -> Pass | str:
    name, brace, rest = text.partition("{")
    found = find_pass(name.strip())
    if found is None:
        return text
    if brace and not rest.endswith("}"):
        raise PipelineError(f"missing '}}' after the options of pass {name.strip()!r}")
    return found.parse(rest.removesuffix("}"))


def split_top_level(text: str) -> list[str]:
    """The parts of `text` between commas that are in no bracket."""
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char in "({[<") - (char in ")}]>")
        if char == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [p.strip() for p in [*parts, text[start:]] if p.strip()]
