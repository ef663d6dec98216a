"""The largest or smallest value and its index (argmax, max along a dimension), on every device."""

import json

import numpy as np
import pytest
from harness import DEVICES, run, supports, tensor

import clawc

# How a front end writes them: element, comparison, combination, what it starts from; and whether
# the smallest is wanted, and the last of equals.
KINDS = {
    "largest": ("f32", "cmpf ogt", "maximumf", "0xFF800000", False, False),
    "smallest": ("f16", "cmpf olt", "minimumf", "0x7C00", True, False),
    "last": ("f32", "cmpf oge", "select", "0xFF800000", False, True),
    "integers": ("i32", "cmpi slt", "minsi", "2147483647", True, False),
}
CASES = [((3, 700), 1), ((70, 3), 0), ((2, 3, 40), 1), ((1, 33), 1), ((300,), 0)]
DTYPES = {"f32": np.float32, "f16": np.float16, "i32": np.int32}


def selection(shape, axis, kind, dynamic):
    element, compare, combine, start, _, _ = KINDS[kind]
    kept = [i for i in range(len(shape)) if i != axis]
    source = tensor(element, shape, dynamic)
    values, places = (tensor(e, [shape[i] for i in kept], dynamic) for e in (element, "i64"))
    loops, rows = (", ".join(f"d{i}" for i in dims) for dims in (range(len(shape)), kept))
    maps = ", ".join(f"affine_map<({loops}) -> ({r})>" for r in (loops, rows, rows))
    kinds = ", ".join('"parallel"' if i in kept else '"reduction"' for i in range(len(shape)))
    sizes = ", ".join(f"%n{i}" for i in kept) if dynamic else ""
    dims = [
        f"  %c{i} = arith.constant {i} : index\n  %n{i} = tensor.dim %x, %c{i} : {source}\n"
        for i in kept
    ]
    combined = "select %better, %in, %most" if combine == "select" else f"{combine} %in, %most"
    return f"""func.func @main(%x: {source}) -> ({values}, {places}) {{
{"".join(dims)}  %zero = arith.constant 0 : i64
  %least = arith.constant {start} : {element}
  %ep = tensor.empty({sizes}) : {places}
  %ev = tensor.empty({sizes}) : {values}
  %fp = linalg.fill ins(%zero : i64) outs(%ep : {places}) -> {places}
  %fv = linalg.fill ins(%least : {element}) outs(%ev : {values}) -> {values}
  %r:2 = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}}
      ins(%x : {source}) outs(%fv, %fp : {values}, {places}) {{
  ^bb0(%in: {element}, %most: {element}, %where: i64):
    %i = linalg.index {axis} : index
    %j = arith.index_cast %i : index to i64
    %better = arith.{compare}, %in, %most : {element}
    %m = arith.{combined} : {element}
    %w = arith.select %better, %j, %where : i64
    linalg.yield %m, %w : {element}, i64
  }} -> ({values}, {places})
  return %r#0, %r#1 : {values}, {places}
}}
"""


def expected(x, axis, kind):
    *_, smallest, last = KINDS[kind]
    signed = -x if smallest else x
    if last:
        where = x.shape[axis] - 1 - np.argmax(np.flip(signed, axis), axis)
    else:
        where = np.argmax(signed, axis)
    values = np.take_along_axis(x, np.expand_dims(where, axis), axis).squeeze(axis)
    return values, where


def compare(text, x, axis, kind, device, schedules=""):
    values, where = run(text, [x], device, schedules)
    best, place = expected(x, axis, kind)
    np.testing.assert_array_equal(values, best)
    np.testing.assert_array_equal(where, place)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("kind", KINDS)
def test_kinds(device, dynamic, kind):
    """Few different values, so that many are equal; rows of many chunks, and of less than one."""
    if not supports(device, KINDS[kind][0]):
        pytest.skip(f"{device} has no {KINDS[kind][0]}")
    for shape, axis in CASES if kind == "largest" else CASES[:2]:
        x = np.random.default_rng(shape[0]).integers(-6, 7, shape).astype(DTYPES[KINDS[kind][0]])
        compare(selection(shape, axis, kind, dynamic), x, axis, kind, device)


@pytest.mark.parametrize("device", DEVICES)
def test_infinities_and_nan(device):
    """Of nothing but -inf the index is what the reduction starts from; NaN is larger than all."""
    x = np.zeros((4, 300), np.float32)
    x[0], x[1, 77:], x[2, 200], x[3, [50, 60]] = -np.inf, np.inf, np.nan, np.nan
    compare(selection(x.shape, 1, "largest", False), x, 1, "largest", device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("kind", ["largest", "last"])
def test_shared_out(device, dynamic, kind):
    """In two stages: pairs of parts, and the best of those; equal ones are in different parts."""
    schedules = json.dumps({"*": {"tile": [64], "warps": 1, "split": 128}})
    for shape, axis in CASES[:1] + CASES[-1:]:
        text = selection(shape, axis, kind, dynamic)
        kernels = clawc.compile(text, target="host", schedules=schedules).images[0].kernels
        assert len(kernels) == 2
        x = np.random.default_rng(0).integers(-6, 7, shape).astype(np.float32)
        compare(text, x, axis, kind, device, schedules)


def test_lane():
    """They are in the vector lane, in chunks and as a whole; with others they are not."""
    text = selection((3, 700), 1, "largest", False)
    for program, lane in ((text, "vector"), (text.replace("ogt", "ult"), "generic")):
        for tile in ([1, 64], [1, 1024]):
            schedules = json.dumps({"*": {"tile": tile}}) if lane == "vector" else ""
            artifact = clawc.compile(program, target="nvptx:sm_80", schedules=schedules)
            kernels = artifact.images[0].kernels
            assert {facts["lane"] for facts in kernels.values()} == {lane}
