"""Reductions, softmax and norms on every device: every kind, axes, short and long rows."""

import numpy as np
import pytest
from claw_programs import reduce
from harness import DEVICES, check, shape_id, single, supports, tensor, values

from clawc.dialects.reduction_ops import REDUCE, reduce_elements

FLOATS = ("f32", "f16", "bf16", "f64")
ROWS = [(1, 1), (5, 64), (3, 100), (33, 7), (2, 1500), (0, 4), (4, 0)]


def check_reduce(device, dtype, kinds, shape, axes, dynamic=False):
    x = values(dtype, shape)
    if "prod" in kinds and dtype[0] != "i":
        x = (1 + x / 64).astype(x.dtype)
    terms = int(np.prod([shape[a] for a in axes])) + 4
    scale = np.abs(x.astype(np.float64)).sum(tuple(a % len(shape) for a in axes)) if x.size else 1.0
    text = reduce(dtype, kinds, shape, axes, dynamic)
    check(text, [x], device, terms=terms, scales=[scale + 1.0] * len(kinds))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", (*FLOATS, "i8", "i16", "i32", "i64", "i1"))
def test_kinds(device, dtype):
    if not supports(device, dtype):
        pytest.skip(f"{device} has no {dtype}")
    kinds = [k for k in REDUCE if dtype in reduce_elements(k)]
    check_reduce(device, dtype, kinds, (5, 70), (1,))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize(
    "shape, axes",
    [
        ((7,), (0,)),
        ((3000,), (0,)),
        ((40, 9), (0,)),
        ((4, 5, 6), (1,)),
        ((4, 5, 6), (0, 2)),
        ((4, 5, 6), (0, 1, 2)),
        ((2, 3, 4, 5), (1, 3)),
        ((3, 1, 1030), (-1,)),
        ((0, 3), (0,)),
        ((3, 0), (0,)),
    ],
    ids=shape_id,
)
def test_axes(device, shape, axes, dynamic):
    check_reduce(device, "f32", ["sum", "max"], shape, axes, dynamic)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("shape", ROWS, ids=shape_id)
def test_softmax(device, shape, dynamic):
    type_ = tensor("f32", shape, dynamic)
    check(
        single("softmax", [type_], type_),
        [values("f32", shape)],
        device,
        ulps=8,
        terms=8 + shape[1],
    )


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_softmax_axes_and_types(device, dtype, axis):
    if not supports(device, dtype):
        pytest.skip(f"{device} has no {dtype}")
    type_ = tensor(dtype, (3, 17, 6))
    text = single("softmax", [type_], type_, f"{{axis = {axis} : i64}}")
    check(text, [values(dtype, (3, 17, 6))], device, ulps=8, terms=32)


@pytest.mark.parametrize("device", DEVICES)
def test_softmax_of_infinities(device):
    x = values("f32", (4, 9))
    x[0, 2], x[1, 3:], x[2] = np.inf, -np.inf, -np.inf
    type_ = tensor("f32", (4, 9))
    check(single("softmax", [type_], type_), [x], device, ulps=8, terms=16)


def normalized(x):
    """The size of what a norm rounds: deviations are divided by their root mean square."""
    return [np.abs(x.astype(np.float64)).max(initial=0) + 4.0]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("op", ["layer_norm", "rms_norm"])
def test_norms(device, dtype, dynamic, op):
    if not supports(device, dtype):
        pytest.skip(f"{device} has no {dtype}")
    affine = 2 if op == "layer_norm" else 1
    for shape in ((6, 70), (2, 3, 1100), (1, 1, 70)):
        types = [tensor(dtype, shape, dynamic)]
        types += [tensor(dtype, shape[-1:], dynamic)] * affine
        inputs = [values(dtype, shape), *(values(dtype, shape[-1:], seed=i) for i in range(affine))]
        bound = dict(ulps=8, terms=shape[-1] + 16, scales=normalized(inputs[0]))
        check(single(op, types, types[0]), inputs, device, **bound)
        check(single(op, types[:1], types[0]), inputs[:1], device, **bound)


HARDLY = [(device, (4, 100)) for device in DEVICES]
HARDLY += [(device, (2, n)) for device in ("host", "opencl", "vulkan") for n in (5000, 1_000_000)]


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("device, shape", HARDLY, ids=lambda v: v if v in DEVICES else shape_id(v))
def test_layer_norm_of_what_hardly_differs(device, shape, dynamic):
    """Steps of one unit in the last place around 10,000: what no f32 can hold is the mean.  Nothing
    is lost where it is subtracted (Sterbenz), so the error is of the size of what is left."""
    steps = np.random.default_rng(shape[1]).integers(0, 9, shape)
    x = (np.float32(1e4) + np.spacing(np.float32(1e4)) * steps).astype(np.float32)
    type_ = tensor("f32", shape, dynamic)
    text = single("layer_norm", [type_], type_, "{eps = 0.0 : f64}")
    check(text, [x], device, ulps=8, terms=32, scales=[4.0])


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("device", ["host", "opencl", "vulkan"])
def test_long_sums(device, dynamic):
    """Terms that lose the same in most additions: one after the other, they lose 2e-4."""
    rows, n, block, lanes = 1, 1 << 20, 8, 4096
    x = np.full((rows, n), 1 + 0.4 * 2**-10, np.float32)
    terms = (block + np.log2(lanes) + 2) / 2  # half a unit each: of a block, of the lanes, the last
    check(reduce("f32", ["sum"], (rows, n), (1,), dynamic), [x], device, ulps=0, terms=terms)
