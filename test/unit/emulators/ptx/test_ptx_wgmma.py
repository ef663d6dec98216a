"""`wgmma` against exact integers and NumPy in float64, in every layout, and broken on purpose."""

from __future__ import annotations

import numpy as np
import pytest
from ptx_runner import kinds
from wgmma_programs import A_SPACE, DTYPES, Placed, program, run

from clawc.emulators.interface import EmulationError

B_AT = f"s+{A_SPACE}"
RNG = np.random.default_rng(1)
K = {"f16": 16, "bf16": 16, "tf32": 8, "e4m3": 32, "e5m2": 32, "s8": 32, "u8": 32}
K_MAJOR = {
    16: Placed(16, True, 128, 256),
    32: Placed(32, True, 16, 256),
    64: Placed(64, True, 16, 512),
    128: Placed(128, True, 16, 1024),
}
MN_MAJOR = {
    16: Placed(16, False, 128, 256),
    32: Placed(32, False, 256, 2048),
    64: Placed(64, False, 512, 4096),
    128: Placed(128, False, 1024, 8192),
}


def small(rows: int, type_: str) -> np.ndarray:
    """Integers that every type has, so that every sum is exact."""
    lowest = 0 if type_ == "u8" else -4
    return RNG.integers(lowest, 5, (rows, K[type_])).astype(DTYPES[type_])


def product(
    types: tuple[str, str, str] = ("f32", "f16", "f16"),
    columns: int = 16,
    places: tuple[Placed, Placed] = (K_MAJOR[128], K_MAJOR[128]),
    matrices: tuple[np.ndarray, np.ndarray] | None = None,
    **parts: str,
):
    """Run one instruction; returns A, B, what came out, and the kinds of what was found."""
    result, a_type, b_type = types
    a, b = matrices or (small(64, a_type), small(columns, b_type))
    opcode = f"wgmma.mma_async.sync.aligned.m64n{columns}k{K[a_type]}.{'.'.join(types)}"
    turned = [f", {int(not place.k_major)}" for place in places]
    scales = "" if result == "s32" else ", 1, 1"
    parts.setdefault("rest", scales + ("".join(turned) if K[a_type] == 16 else ""))
    registers = columns // (4 if result == "f16" else 2)
    text = program(opcode, registers, *places, **parts)
    found, outcome = run(text, a, b, places, result)
    return a.astype(np.float64), b.astype(np.float64), found, kinds(outcome.findings)


@pytest.mark.parametrize("result", ["f32", "f16"])
@pytest.mark.parametrize("width", [16, 32, 64, 128])
@pytest.mark.parametrize("majors", ["kk", "km", "mk", "mm"])
def test_layouts(majors, width, result):
    a_place, b_place = ((K_MAJOR if major == "k" else MN_MAJOR)[width] for major in majors)
    a, b, found, wrong = product((result, "f16", "f16"), 128, (a_place, b_place))
    assert not wrong
    np.testing.assert_array_equal(found, a @ b.T)


@pytest.mark.parametrize(
    "types",
    [("f32", "bf16", "bf16"), ("f32", "tf32", "tf32"), ("f32", "e4m3", "e5m2"),
     ("f16", "e5m2", "e4m3"), ("s32", "s8", "u8"), ("s32", "u8", "s8")],
)  # fmt: skip
@pytest.mark.parametrize("columns", [8, 24, 256])
def test_types(types, columns):
    a, b, found, wrong = product(types, columns, (K_MAJOR[32], K_MAJOR[64]))
    assert not wrong
    np.testing.assert_array_equal(found, a @ b.T)


def test_what_is_added_and_its_sign():
    ones = "\n".join(f"mov.b32 %c{i}, 0f40400000;" for i in range(8))
    a, b, found, _ = product(clear=ones)
    np.testing.assert_array_equal(found, a @ b.T + 3)
    a, b, found, _ = product(clear=ones, scale="!%one")
    np.testing.assert_array_equal(found, a @ b.T)
    a, b, found, _ = product(clear=ones, rest=", -1, 1, 0, 0")
    np.testing.assert_array_equal(found, 3 - a @ b.T)


def test_integers_that_overflow():
    full = np.full((64, 32), 127, np.int8), np.full((16, 32), 127, np.int8)
    most = "\n".join(f"mov.b32 %c{i}, 0x7fffffff;" for i in range(8))
    *_, found, _ = product(("s32", "s8", "s8"), matrices=full, clear=most)
    assert (found == 32 * 127 * 127 - 2**31 - 1).all()


def test_special_numbers():
    a, b = np.zeros((64, 16), np.float16), np.zeros((16, 16), np.float16)
    a[:4, 0], b[:, 0] = [np.nan, np.inf, 2.0**-24, 2.0**-24], 1
    b[1] = 2.0**-24
    *_, found, _ = product(matrices=(a, b))
    assert np.isnan(found[0, 0]) and found[1, 0] == np.inf
    assert found[2, 0] == 2.0**-24 and found[3, 1] == 2.0**-48


def test_tf32_takes_the_upper_bits():
    a, b = np.zeros((64, 8), np.float32), np.ones((16, 8), np.float32)
    a[:, 0] = 1 + 2.0**-10 + 2.0**-11
    *_, found, _ = product(("f32", "tf32", "tf32"), matrices=(a, b))
    assert (found == 1 + 2.0**-10).all()


def test_sums_are_rounded_once():
    a, b = np.zeros((64, 16), np.float16), np.ones((16, 16), np.float16)
    a[:, :3] = [4096, 2.0**-12, 2.0**-12]  # 2**-11 is half a unit of 4096, and then to even
    a[:, 3] = 2.0**-24
    *_, found, _ = product(matrices=(a, b))
    assert (found == 4096 + 2.0**-11).all()


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        ({"wait": ""}, "unfinished"),
        ({"wait": "wgmma.wait_group.sync.aligned 1;"}, "unfinished"),
        ({"commit": ""}, "unfinished"),
        ({"fence": ""}, "unfinished"),
        ({"between": "mov.b32 %x0, %c3;"}, "unfinished"),
        ({"between": "mov.b32 %c3, 0;"}, "unfinished"),
        ({"fence": "wgmma.fence.sync.aligned; mov.b32 %c1, 0;"}, "unfinished"),
        ({"clear": ""}, "uninitialised"),
        ({"between": "st.shared.b32 [s], %t;"}, "race"),
        ({"proxy": ""}, "race"),
        ({"proxy": f"fence.proxy.async; setp.eq.u32 %p, %t, 0; @%p st.shared.b32 [{B_AT}], 0;"},
         "race"),
        ({"descriptor": f"{K_MAJOR[128].descriptor(49152 - 1024)}"}, "out-of-bounds"),
        ({"between": "setp.lt.u32 %p, %t, 96;\n@%p wgmma.fence.sync.aligned;", "wait": ""},
         "unfinished"),
    ],
)  # fmt: skip
def test_broken_programs(broken, kind):
    *_, wrong = product(**broken)
    assert kind in wrong


def test_a_product_that_a_warp_does_not_reach():
    *_, wrong = product(fence="wgmma.fence.sync.aligned; setp.ge.u32 %p, %t, 96; @%p exit;")
    assert "divergence" in wrong


@pytest.mark.parametrize(
    "place", [Placed(64, True, 16, 1024), Placed(128, True, 16, 1040), Placed(128, True, 16, 2048)]
)
def test_wrong_descriptors(place):
    a, b, found, _ = product(descriptor=f"{place.descriptor(A_SPACE)}")
    assert not np.array_equal(found, a @ b.T)


@pytest.mark.parametrize(
    "opcode",
    [
        "wgmma.mma_async.sync.aligned.m64n12k16.f32.f16.f16",
        "wgmma.mma_async.sync.aligned.m64n16k8.f32.f16.f16",
        "wgmma.mma_async.sync.aligned.m64n16k16.f16.bf16.bf16",
        "wgmma.mma_async.sp.sync.aligned.m64n16k16.f32.f16.f16",
        "wgmma.mma_async.sp.sync.aligned.m64n16k512.s32.b1.b1.and.popc",
    ],
)
def test_unknown_forms_are_named(opcode):
    places = K_MAJOR[128], K_MAJOR[128]
    with pytest.raises(EmulationError, match=opcode):
        run(program(opcode, 8, *places), small(64, "f16"), small(16, "f16"), places, "f32")
