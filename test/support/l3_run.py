"""Lowers a tensor program to L3, checks that every level parses back, and interprets it."""

from __future__ import annotations

from l3_interpreter import Interpreter
from mlir import ir

from clawc.chips.known import find
from clawc.passes.framework.pipeline import Pipeline
from clawc.passes.framework.registry import find_pass

CHIPS = ["nvptx:sm_80", "amdgpu:gfx942", "spirv:vulkan", "spirv:opencl-cpu", "host"]


def lower(source: str, chip: str, *, kernels: bool = False, schedule: str = "") -> ir.Module:
    """L3 of a module at L0, or at L1 if it holds `kernels`.  Needs a context."""
    module = ir.Module.parse(source)
    steps = [] if kernels else [find_pass("normalize-linalg")(), find_pass("form-kernels")()]
    steps += [find_pass("tile")(chip=find(chip), schedule_file=schedule), find_pass("vectorize")()]
    for step in steps:
        Pipeline([step]).run(module)
        module = ir.Module.parse(str(module))
    return module


def run(source: str, chip: str, *arguments, lane: str = "vector", **options):
    """The result of @main, and the kernels' lane is checked."""
    with ir.Context(), ir.Location.unknown():
        module = lower(source, chip, **options)
        lanes = {
            str(op.operation.attributes["claw.lane"]).strip('"')
            for op in module.body.operations
            if "claw.kernel" in op.operation.attributes
        }
        assert lanes == {lane}, module
        return Interpreter(module).call("main", *arguments)


def shaped(sizes, element: str) -> str:
    """`tensor<?x4xf32>`; None is dynamic."""
    return "tensor<" + "".join(f"{'?' if n is None else n}x" for n in sizes) + element + ">"


def generic(name, ins, init, maps, kinds, body) -> str:
    """A linalg.generic: `ins` and `init` are (value, type), `body` the ops over %a0, %a1, ..., %o
    that define %y."""
    elements = [t.split("x")[-1].strip("<>").removeprefix("tensor<") for _, t in [*ins, init]]
    names = [f"%a{i}" for i in range(len(ins))] + ["%o"]
    block = ", ".join(f"{n}: {e}" for n, e in zip(names, elements, strict=True))
    values, types = ", ".join(v for v, _ in ins), ", ".join(t for _, t in ins)
    inputs = f"ins({values} : {types}) " if ins else ""
    quoted = ", ".join(f'"{k}"' for k in kinds)
    return f"""
  {name} = linalg.generic {{indexing_maps = [{", ".join(f"affine_map<{m}>" for m in maps)}],
      iterator_types = [{quoted}]}} {inputs}outs({init[0]} : {init[1]}) {{
  ^bb0({block}):
{body}
    linalg.yield %y : {elements[-1]}
  }} -> {init[1]}"""
