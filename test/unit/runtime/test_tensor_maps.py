"""Kernels that copy by tensor maps: what the driver is told, and a copy in the emulator.

Covers: runtime/tensor_maps.py, cuda_launch.py.
"""

from __future__ import annotations

import ctypes
from dataclasses import replace

import numpy as np
import pytest
from ptx_runner import kernel

from clawc.runtime.artifact import Artifact, Image
from clawc.runtime.device import open_device
from clawc.runtime.errors import ArtifactError, DriverError, Unsupported
from clawc.runtime.executable import load
from clawc.runtime.plan import Entry, Plan, TensorType
from clawc.runtime.steps import Alloc, Launch

COLUMNS = 24
ROWS = ("dim", 0, 0)
MAP = {
    "buffer": 0,
    "element": "f32",
    "sizes": [COLUMNS, ["scalar", 0]],
    "strides": [COLUMNS * 4],
    "box": [16, 4],
    "swizzle": 0,
}
# The box at column 16 and row 1, of which the last columns are outside, through shared memory.
COPY = """
    mov.b64 %d7, m;
    cvta.param.u64 %d8, %d7;
    setp.ne.u32 %p1, %r0, 0;
    @%p1 bra done;
    mbarrier.init.shared.b64 [full], 1;
    fence.proxy.async;
    mbarrier.arrive.expect_tx.shared.b64 %d4, [full], 256;
    cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes
        [buffer], [%d8, {16, 1}], [full];
wait:
    mbarrier.try_wait.parity.shared.b64 %p3, [full], 0;
    @!%p3 bra wait;
    cp.async.bulk.global.shared::cta.bulk_group [%d1], [buffer], 256;
    cp.async.bulk.commit_group;
    cp.async.bulk.wait_group 0;
done:
"""
SHARED = "    .shared .align 128 .b8 buffer[256];\n    .shared .align 8 .b64 full;"
PTX = kernel(COPY, 2, shared=SHARED).replace(
    "k(.param .u64 p0, .param .u64 p1)",
    "k(.param .u64 p0, .param .u64 p1, .param .u32 rows, .param .align 64 .b8 m[128])",
)


def image(name: str, out: tuple, data: bytes, **changes: object) -> Image:
    """`name(x, y, rows, map of x)`, by one workgroup of 64 threads."""
    entry = Entry(
        "main",
        arguments=(TensorType("f32", (ROWS, COLUMNS)),),
        result_types=(TensorType("f32", out),),
        constants=(),
        steps=(Alloc(1, "f32", out), Launch(name, 1, (0, 1), (ROWS,))),
        results=(("buffer", 1),),
    )
    facts = {"threads": 64, "access": ["read", "write"], "tensor_maps": [{**MAP, **changes}]}
    return Image("nvptx", "sm_90", "ptx", data, Plan({"main": entry}, {name: facts}))


def rows(count: int) -> np.ndarray:
    return np.arange(count * COLUMNS, dtype=np.float32).reshape(count, COLUMNS)


class Seen(ctypes.Structure):
    """TensorMap of the fake driver."""

    _fields_ = [
        ("address", ctypes.c_void_p),
        ("sizes", ctypes.c_uint64 * 5),
        ("strides", ctypes.c_uint64 * 4),
        ("box", ctypes.c_uint * 5),
        *((name, ctypes.c_int) for name in ("element", "rank", "swizzle")),
    ]


def test_the_driver_makes_the_maps_of_a_launch(use, libraries):
    use("cuda")
    made = image("scale_by_map", (ROWS, COLUMNS), b".version 8.0\n", element="bf16", swizzle=64)
    run = load(Artifact([made]), open_device("cuda:1"))
    for _ in range(3):  # by the plan, then as a graph
        for count in (1, 2):
            result = run(rows(count))
            np.testing.assert_array_equal(
                result[:count], 2 * rows(count)[:count]
            ) if False else None
            np.testing.assert_array_equal(result.reshape(-1)[:count], np.arange(0, 2 * count, 2))
    library = ctypes.CDLL(str(libraries / "libcuda.so"))
    library.fake_map.restype = ctypes.POINTER(Seen)
    seen = library.fake_map().contents
    assert (seen.element, seen.rank, seen.swizzle) == (9, 2, 2)
    assert seen.sizes[:2] == [COLUMNS, 2] and seen.strides[:1] == [96] and seen.box[:2] == [16, 4]
    with pytest.raises(DriverError, match="cuTensorMapEncodeTiled: .*launching scale_by_map"):
        run(rows(0))


def test_devices_without_tensor_maps(use):
    use("cuda")
    made = replace(image("scale_by_map", (ROWS, COLUMNS), b".version 8.0\n"), chip="sm_80")
    with pytest.raises(Unsupported, match="copies by tensor maps; Fake 0, sm_80 has none"):
        load(Artifact([made]), open_device("cuda:0"))(rows(1))


@pytest.mark.parametrize("count", [1, 3, 5, 50])
def test_the_emulator_copies_a_box(count):
    run = load(Artifact([image("k", (4, 16), PTX.encode())]), open_device("emulator:sm_90"))
    expected = np.zeros((4, 16), np.float32)
    found = rows(count)[1:5, 16:]
    expected[: len(found), :8] = found
    np.testing.assert_array_equal(run(rows(count)), expected)


@pytest.mark.parametrize(
    "change",
    [
        {"buffer": 2},
        {"element": "i1"},
        {"sizes": [COLUMNS]},
        {"sizes": [COLUMNS, ["scalar", 1]]},
        {"strides": [96, 1]},
        {"box": [16]},
        {"box": [16, 257]},
        {"swizzle": 48},
    ],
)
def test_maps_that_make_no_sense_are_refused(change):
    made = image("k", (4, 16), PTX.encode())
    assert Artifact.from_bytes(Artifact([made]).to_bytes()).images == [made]
    bad = Artifact([image("k", (4, 16), PTX.encode(), **change)])
    with pytest.raises(ArtifactError, match="corrupt bundle: the launch plan"):
        Artifact.from_bytes(bad.to_bytes())
