"""`mma` of sm_120a: floats of 8, 6 and 4 bits, with scales of blocks along K, dense and sparse."""

from __future__ import annotations

from collections.abc import Callable

import ml_dtypes
import numpy as np
import pytest
from mma_runner import GROUP, MEMBER, NUMBERS, Product, c_place, for_chip, packed, unpacked
from ptx_runner import assembled, kernel, kinds
from sparse_metadata import pattern, stored_columns, words

from clawc.emulators.interface import EmulationError
from clawc.emulators.ptx.mma_form import form_of
from clawc.emulators.ptx.opcode import Opcode, UnknownInstruction

RNG = np.random.default_rng(6)
CHIP = "sm_120a"
PAIRS = [("e4m3", "e5m2"), ("e3m2", "e2m3"), ("e2m3", "e3m2"), ("e2m1", "e2m1"), ("e2m1", "e5m2")]
SCALED = [  # kind, number of scales as it is written, their type
    *(("mxf8f6f4", ".scale_vec::1X", "ue8m0"), ("mxf8f6f4", "", "ue8m0")),
    *(("mxf4", ".scale_vec::2X", "ue8m0"), ("mxf4", "", "ue8m0")),
    *(("mxf4nvf4", ".scale_vec::2X", "ue8m0"), ("mxf4nvf4", ".scale_vec::4X", "ue4m3")),
]
SCALE_TYPES = {"ue8m0": ml_dtypes.float8_e8m0fnu, "ue4m3": ml_dtypes.float8_e4m3fn}


def random(shape: tuple[int, int], type_: str) -> np.ndarray:
    """Numbers of the type; of 8 bits small ones, so that f16 has the sum."""
    values = np.arange(16 if type_ == "e2m1" else 64).astype(np.uint8).view(NUMBERS[type_])
    if type_ in ("e4m3", "e5m2"):
        values = np.arange(-4, 5).astype(np.float32)
    return RNG.choice(values.astype(np.float64), shape)


def floats(kind: str, d: str, a: str, b: str, sparse: bool, tail: str = "", scale: str = ""):
    """The instruction, A with its zeros, B and C."""
    bits = 4 if kind.startswith("mxf4") else 0
    per = 8 if bits else 4
    k = 4 * per * (4 if sparse else 2)
    stored, right, plus = random((16, 4 * per * 2), a), random((k, 8), b), random((16, 8), "e4m3")
    nibbles = pattern("s4" if bits else a, k, True)
    whole = np.zeros((16, k))
    for row in range(16):
        columns = stored_columns("s4" if bits else a, nibbles[row]) if sparse else np.arange(k)
        whole[row, columns] = stored[row]

    def a_place(i: int):
        return GROUP + 8 * (i // per % 2), per * MEMBER + i % per + 4 * per * (i // (2 * per))

    def b_place(i: int):
        return per * MEMBER + i % per + 4 * per * (i // per), GROUP

    variant = ".sp::ordered_metadata" if sparse else ""
    product = Product(
        f"mma{variant}.sync.aligned.m16n8k{k}.row.col.kind::{kind}{tail}.{d}.{a}.{b}.{d}{scale}",
        packed(stored, a, a_place, bits),
        packed(right, b, b_place, bits),
        packed(plus, d, c_place),
        np.zeros((32, 2 if d == "f16" else 4), np.uint32),
        metadata=words("s4" if bits else a, nibbles, 0) if sparse else None,
        after=", %vm, 0" if sparse else "",
        chip=CHIP,
    )
    return product, whole, right, plus


def scaled(kind: str, count: str, scale: str, sparse: bool, byte: int = 0, pair: int = 0, lane=0):
    """One with scales, of which those of A are in a pair of lanes, those of B in a lane."""
    type_ = "e2m1" if kind.startswith("mxf4") else "e4m3"
    parts = floats(kind, "f32", type_, type_, sparse, f".block_scale{count}", f".{scale}")
    product, a, b, c = parts
    number = {"mxf8f6f4": 1, "mxf4": 2}.get(kind) or int(count[-2])
    held = RNG.integers(0, 2**32, (2, 32), dtype=np.uint32)
    if scale == "ue8m0":  # from 2**-4 to 2**3
        held = held & 0x07070707 | 0x78787878
        held = np.where(held & 0x04040404, held ^ 0x04040404, held)
    else:  # from 2**-3, and no NaN
        held = held & 0x07070707 | 0x20202020
    product.scales = held[0], held[1]
    product.after += f", %vsa, {{{byte}, {pair}}}, %vsb, {{{byte}, {lane}}}"
    numbers = held.view(np.uint8).reshape(2, 32, 4).view(SCALE_TYPES[scale]).astype(np.float64)
    numbers = numbers[:, :, byte : byte + number]
    row, column = np.arange(16), np.arange(8)
    of_a = numbers[0, 4 * (row % 8) + 2 * pair + row // 8]
    of_b = numbers[1, 4 * column + lane]
    part = a.shape[1] // number
    expected = sum(
        (a[:, s] * of_a[:, [i]]) @ (b[s] * of_b[:, [i]].T)
        for i in range(number)
        for s in [slice(part * i, part * (i + 1))]
    )
    return product, expected + c


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("d", ["f32", "f16"])
@pytest.mark.parametrize("types", PAIRS, ids=".".join)
def test_small_floats(types, d, sparse):
    product, a, b, c = floats("f8f6f4", d, *types, sparse)
    assert not product.run().findings
    expected = (a @ b + c).astype(NUMBERS[d]).astype(np.float64)
    np.testing.assert_array_equal(unpacked(product.result, d, (16, 8), c_place), expected)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("form", SCALED, ids="".join)
def test_scales_of_blocks(form, sparse):
    number = {"mxf8f6f4": 1}.get(form[0]) or int(form[1][-2:-1] or 2)
    for byte in range(0, 4, number):
        for pair, lane in ((0, 0), (1, 3), (0, 2)):
            product, expected = scaled(*form, sparse, byte, pair, lane)
            assert not product.run().findings
            found = unpacked(product.result, "f32", (16, 8), c_place)
            np.testing.assert_array_equal(found, expected.astype(np.float32))


def test_places_in_registers():
    product, expected = scaled("mxf4", "", "ue8m0", False, 2, 1, 3)
    loads = "mov.u16 %h0, 2; mov.u16 %h1, 1; mov.u16 %h2, 3;"
    product.after = ", {%vsa}, {%h0, %h1}, {%vsb}, {%h0, %h2}"
    product.opcode = f"{loads}\n{product.opcode}"
    assert not product.run().findings
    found = unpacked(product.result, "f32", (16, 8), c_place)
    np.testing.assert_array_equal(found, expected.astype(np.float32))
    product.opcode = product.opcode.replace("%h1, 1", "%h1, 2")
    assert kinds(product.run().findings) == {"metadata"}


def test_a_scale_that_is_no_number():
    product, _ = scaled("mxf8f6f4", "", "ue8m0", False)
    product.scales[0][:] = 0xFF
    product.run()
    assert (product.result == 0x7FFFFFFF).all()


def every(make: Callable[..., tuple]) -> list[Product]:
    both = False, True
    if make is floats:
        return [make("f8f6f4", d, *p, s)[0] for p in PAIRS for d in ("f16", "f32") for s in both]
    return [make(*form, sparse)[0] for form in SCALED for sparse in both]


def test_the_assembler_takes_the_forms():
    products = [*every(floats), *every(scaled)]
    body = "\n".join([products[0].declarations, *(p.instruction for p in products)])
    assembled(for_chip(kernel(body), CHIP), CHIP)


@pytest.mark.parametrize(
    "wrong",
    [
        ".sync.aligned.m16n8k64.row.col.kind::f8f6f4.f32.e4m3.e4m3.f32",
        ".sync.aligned.m16n8k32.row.col.kind::mxf8f6f4.f32.e4m3.e4m3.f32",
        ".sync.aligned.m16n8k32.row.col.kind::mxf8f6f4.block_scale.scale_vec::2X.f32.e4m3.e4m3.f32.ue8m0",
        ".sync.aligned.m16n8k64.row.col.kind::mxf4nvf4.block_scale.f32.e2m1.e2m1.f32.ue4m3",
        ".sync.aligned.m16n8k64.row.col.kind::mxf4.block_scale.f32.e4m3.e4m3.f32.ue8m0",
        ".sp.sync.aligned.m16n8k64.row.col.kind::f8f6f4.f32.e4m3.e4m3.f32",
        ".sync.aligned.m16n8k32.col.row.kind::f8f6f4.f32.e4m3.e4m3.f32",
    ],
)  # fmt: skip
def test_forms_that_no_chip_has(wrong):
    with pytest.raises(UnknownInstruction, match=wrong):
        form_of(Opcode(f"mma{wrong}"), "sm_120a")


@pytest.mark.parametrize("places", [(1, 0, 0), (0, 2, 0), (0, 0, 4)])
def test_places_of_scales_that_are_not_there(places):
    product, _ = scaled("mxf4", "", "ue8m0", False, 0, 0, 0)
    byte, pair, lane = places
    product.after = f", %vsa, {{{byte}, {pair}}}, %vsb, {{0, {lane}}}"
    with pytest.raises(EmulationError, match=product.opcode):
        product.run()


@pytest.mark.parametrize("chip", ["sm_89", "sm_120", "sm_100a"])
def test_only_sm_120a_has_them(chip):
    product, *_ = floats("f8f6f4", "f32", "e4m3", "e4m3", False)
    product.chip = chip
    with pytest.raises(EmulationError, match="is for sm_120a"):
        product.run()
