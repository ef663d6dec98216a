"""check-level: hold a module against the specification of a level of the road.

Nothing is changed.  For IR that was written or edited by hand, and for the pipeline itself
(`--verify-levels`):

    claw-opt kernel.mlir -check-level=level=kernels

    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32>
    error: 'func.func' op has a value of type tensor<4xf32> (tensor), which may not stand in a
           function that callers see, at level 'kernels' (specified in docs/road.md)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlir import ir

from clawc.passes.framework.base import Pass, PassFailure, PipelineError
from clawc.passes.kernel.kernel import Kernel, kernels_of
from clawc.passes.layout.agreement import check_layouts
from clawc.passes.layout.encoding import Layouts
from clawc.passes.levels.kinds import kind_of
from clawc.passes.levels.specification import PARTS, Level
from clawc.passes.levels.table import LEVELS

_BODIES = ("linalg", "tensor")
_CODE = ("llvm.func", "spirv.module")


@dataclass(frozen=True)
class CheckLevel(Pass):
    """Refuse a module that is not at `level`."""

    name = "check-level"
    level: str = "claw"

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            known = ", ".join(LEVELS)
            raise PipelineError(f"no level is called {self.level!r}; known: {known}")

    def run(self, module: ir.Module) -> None:
        check_level(module, LEVELS[self.level])


@dataclass(frozen=True)
class Violation:
    """What may not stand where it stands."""

    op: ir.Operation
    message: str


def check_level(module: ir.Module, level: Level, after: str = "") -> None:
    """Raises PassFailure at the first thing in `module` that `level` does not allow.

    `after` names the pass that has just run.
    """
    for violation in violations(module, level):
        where = f"at level {level.stage!r} (specified in docs/road.md)"
        if after:
            where = f"after {after}, on the way to level {level.stage!r}: a mistake of the compiler"
        raise PassFailure(violation.op, f"{violation.message}, {where}")


def violations(module: ir.Module, level: Level) -> Iterator[Violation]:
    """Everything in `module` that `level` does not allow, outer operations first."""
    yield from _within(module.operation, "module", level)
    for kernel in kernels_of(module, "vector") if level.laid_out else ():
        try:
            check_layouts(kernel.op, Layouts())
        except PassFailure as failure:
            yield Violation(failure.op, str(failure))


def _within(root: ir.Operation, part: str, level: Level) -> Iterator[Violation]:
    """What is wrong with the operations in the regions of `root`, which are in `part`."""
    rule = level.parts.get(part)
    for region in root.regions:
        for block in region.blocks:
            for argument in block.arguments:
                if rule is not None and kind_of(argument.type) not in rule.types:
                    yield Violation(root, _wrong_type(argument.type, part))
            for view in block.operations:
                op = view.operation
                if rule is None or not rule.takes_operation(op.name):
                    yield Violation(op, f"may not stand {PARTS[part]}")
                else:
                    for result in op.results:
                        if kind_of(result.type) not in rule.types:
                            yield Violation(op, _wrong_type(result.type, part))
                yield from _attributes(op, level)
                if len(op.regions):
                    yield from _within(op, part_in(op, part), level)


def _wrong_type(type_: ir.Type, part: str) -> str:
    return f"has a value of type {type_} ({kind_of(type_)}), which may not stand {PARTS[part]}"


def _attributes(op: ir.Operation, level: Level) -> Iterator[Violation]:
    for name in op.attributes:
        if name.startswith("claw.") and name not in level.attributes:
            yield Violation(op, f"may not have the attribute {name}")


def part_in(op: ir.Operation, part: str) -> str:
    """The part of a module that the regions of `op` are, `op` itself being in `part`."""
    if op.name == "func.func":
        if Kernel(op).entry is not None:  # a gpu.func on its way to the host's code
            return "thread"
        kernel = Kernel.of(op)
        return "host" if kernel is None else f"{kernel.lane} kernel"
    if op.name == "gpu.func":
        return "thread"
    if op.name in _CODE:
        return "code"
    return "body" if op.name.partition(".")[0] in _BODIES else part
