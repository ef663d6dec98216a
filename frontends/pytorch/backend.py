"""`torch.compile(model, backend="clawc")`: graphs of PyTorch as kernels, forward and backward.

TorchDynamo finds the graphs, AOTAutograd makes of each a forward and a backward graph of ATen
operations, and each of these becomes a program that is compiled and called here.  A graph that
cannot be compiled runs in PyTorch, with one warning that says why.
"""

# pyright: reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import fx
from torch._dynamo.backends.common import aot_autograd
from torch._functorch._aot_autograd.utils import make_boxed_func
from torch.nn.attention import SDPBackend, sdpa_kernel

from clawc.chips.of_device import target_of_device
from clawc.compiler.compile import compile
from clawc.compiler.diagnostics import CompileError
from clawc.frontends.pytorch.graph import Argument, Program, Result, Size, Unsupported, program_of
from clawc.frontends.pytorch.tensors import array_of, tensor_of
from clawc.runtime.device import shared_device
from clawc.runtime.executable import Executable, load

OPTIONS = ("device",)


def backend(
    module: fx.GraphModule,
    inputs: Sequence[Any],
    *,
    options: dict[str, Any] | None = None,
    mode: str | None = None,
) -> Callable[..., Any]:
    """What TorchDynamo calls with each graph that it finds; the callable that does the same.

    `options["device"]` names the device to run on (`vulkan`, `opencl:1`, ...); without it a graph
    runs where its tensors are.  Raises ValueError for an option that there is not.
    """
    unknown = [name for name in options or {} if name not in OPTIONS]
    if unknown or mode not in (None, "default"):
        what = f"option {unknown[0]!r}" if unknown else f"mode {mode!r}"
        raise ValueError(f"clawc has no {what}; known: option 'device'")
    device = (options or {}).get("device")

    def compiled(graph: fx.GraphModule, examples: Sequence[Any]) -> Callable[..., Any]:
        return make_boxed_func(call_of(graph, examples, device))

    # Fused attention keeps for its backward what torch-mlir does not compute: it is taken apart.
    with sdpa_kernel(SDPBackend.MATH):
        return aot_autograd(fw_compiler=compiled, decompositions=decompositions())(module, inputs)


@cache
def decompositions() -> dict[Any, Any]:
    """Operations that are taken apart in PyTorch, so that fewer kinds are left: those of its core
    set, above all of backward graphs, and what torch-mlir's own exporter takes apart."""
    from torch._decomp import core_aten_decompositions
    from torch_mlir.extras.fx_decomp_util import get_decomposition_table

    return {**core_aten_decompositions(), **get_decomposition_table()}


def call_of(
    graph: fx.GraphModule, examples: Sequence[Any], device: str | None
) -> Callable[..., Any]:
    """What runs `graph`: kernels on `device`, or PyTorch where that cannot be."""
    places = {each.device for each in examples if isinstance(each, torch.Tensor)}
    try:
        program = program_of(graph)
        if not program.text:
            return graph.forward
        if len(places) > 1:
            raise Unsupported(f"its tensors are on {len(places)} devices")
        place = places.pop() if places else torch.device("cpu")
        return Call(program, compiled_for(program.text, device or device_of(place)), place)
    except Unsupported as reason:
        warn(str(reason))
    except CompileError as error:
        warn(error.diagnostics[0].message)
    return graph.forward


def compiled_for(text: str, device: str) -> Executable:
    """The program on a device.  Raises CompileError."""
    opened = shared_device(device)
    target = target_of_device(opened.target, opened.chip)
    return load(compile(text, target, isolate=True), opened)


def device_of(place: torch.device) -> str:
    """Our name of a device of PyTorch's.  Raises Unsupported."""
    if place.type == "cpu":
        return "host"
    if place.type == "cuda":
        return f"{'hip' if torch.version.hip else 'cuda'}:{place.index or 0}"
    raise Unsupported(f"its tensors are on a device of type {place.type!r}, which clawc lacks")


@cache
def warn(reason: str) -> None:
    """Say once why a graph runs in PyTorch."""
    warnings.warn(f"clawc leaves a graph to PyTorch: {reason}", stacklevel=2)


@dataclass(frozen=True)
class Call:
    """A graph's program on a device: called with the graph's arguments, returns its outputs."""

    program: Program
    run: Executable
    place: torch.device  # where PyTorch wants the results

    def __call__(self, *arguments: Any) -> tuple[Any, ...]:
        found = self.run(*map(array_of, arguments))
        results = found if isinstance(found, tuple) else (found,)
        sizes = self.program.sizes(*arguments)

        def value(output: Any) -> Any:
            match output:
                case Result(number, dtype):
                    return tensor_of(results[number], dtype, self.place)
                case Argument(number):
                    return arguments[number]
                case Size(number):
                    return sizes[number]
            return output.value

        return tuple(value(output) for output in self.program.outputs)
