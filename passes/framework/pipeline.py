"""Pipelines: our passes and MLIR's own, run one after the other, each of them seen by observers.

MLIR's pass manager can hold Python callables too, but not without loss: an exception becomes
"pass failed" and its operation is gone, what it prints is not claw's readable form, and its hooks
(printing, timing) are out of Python's reach.  So it runs one pass at a time here.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from mlir import ir
from mlir.passmanager import PassManager

from clawc.passes.framework.base import Pass, PipelineError


@dataclass(frozen=True)
class Upstream:
    """One of MLIR's own passes."""

    name: str
    options: str = ""  # `index-bitwidth=32 ...`
    anchor: tuple[str, ...] = ()  # runs on each such operation: ("gpu.module", "gpu.func")

    def __str__(self) -> str:
        text = f"{self.name}{{{self.options}}}" if self.options else self.name
        for operation in reversed(self.anchor):
            text = f"{operation}({text})"
        return text

    def manager(self, context: ir.Context) -> PassManager:
        """Raises `UnknownPass` or `PipelineError` where MLIR does not take name or options."""
        try:
            return PassManager.parse(f"builtin.module({self})", context)
        except ValueError as error:
            reason = str(error).splitlines()[0].rpartition("error: ")[2]
            if f"'{self.name}' does not refer to a registered pass" in reason:
                raise UnknownPass(self.name) from None
            raise PipelineError(f"in pipeline element '{self}': {reason}") from None


class UnknownPass(PipelineError):
    """A name that neither we nor MLIR know."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no pass is called {name!r}")
        self.name = name


@dataclass(frozen=True)
class NamedPipeline(Pass):
    """A pass that is a list of steps.  Observers see the steps, and the whole around them."""

    @abstractmethod
    def steps(self) -> Sequence[Step]:
        """What is done, in order."""

    def run(self, module: ir.Module) -> None:
        Pipeline(self.steps()).run(module)


Step = Pass | Upstream


class Observer:
    """What watches a pipeline: prints, dumps, times or verifies.  Does nothing by itself."""

    def before(self, step: Step, module: ir.Module) -> None:
        """`step` is about to run."""

    def after(self, step: Step, module: ir.Module, seconds: float) -> None:
        """`step` has run and the module verifies."""

    def reached(self, stage: str, module: ir.Module) -> None:
        """The module is at a stage of the road, all steps to which have run."""


@dataclass(frozen=True)
class Pipeline:
    """Steps run one after the other, the module verified after each."""

    steps: Sequence[Step]

    def run(self, module: ir.Module, observers: Iterable[Observer] = ()) -> None:
        """Raises `PassFailure` from our passes and `ir.MLIRError` from upstream's."""
        observers = tuple(observers)
        for step in self.steps:
            for observer in observers:
                observer.before(step, module)
            start = time.perf_counter()
            if isinstance(step, Upstream):
                step.manager(module.context).run(module.operation)
            elif isinstance(step, NamedPipeline):
                Pipeline(step.steps()).run(module, observers)
            else:
                with module.context, ir.Location.unknown():
                    step.run(module)
                module.operation.verify()
            seconds = time.perf_counter() - start
            for observer in observers:
                observer.after(step, module, seconds)

    def all_steps(self) -> Iterator[Step]:
        """The steps, and after each named pipeline the steps that it consists of."""
        for step in self.steps:
            yield step
            if isinstance(step, NamedPipeline):
                yield from Pipeline(step.steps()).all_steps()

    def check(self, context: ir.Context) -> None:
        """Raises `PipelineError` where MLIR does not take the name or options of a step."""
        for step in self.all_steps():
            if isinstance(step, Upstream):
                step.manager(context)

    @classmethod
    def parse(cls, text: str, find_pass: FindPass) -> Pipeline:
        """`a,b{key=value},func.func(c)`; what `find_pass` does not know is upstream's."""
        return cls(list(_parsed(text, (), find_pass)))


FindPass = Callable[[str], type[Pass] | None]


def _parsed(text: str, anchor: tuple[str, ...], find_pass: FindPass) -> Iterator[Step]:
    for element in split_top_level(text):
        name, options, inner = _element(element)
        if inner is not None:
            nested = anchor if (name, anchor) == ("builtin.module", ()) else (*anchor, name)
            yield from _parsed(inner, nested, find_pass)
            continue
        found = find_pass(name)
        if found is None:
            yield Upstream(name, options, anchor)
        elif anchor:
            raise PipelineError(f"pass {name!r} runs on modules: write it outside of {anchor[-1]}")
        else:
            yield found.parse(options)


def _element(text: str) -> tuple[str, str, str | None]:
    """Name and options of `name{options}`, or name and what is inside of `name(inner)`."""
    name = text[: min((at for at in map(text.find, "({") if at >= 0), default=len(text))]
    rest = text.removeprefix(name)
    if rest and not rest.endswith(")" if rest[0] == "(" else "}"):
        closing = ")" if rest[0] == "(" else "}"
        raise PipelineError(f"missing '{closing}' at the end of pipeline element {text!r}")
    nested = rest.startswith("(")
    return name.strip(), "" if nested else rest[1:-1], rest[1:-1] if nested else None


def upstream(*elements: str, anchor: tuple[str, ...] = ()) -> list[Upstream]:
    """MLIR's passes of these names (`canonicalize`, `convert-arith-to-llvm{index-bitwidth=32}`)."""
    return [Upstream(*_element(element)[:2], anchor) for element in elements]


def split_top_level(text: str) -> list[str]:
    """The parts of `text` between commas that are in no bracket."""
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char in "({[<") - (char in ")}]>")
        if char == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [p.strip() for p in [*parts, text[start:]] if p.strip()]
