"""A compilation: one source on the road to the stages and images of chips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mlir import ir

from clawc.chips.chip import Chip
from clawc.compiler.context import compile_errors, make_context
from clawc.compiler.debug_info import name_source
from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.estimates import known_grids
from clawc.compiler.observers import Timing
from clawc.compiler.options import Options
from clawc.compiler.parsing import parse_source
from clawc.compiler.remarks import FACT, Missed, Watch, missed
from clawc.compiler.road import Leg, chip_legs, lowering_leg, shared_legs, target_of
from clawc.compiler.source import Source
from clawc.passes.framework.pipeline import Observer, Pipeline
from clawc.passes.levels.verify import VerifyLevels
from clawc.runtime.artifact import Image
from clawc.runtime.plan import Plan
from clawc.targets.emission import EmissionError, Emitted
from clawc.targets.estimates.kernel_estimates import kernel_estimates
from clawc.targets.plan.launch_plan import build_plan

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass
class Compilation:
    """One source on the road: parse it once, then take it to any stage for any chip."""

    source: Source
    options: Options = field(default_factory=Options)
    observers: Sequence[Observer] = ()
    warnings: list[Diagnostic] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)  # where facts are asked for
    # Of the module that was parsed last: the bytes of its resources, by name.
    _resources: Mapping[str, memoryview] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if self.options.verify_levels:
            self.observers = [*self.observers, VerifyLevels()]

    def shared(self, stage: str = "kernels") -> ir.Module:
        """The module at a stage that all targets share.  Raises CompileError."""
        context = make_context()
        context.enable_multithreading(False)  # threads cost more than these small modules give
        with self._errors(context):
            with self._timed("parse"):
                module, self._resources = parse_source(self.source, context)
                if self.options.debug:
                    name_source(module, self.source)
            self._run(module, shared_legs(self.options.unchecked_indices), stage)
        return module

    def for_chip(self, module: ir.Module, chip: Chip, stage: str = "simt") -> ir.Module:
        """Take a module at stage "kernels" further, in place.  Raises CompileError."""
        with self._errors(module.context):
            self._run(module, chip_legs(chip, self.options.schedules), stage)
        return module

    def lower(self, module: ir.Module, chip: Chip) -> ir.Module:
        """Take a module at stage "simt" to the target's own dialect, in place."""
        with self._errors(module.context):
            if not kernels_in(module):
                raise EmissionError("the program has no kernels, only steps of the host: no code")
            leg = lowering_leg(chip, self.options.debug)
            self._run(module, [leg], leg.stage)
        return module

    def emit(self, module: ir.Module, chip: Chip, stage: str) -> Emitted:
        """Code of a lowered module.  Raises CompileError."""
        with self._errors(module.context), self._timed(f"emit {stage}"):
            effort = self.options.opt_level
            return target_of(chip).emit(module, chip, stage=stage, opt_level=effort)

    def images_of(self, module: ir.Module, chip: Chip) -> list[Image]:
        """What the runtime loads on `chip`, from a module at stage "kernels"; the last one is what
        it tries first."""
        watch = Watch(chip)
        with self._errors(module.context):
            legs = chip_legs(chip, self.options.schedules)
            self._run(module, legs, legs[-1].stage, [*self.observers, watch])
        with self._errors(module.context), self._timed("launch plan"):
            plan = build_plan(module, self._resources)
        with self._errors(module.context), self._timed("estimates"):
            plan = with_facts(plan, kernel_estimates(module, chip.lanes))
        if not plan.kernels:
            return [Image(chip.target, chip.name, "none", b"", plan)]
        self.lower(module, chip)
        emitted = self.emit(module, chip, "image")
        plan = with_facts(plan, emitted.facts)
        if self.options.explain:
            plan = self._with_binary_facts(plan, module, chip)
            plan = self._with_missed(plan, watch)
        images = [Image(chip.target, chip.name, emitted.kind, emitted.data, plan)]
        if self.options.cubin:
            binary = self.emit(module, chip, "bin")
            if binary.kind != emitted.kind:
                plan = with_facts(plan, binary.facts)
                images.append(Image(chip.target, chip.name, binary.kind, binary.data, plan))
        return images

    def _with_binary_facts(self, plan: Plan, module: ir.Module, chip: Chip) -> Plan:
        """What only the vendor's assembler tells (PTX has no register counts)."""
        try:
            return with_facts(plan, self.emit(module, chip, "bin").facts)
        except CompileError as missing:
            self.warnings += missing.diagnostics
            return plan

    def _with_missed(self, plan: Plan, watch: Watch) -> Plan:
        """What kernels miss of the chip, as facts, and for who asks for remarks."""
        found = missed(watch, plan.kernels, known_grids(plan))
        self.missed += found
        facts: dict[str, dict[str, Any]] = {}
        for each in found:
            facts.setdefault(each.kernel, {}).setdefault(FACT, []).append([each.by, each.message])
        return with_facts(plan, facts)

    def images(self, chips: Iterable[Chip]) -> list[Image]:
        """The images for each chip."""
        chips = list(chips)
        module = self.shared()
        copies = [module, *(_copy(module) for _ in chips[1:])]
        pairs = zip(copies, chips, strict=True)
        return [image for copy, chip in pairs for image in self.images_of(copy, chip)]

    def _run(
        self,
        module: ir.Module,
        legs: list[Leg],
        stage: str,
        observers: Sequence[Observer] | None = None,
    ) -> None:
        observers = self.observers if observers is None else observers
        for leg in legs:
            Pipeline(leg.steps).run(module, observers)
            for observer in observers:
                observer.reached(leg.stage, module)
            if leg.stage == stage:
                return

    @contextmanager
    def _errors(self, context: ir.Context) -> Iterator[None]:
        said = compile_errors(context, self.source, self.warnings, self.options.schedule_file)
        with said, context, ir.Location.unknown():
            try:
                yield
            except EmissionError as error:
                diagnostic = Diagnostic(str(error), self.source.file)
                raise CompileError([diagnostic], self.source.written) from None

    def _timed(self, name: str):
        timing = next((o for o in self.observers if isinstance(o, Timing)), None)
        return timing.stage(name) if timing else nullcontext()


def _copy(module: ir.Module) -> ir.Module:
    """Another module of the same operations, whose constants are the same memory."""
    with module.operation.location:
        copy = ir.Module.create()
    for op in module.body.operations:
        copy.body.append(op.operation.clone())
    for i in range(len(module.operation.attributes)):
        named = module.operation.attributes[i]
        copy.operation.attributes[named.name] = named.attr
    return copy


def kernels_in(module: ir.Module) -> bool:
    """Whether there is a module of kernels: whether code is emitted of `module`."""
    return any(op.operation.name == "gpu.module" for op in module.body.operations)


def with_facts(plan: Plan, more: Mapping[str, Mapping[str, Any]]) -> Plan:
    """`plan` with what is known later about its kernels: estimates, registers, spills, memory."""
    kernels = {name: {**facts, **more.get(name, {})} for name, facts in plan.kernels.items()}
    return replace(plan, kernels=kernels)
