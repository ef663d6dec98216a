"""A graph of ATen operations as a program, and where each of its outputs comes from.

A graph that AOTAutograd makes returns more than tensors that have to be computed: arguments that
the backward graph will want, sizes, and None for what needs no gradient.  The program computes the
tensors alone:

    return (mul, primals_1, sym_size, None)   ->   main(primals_1, ...) -> mul
                                                   outputs: Result 0, Argument 0, Size 0, Nothing
"""

# pyright: reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx


class Unsupported(Exception):
    """A graph that torch-mlir cannot import; the text says why."""


@dataclass(frozen=True)
class Result:
    """A tensor that the program returns: its number there, and its type in PyTorch."""

    number: int
    dtype: torch.dtype


@dataclass(frozen=True)
class Argument:
    """An argument of the graph, as it was given."""

    number: int


@dataclass(frozen=True)
class Size:
    """A number that follows from the arguments' sizes."""

    number: int


@dataclass(frozen=True)
class Constant:
    """What is known now: None, or a number."""

    value: Any


Output = Result | Argument | Size | Constant


@dataclass(frozen=True)
class Program:
    """What a graph computes: `text` in the torch dialect; empty where it computes no tensor."""

    text: str
    outputs: Sequence[Output]
    sizes: Callable[..., Sequence[int]]  # of the graph's arguments


def program_of(module: fx.GraphModule) -> Program:
    """The program that a graph is.  Raises Unsupported."""
    arguments = [node for node in module.graph.nodes if node.op == "placeholder"]
    returned = next(node for node in module.graph.nodes if node.op == "output").args[0]
    outputs = returned if isinstance(returned, (tuple, list)) else (returned,)
    computed = dict.fromkeys(n for n in outputs if isinstance(n, fx.Node) and n not in arguments)
    tensors = [node for node in computed if isinstance(_value(node), torch.Tensor)]
    sizes = [node for node in computed if node not in tensors]
    text = _imported(_returning(module, tensors)) if tensors else ""

    def output(value: Any) -> Output:
        if not isinstance(value, fx.Node):
            return Constant(value)
        if value in arguments:
            return Argument(arguments.index(value))
        if value in sizes:
            return Size(sizes.index(value))
        return Result(tensors.index(value), _value(value).dtype)

    return Program(text, [output(value) for value in outputs], _returning(module, sizes))


def _value(node: fx.Node) -> Any:
    """What tracing saw there: a tensor without data, or a number."""
    return node.meta.get("val")


def _returning(module: fx.GraphModule, nodes: Sequence[fx.Node]) -> fx.GraphModule:
    """The module with these outputs, and without what only others needed."""
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    graph.graph_copy(module.graph, copies)
    graph.output(tuple(copies[node] for node in nodes))
    graph.eliminate_dead_code()
    return fx.GraphModule(module, graph)


def _imported(module: fx.GraphModule) -> str:
    from torch_mlir.fx import stateless_fx_import

    try:
        imported = stateless_fx_import(module, output_type="raw")
    except Exception as error:  # the importer raises whatever it stumbles over
        reason = " ".join(str(error).split()) or type(error).__name__
        raise Unsupported(f"torch-mlir cannot import it: {reason}") from error
    return str(imported)
