"""Pieces of programs whose host computes or decides something, and running them on a device."""

from __future__ import annotations

from harness import chip, device

import clawc
from clawc.runtime.executable import Executable

DEVICES = ("host", "opencl", "vulkan", "emulator:sm_80", "emulator:gfx942")
MAPS = "#id = affine_map<(i) -> (i)>\n#none = affine_map<(i) -> ()>\n"


def loaded(text: str, name: str = "host", entry: str = "main") -> Executable:
    """The program on a device; on the host each step is held against its level."""
    device(name)
    artifact = clawc.compile(MAPS + text, target=chip(name).spec, verify_levels=name == "host")
    return clawc.load(artifact, name, entry)


def mapped(result: str, operand: str, size: str, body: str, type_: str = "f32") -> str:
    """A computation on each element %a of a vector with `size` elements; the body makes %t."""
    return f"""
  %{result}_e = tensor.empty({size}) : tensor<?x{type_}>
  %{result} = linalg.generic {{indexing_maps = [#id, #id], iterator_types = ["parallel"]}}
      ins(%{operand} : tensor<?x{type_}>) outs(%{result}_e : tensor<?x{type_}>) {{
  ^bb0(%a: {type_}, %o: {type_}):
    {body}
    linalg.yield %t : {type_}
  }} -> tensor<?x{type_}>"""


def summed(result: str, operand: str) -> str:
    """The sum of a vector of i64, of rank 0."""
    return f"""
  %{result}_z = arith.constant dense<0> : tensor<i64>
  %{result} = linalg.generic {{indexing_maps = [#id, #none], iterator_types = ["reduction"]}}
      ins(%{operand} : tensor<?xi64>) outs(%{result}_z : tensor<i64>) {{
  ^bb0(%a: i64, %o: i64):
    %t = arith.addi %a, %o : i64
    linalg.yield %t : i64
  }} -> tensor<i64>"""
