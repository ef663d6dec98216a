"""Slices, flips, diagonals, insertions and concatenations: numbers on every device, in the vector
lane.

Covers: passes/ir/linear.py, passes/ir/reading.py, passes/form_kernels/elements.py, cut.py,
passes/tile/seen.py.
"""

from __future__ import annotations

import numpy as np
import pytest
import run_record
from harness import chip, levels_too, tensor, values

import clawc

PLACES = ("host", "opencl", "vulkan", "emulator:sm_80", "emulator:gfx942")
TYPE = "f32"


Call = tuple[list, np.ndarray]  # arguments, and what comes of them


def compare(text: str, device: str, *calls: Call) -> None:
    """Compile once, and call."""
    if device not in ("host", "opencl", "vulkan"):
        calls = calls[:1]
    artifact = clawc.compile(text, chip(device).spec, verify_levels=levels_too(text))
    loaded = clawc.load(artifact, device)
    for inputs, expected in calls:
        np.testing.assert_array_equal(loaded(*inputs), expected)
    run_record.note(text, device)
    assert {facts["lane"] for facts in artifact.kernels.values()} == {"vector"}


def slices(shape: list[int], dynamic: bool) -> str:
    """Of a matrix: from two indices on, so many rows, and as many columns and two more."""
    x, r = tensor(TYPE, shape, dynamic), "tensor<?x?xf32>"
    return f"""func.func @main(%x: {x}, %at: index, %n: index) -> {r} {{
  %c2 = arith.constant 2 : index
  %m = arith.addi %n, %c2 : index
  %s = tensor.extract_slice %x[%at, 1] [%n, %m] [1, 2] : {x} to {r}
  return %s : {r}
}}"""


@pytest.mark.parametrize("device", PLACES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
def test_slices(device: str, dynamic: bool) -> None:
    x = values(TYPE, [37, 75])
    calls = [
        ([x, at, n], x[at : at + n, 1 : 1 + 2 * (n + 2) : 2])
        for at, n in ((3, 30), (0, 1), (36, 0))
    ]
    compare(slices([37, 75], dynamic), device, *calls)


SUMS = np.add.outer(np.arange(9), np.arange(14))
# What an element (i, j) of 9 x 14 reads of %x: 37 x 65.
INDICES = {
    "flip": ("%35 - %i", "%64 - %j", lambda x: x[35:26:-1, 64:50:-1]),
    "steps": ("%2 + %i * %3", "%j * %3", lambda x: x[2:29:3, :42:3]),
    "diagonal": ("%i", "%i", lambda x: np.repeat(np.diagonal(x)[:9, None], 14, 1)),
    "both": ("%i + %j", "%64 - %i - %j", lambda x: x[SUMS, 64 - SUMS]),
    "one": ("%2", "%j", lambda x: np.repeat(x[2:3, :14], 9, 0)),
}


def written(sums: str, name: str) -> str:
    """The operations of a sum of products, the last one with a name."""
    lines, left = [], ""
    for number, part in enumerate(sums.replace(" - ", " + -").split(" + ")):
        value = part.lstrip("-")
        if " * " in value:
            lines.append(f"%{name}p{number} = arith.muli {value.replace(' * ', ', ')} : index")
            value = f"%{name}p{number}"
        if left:
            how = "subi" if part[0] == "-" else "addi"
            lines.append(f"%{name}s{number} = arith.{how} {left}, {value} : index")
            value = f"%{name}s{number}"
        left = value
    return "\n    ".join([*lines, f"%{name} = arith.addi {left}, %0 : index"])


@pytest.mark.parametrize("device", PLACES)
@pytest.mark.parametrize("case", INDICES)
def test_elements(device: str, case: str) -> None:
    row, column, expected = INDICES[case]
    constants = "\n  ".join(f"%{n} = arith.constant {n} : index" for n in (0, 2, 3, 35, 64))
    text = f"""func.func @main(%x: tensor<37x65xf32>) -> tensor<9x14xf32> {{
  {constants}
  %e = tensor.empty() : tensor<9x14xf32>
  %r = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}} outs(%e : tensor<9x14xf32>) {{
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    {written(row, "a")}
    {written(column, "b")}
    %v = tensor.extract %x[%a, %b] : tensor<37x65xf32>
    linalg.yield %v : f32
  }} -> tensor<9x14xf32>
  return %r : tensor<9x14xf32>
}}"""
    x = values(TYPE, [37, 65])
    compare(text, device, ([x], expected(x)))


def joined(dtype: str, widths: list[int], dynamic: bool) -> str:
    """The first tensor twice, and the second one between."""
    x, y = (tensor(dtype, [5, n], dynamic) for n in widths)
    r = tensor(dtype, [5, 2 * widths[0] + widths[1]], dynamic)
    return f"""func.func @main(%x: {x}, %y: {y}) -> {r} {{
  %r = tensor.concat dim(1) %x, %y, %x : ({x}, {y}, {x}) -> {r}
  return %r : {r}
}}"""


@pytest.mark.parametrize("device", PLACES)
@pytest.mark.parametrize("dtype", ["f32", "i1"])
def test_concatenations(device: str, dtype: str) -> None:
    x, y = values(dtype, [5, 37]), values(dtype, [5, 5], 1)
    compare(joined(dtype, [37, 5], False), device, ([x, y], np.concatenate([x, y, x], 1)))


@pytest.mark.parametrize("device", PLACES)
def test_concatenations_of_any_size(device: str) -> None:
    calls = []
    for n, m in ((37, 5), (1, 1), (0, 3), (4, 0)):
        x, y = values(TYPE, [5, n]), values(TYPE, [5, m], 1)
        calls.append(([x, y], np.concatenate([x, y, x], 1)))
    compare(joined(TYPE, [37, 5], True), device, *calls)


@pytest.mark.parametrize("device", PLACES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
def test_insertions_and_pads(device: str, dynamic: bool) -> None:
    """A part of a tensor is another one, and what comes of it has so much around it."""
    x, y = tensor(TYPE, [9, 20], dynamic), tensor(TYPE, [9, 5], dynamic)
    r = "tensor<?x?xf32>"
    text = f"""func.func @main(%x: {x}, %y: {y}, %low: index, %high: index) -> {r} {{
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %two = arith.constant 2.5 : f32
  %n = tensor.dim %y, %c0 : {y}
  %m = tensor.dim %y, %c1 : {y}
  %i = tensor.insert_slice %y into %x[0, 7] [%n, %m] [1, 1] : {r} into {x}
  %p = tensor.pad %i low[%low, 1] high[%high, %low] {{
  ^bb0(%a: index, %b: index):
    tensor.yield %two : f32
  }} : {x} to {r}
  return %p : {r}
}}"""
    text = text if dynamic else text.replace("[%n, %m]", "[9, 5]").replace(f"{r} into", f"{y} into")
    a, b = values(TYPE, [9, 20]), values(TYPE, [9, 5], 1)
    inserted = np.concatenate([a[:, :7], b, a[:, 12:]], 1)
    calls = []
    for low, high in ((2, 3), (0, 0), (70, 1)):
        wanted = np.pad(inserted, ((low, high), (1, low)), constant_values=2.5)
        calls.append(([a, b, low, high], wanted))
    compare(text, device, *calls)


@pytest.mark.parametrize("device", ["host", "vulkan"])
def test_moves_of_moves_are_one(device: str) -> None:
    """A roll is the concatenation of two slices, here of slices; nothing is stored between."""
    text = """func.func @main(%x: tensor<6x40xf32>) -> tensor<6x30xf32> {
  %a = tensor.extract_slice %x[0, 2] [6, 32] [1, 1] : tensor<6x40xf32> to tensor<6x32xf32>
  %b = tensor.extract_slice %a[0, 23] [6, 7] [1, 1] : tensor<6x32xf32> to tensor<6x7xf32>
  %c = tensor.extract_slice %a[0, 0] [6, 23] [1, 1] : tensor<6x32xf32> to tensor<6x23xf32>
  %d = tensor.cast %c : tensor<6x23xf32> to tensor<6x?xf32>
  %r = tensor.concat dim(1) %b, %d : (tensor<6x7xf32>, tensor<6x?xf32>) -> tensor<6x30xf32>
  return %r : tensor<6x30xf32>
}"""
    x = values(TYPE, [6, 40])
    compare(text, device, ([x], np.roll(x[:, 2:32], 7, 1)))
    assert len(clawc.compile(text, "host").kernels) == 1


@pytest.mark.parametrize("device", ["host", "vulkan", "emulator:sm_80"])
def test_what_is_padded_is_concatenated_at_places_that_sizes_say(device: str) -> None:
    """The padding moves with what it is around."""
    v = "tensor<?x4xf32>"
    text = f"""func.func @main(%x: {v}, %y: tensor<?x2xf32>, %z: {v}) -> {v} {{
  %one = arith.constant -1.0 : f32
  %p = tensor.pad %y low[2, 1] high[3, 1] {{
  ^bb0(%i: index, %j: index):
    tensor.yield %one : f32
  }} : tensor<?x2xf32> to {v}
  %c = tensor.concat dim(0) %x, %p, %z : ({v}, {v}, {v}) -> {v}
  return %c : {v}
}}"""
    calls = []
    for sizes in ((2, 3, 1), (1, 1, 0), (0, 2, 5), (3, 0, 2)):
        x, y, z = (values(TYPE, [n, k]) for n, k in zip(sizes, (4, 2, 4), strict=True))
        padded = np.pad(y, ((2, 3), (1, 1)), constant_values=-1)
        calls.append(([x, y, z], np.concatenate([x, padded, z])))
    compare(text, device, *calls)


@pytest.mark.parametrize("device", ["host", "vulkan", "emulator:sm_80"])
def test_what_is_padded_is_a_slice(device: str) -> None:
    """Its elements are read from the tensor that it is a slice of, around which nothing is."""
    x, s, p = (tensor(TYPE, shape) for shape in ([4, 5], [2, 2], [5, 6]))
    text = f"""func.func @main(%x: {x}) -> ({p}, {s}) {{
  %one = arith.constant -1.0 : f32
  %s = tensor.extract_slice %x[1, 2] [2, 2] [1, 1] : {x} to {s}
  %p = tensor.pad %s low[2, 1] high[1, 3] {{
  ^bb0(%i: index, %j: index):
    tensor.yield %one : f32
  }} : {s} to {p}
  %e = tensor.empty() : {p}
  %d = linalg.add ins(%p, %p : {p}, {p}) outs(%e : {p}) -> {p}
  return %d, %s : {p}, {s}
}}"""
    given = values(TYPE, [4, 5])
    run = clawc.load(clawc.compile(text, chip(device).spec), device)
    padded, slice_ = run(given)
    cut = given[1:3, 2:4]
    np.testing.assert_array_equal(slice_, cut)
    np.testing.assert_array_equal(padded, 2 * np.pad(cut, ((2, 1), (1, 3)), constant_values=-1))
