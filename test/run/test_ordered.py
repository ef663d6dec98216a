"""Scans, sorts, scatters: kinds, axes, duplicates, NaN, what is outside, sizes of 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from harness import Shape, check, program, shape_id, single, supports, tensor, values

from clawc.dialects.order_ops import SCAN
from clawc.dialects.reduction_ops import reduce_elements
from clawc.dialects.scatter_op import SCATTER, scatter_elements


def case_id(value: object) -> str:
    """A shape's sizes, an attribute's words, whether sizes are unknown."""
    if isinstance(value, bool):
        return "dynamic" if value else "static"
    return value.replace(", ", "_") if isinstance(value, str) else shape_id(value)


PLACED = ("host", "opencl", "emulator:sm_80")
TYPED = ("host", "vulkan", "emulator:gfx1100")
PLACES = [  # of the input, of the updates, dims, whether the sizes are unknown
    ((9, 4), (5, 4), [0], False),
    ((9, 4), (5, 4), [0], True),
    ((300,), (70,), [0], False),
    ((6, 5), (8,), [0, 1], True),
    ((6, 5), (3, 2), [0, 1], False),
    ((5, 6, 3), (4, 2, 3), [1, 0], False),
    ((5, 6, 3), (4, 2, 3), [1, 0], True),
    ((9, 4), (0, 4), [0], False),
    ((0, 4), (3, 4), [0], True),
    ((1, 1), (1, 1, 1), [0], True),
]
MANY = ((2100, 2), (1100, 2), [0])  # of a known number, and yet sorted
TO_FEW = ((300,), (20_000,), [0])  # places, which look at all of them


def check_scatter(
    device: str,
    dtype: str,
    kind: str,
    shape: Shape,
    updates: Shape,
    dims: Sequence[int],
    dynamic: bool,
) -> None:
    given = values(dtype, updates, seed=3)
    x = values(dtype, shape)
    if kind == "prod" and dtype[0] != "i":
        given = (1 + given / 64).astype(given.dtype)
    rows = (updates[0], len(dims))
    indices = np.random.default_rng(7).integers(-1, max(shape, default=1) + 1, rows)
    types = [tensor(dtype, shape, dynamic), tensor("i64", rows), tensor(dtype, updates, dynamic)]
    if dynamic:
        types[1] = f"tensor<?x{len(dims)}xi64>"
    listed = ", ".join(map(str, dims))
    text = single("scatter", types, types[0], f'{{kind = "{kind}", dims = array<i64: {listed}>}}')
    check(text, [x, indices, given], device, terms=updates[0] + 1, scales=[4.0])


@pytest.mark.parametrize("device", PLACED)
@pytest.mark.parametrize("shape, updates, dims, dynamic", PLACES, ids=case_id)
def test_scatter_places(device, shape, updates, dims, dynamic):
    for kind in ("assign", "sum"):
        check_scatter(device, "f32", kind, shape, updates, dims, dynamic)


@pytest.mark.parametrize("device", PLACED)
def test_scatter_of_many(device):
    for kind in ("assign", "sum"):
        check_scatter(device, "f32", kind, *MANY, dynamic=False)


@pytest.mark.parametrize("device", ("host", "vulkan"))
def test_scatter_to_few(device):
    for kind in ("assign", "sum"):
        check_scatter(device, "f32", kind, *TO_FEW, dynamic=False)


@pytest.mark.parametrize("device", TYPED)
@pytest.mark.parametrize("dtype", ("f32", "f16", "bf16", "f64", "i8", "i32", "i64", "i1"))
def test_scatter_kinds(device, dtype):
    if not supports(device, dtype):
        pytest.skip(f"{device} has no {dtype}")
    for kind in SCATTER:
        if dtype in scatter_elements(kind):
            check_scatter(device, dtype, kind, (7, 3), (9, 3), [0], dynamic=False)


SCANNED = [  # of the input, the axis, the attributes, whether the sizes are unknown
    ((3, 7), 1, "", False),
    ((70, 5), 0, "reverse", True),
    ((2, 300), 1, "exclusive, reverse", False),
    ((2, 300), 1, "exclusive, reverse", True),
    ((5000,), 0, "exclusive", True),
    ((320, 2), 0, "", False),
    ((1, 1), 0, "exclusive", True),
    ((0, 3), 0, "", False),
    ((3, 0), 0, "reverse", True),
]


def check_scan(
    device: str, dtype: str, kind: str, shape: Shape, axis: int, flags: str, dynamic: bool
) -> None:
    x = values(dtype, shape)
    if kind == "prod" and dtype[0] != "i":
        x = (1 + x / 64).astype(x.dtype)
    type_ = tensor(dtype, shape, dynamic)
    listed = ", ".join(filter(None, [f'kind = "{kind}", axis = {axis} : i64', flags]))
    text = single("scan", [type_], type_, f"{{{listed}}}")
    check(text, [x], device, terms=shape[axis] ** 0.5 + 8, scales=[4.0 + shape[axis] ** 0.5])


@pytest.mark.parametrize("device", PLACED)
@pytest.mark.parametrize("shape, axis, flags, dynamic", SCANNED, ids=case_id)
def test_scan_axes(device, shape, axis, flags, dynamic):
    check_scan(device, "f32", "sum", shape, axis, flags, dynamic)


@pytest.mark.parametrize("device", TYPED)
@pytest.mark.parametrize("dtype", ("f32", "f16", "bf16", "f64", "i8", "i32", "i64", "i1"))
def test_scan_kinds(device, dtype):
    if not supports(device, dtype):
        pytest.skip(f"{device} has no {dtype}")
    for kind in SCAN:
        if dtype in reduce_elements(kind):
            check_scan(device, dtype, kind, (4, 9), 1, "exclusive", dynamic=False)


SORTED = [  # of the input, the axis, whether the sizes are unknown
    ((3, 7), 1, False),
    ((9, 4), 0, True),
    ((300,), 0, False),
    ((1, 1), 0, True),
    ((0, 3), 0, False),
    ((3, 0), 1, True),
]


def keys(dtype: str, shape: Shape) -> np.ndarray:
    """Values with equal ones among them, of floats also NaN and both zeros."""
    x = values(dtype, shape)
    if dtype in ("f16", "f32", "f64", "bf16") and x.size > 4:
        x = np.round(x.astype(np.float64) * 2).astype(x.dtype)
        x.flat[:5] = [0.0, np.nan, -0.0, np.inf, np.nan]
    return x


def check_sort(device: str, dtype: str, shape: Shape, axis: int, flags: str, dynamic: bool) -> None:
    along = [-1 if a == axis else 1 for a in range(len(shape))]
    numbers = np.broadcast_to(np.arange(shape[axis], dtype=np.int32).reshape(along), shape).copy()
    types = [tensor(dtype, shape, dynamic), tensor("i32", shape, dynamic)]
    listed = ", ".join(filter(None, [f"axis = {axis} : i64", flags]))
    signature = ", ".join(types)
    body = f"  %r0, %r1 = claw.sort %0, %1 {{{listed}}} : ({signature}) -> ({signature})"
    check(program(types, body, types), [keys(dtype, shape), numbers], device)


def check_topk(
    device: str, dtype: str, shape: Shape, axis: int, k: int, flags: str, dynamic: bool
) -> None:
    kept = [k if a == axis else "?" if dynamic else n for a, n in enumerate(shape)]
    sizes = "".join(f"{n}x" for n in kept)
    given, results = (
        tensor(dtype, shape, dynamic),
        [f"tensor<{sizes}{dtype}>", f"tensor<{sizes}i64>"],
    )
    listed = ", ".join(filter(None, [f"k = {k} : i64, axis = {axis} : i64", flags]))
    body = f"  %r0, %r1 = claw.topk %0 {{{listed}}} : ({given}) -> ({', '.join(results)})"
    check(program([given], body, results), [keys(dtype, shape)], device)


@pytest.mark.parametrize("device", PLACED)
@pytest.mark.parametrize("shape, axis, dynamic", SORTED, ids=case_id)
def test_sort_axes(device, shape, axis, dynamic):
    flags = "" if dynamic else "descending"
    check_sort(device, "f32", shape, axis, flags, dynamic)
    if shape[axis] > 2:
        check_topk(device, "f32", shape, axis, 3, "" if dynamic else "smallest", dynamic)


@pytest.mark.parametrize("device", PLACED)
def test_a_sort_between_others(device):
    """What is made before the loop of a sort of unknown length is read behind it."""
    type_ = tensor("f32", (9,), dynamic=True)
    body = f"""  %1 = claw.unary %0 {{kind = "exp"}} : ({type_}) -> {type_}
  %2 = claw.sort %1 : ({type_}) -> {type_}
  %r0 = claw.binary %1, %2 {{kind = "sub"}} : ({type_}, {type_}) -> {type_}"""
    check(program([type_], body, [type_]), [values("f32", (9,))], device, terms=4, scales=[20.0])


@pytest.mark.parametrize("device", TYPED)
@pytest.mark.parametrize("dtype", ("f16", "bf16", "f64", "i8", "i32", "i64", "i1"))
def test_sort_types(device, dtype):
    if not supports(device, dtype):
        pytest.skip(f"{device} has no {dtype}")
    check_sort(device, dtype, (4, 9), 1, "", dynamic=False)
    check_topk(device, dtype, (4, 9), 1, 2, "", dynamic=False)


LONG = [  # of the input, the axis, k, the attributes, whether the sizes are unknown
    ((1000,), 0, 3, "", False),
    ((2, 700), 1, 7, "smallest", False),
    ((270, 2), 0, 20, "", False),
    ((300,), 0, 40, "smallest", False),  # too many to be picked from blocks
    ((500,), 0, 5, "smallest", True),
    ((6,), 0, 5, "", True),
]


@pytest.mark.parametrize("device", ("host", "vulkan", "emulator:sm_80"))
@pytest.mark.parametrize("shape, axis, k, flags, dynamic", LONG)
def test_topk_of_long_axes(device, shape, axis, k, flags, dynamic):
    check_topk(device, "f32", shape, axis, k, flags, dynamic)


@pytest.mark.parametrize("dtype", ("f16", "bf16", "f64", "i8", "i32", "i1"))
@pytest.mark.parametrize("flags", ("", "smallest"))
def test_topk_of_long_axes_by_type(dtype, flags):
    """What fills up the last block is never among them: here all elements are as far behind."""
    check_topk("host", dtype, (2, 270), 1, 3, flags, dynamic=False)
    last = np.full((270,), last_of(dtype, flags == ""), values(dtype, (1,)).dtype)
    listed = f"{{k = 3 : i64{', ' + flags if flags else ''}}}"
    types = [tensor(dtype, (3,)), tensor("i64", (3,))]
    body = f"  %r0, %r1 = claw.topk %0 {listed} : ({tensor(dtype, (270,))}) -> ({', '.join(types)})"
    check(program([tensor(dtype, (270,))], body, types), [last], "host")


def last_of(dtype: str, descending: bool) -> float | int | bool:
    if dtype == "i1":
        return not descending
    if dtype[0] == "i":
        limits = np.iinfo(f"int{dtype[1:]}")
        return limits.min if descending else limits.max
    return -np.inf if descending else np.nan


@pytest.mark.parametrize("length", (0, 1, 300))
def test_no_rows_of_unknown_length(length):
    """What is empty for sure is cut into blocks all the same."""
    type_ = "tensor<0x?xi32>"
    signature = f"({type_}) -> {type_}"
    body = f"""  %r0 = claw.scan %0 {{kind = "max", axis = 1 : i64}} : {signature}
  %r1 = claw.sort %0 {{axis = 1 : i64}} : {signature}"""
    check(program([type_], body, [type_, type_]), [values("i32", (0, length))], "host")
