"""`mma.sync` in every dense form, in exact integers laid out by the manual's formulas."""

from __future__ import annotations

import numpy as np
import pytest
from mma_runner import (
    BITS,
    GROUP,
    LANE,
    MEMBER,
    NUMBERS,
    Product,
    c_place,
    for_chip,
    packed,
    unpacked,
)
from ptx_runner import assembled, kernel

from clawc.emulators.interface import EmulationError
from clawc.emulators.ptx.mma_form import form_of
from clawc.emulators.ptx.opcode import Opcode, UnknownInstruction

RNG = np.random.default_rng(3)


# PTX ISA, "Matrix Fragments for mma...": of A's i-th element row and column, of B's the row.
A = {
    ("f16", "m16n8k8"): lambda i: (GROUP + 8 * (i >= 2), 2 * MEMBER + (i & 1)),
    ("f16", "m16n8k16"): lambda i: (
        GROUP + 8 * (i in (2, 3, 6, 7)),
        2 * MEMBER + (i & 1) + 8 * (i >= 4),
    ),
    ("tf32", "m16n8k4"): lambda i: (GROUP + 8 * i, MEMBER),
    ("tf32", "m16n8k8"): lambda i: (GROUP + 8 * (i in (1, 3)), MEMBER + 4 * (i >= 2)),
    ("f64", "m8n8k4"): lambda i: (GROUP, MEMBER),
    ("f64", "m16n8k4"): lambda i: (GROUP + 8 * i, MEMBER),
    ("f64", "m16n8k8"): lambda i: (GROUP + 8 * (i in (1, 3)), MEMBER + 4 * (i >= 2)),
    ("f64", "m16n8k16"): lambda i: (
        GROUP + 8 * (i % 2),
        MEMBER + (2 * i if i % 2 == 0 else 2 * i - 2),
    ),
    ("s8", "m8n8k16"): lambda i: (GROUP, 4 * MEMBER + i),
    ("s8", "m16n8k16"): lambda i: (GROUP + 8 * (i >= 4), 4 * MEMBER + (i & 3)),
    ("s8", "m16n8k32"): lambda i: (
        GROUP + 8 * (4 <= i < 8 or i >= 12),
        4 * MEMBER + (i & 3) + 16 * (i >= 8),
    ),
    ("s4", "m8n8k32"): lambda i: (GROUP, 8 * MEMBER + i),
    ("s4", "m16n8k32"): lambda i: (GROUP + 8 * (i >= 8), 8 * MEMBER + (i & 7)),
    ("s4", "m16n8k64"): lambda i: (
        GROUP + 8 * (8 <= i < 16 or i >= 24),
        8 * MEMBER + (i & 7) + 32 * (i >= 16),
    ),
    ("b1", "m8n8k128"): lambda i: (GROUP, 32 * MEMBER + i),
    ("b1", "m16n8k128"): lambda i: (GROUP + 8 * (i >= 32), 32 * MEMBER + (i & 31)),
    ("b1", "m16n8k256"): lambda i: (
        GROUP + 8 * (32 <= i < 64 or i >= 96),
        32 * MEMBER + (i & 31) + 128 * (i >= 64),
    ),
}
B = {
    ("f16", "m16n8k8"): lambda i: 2 * MEMBER + i,
    ("f16", "m16n8k16"): lambda i: 2 * MEMBER + (i & 1) + 8 * (i >= 2),
    ("tf32", "m16n8k4"): lambda i: MEMBER,
    ("tf32", "m16n8k8"): lambda i: MEMBER + 4 * i,
    ("f64", "m8n8k4"): lambda i: MEMBER,
    ("f64", "m16n8k4"): lambda i: MEMBER,
    ("f64", "m16n8k8"): lambda i: MEMBER + 4 * i,
    ("f64", "m16n8k16"): lambda i: MEMBER + 4 * i,
    ("s8", "m8n8k16"): lambda i: 4 * MEMBER + i,
    ("s8", "m16n8k16"): lambda i: 4 * MEMBER + i,
    ("s8", "m16n8k32"): lambda i: 4 * MEMBER + (i & 3) + 16 * (i >= 4),
    ("s4", "m8n8k32"): lambda i: 8 * MEMBER + i,
    ("s4", "m16n8k32"): lambda i: 8 * MEMBER + i,
    ("s4", "m16n8k64"): lambda i: 8 * MEMBER + (i & 7) + 32 * (i >= 8),
    ("b1", "m8n8k128"): lambda i: 32 * MEMBER + i,
    ("b1", "m16n8k128"): lambda i: 32 * MEMBER + i,
    ("b1", "m16n8k256"): lambda i: 32 * MEMBER + (i & 31) + 128 * (i >= 32),
}
SAME = {"bf16": "f16", "u8": "s8", "u4": "s4", "e4m3": "s8", "e5m2": "s8"}  # places
RANGE = {"u8": (0, 256), "s8": (-128, 128), "s4": (-8, 8), "u4": (0, 16), "b1": (0, 2)}
FORMS = [
    (shape, d, a, b)
    for shape, types in {
        "m16n8k4": ["f32.tf32.tf32", "f64.f64.f64"],
        "m16n8k8": ["f16.f16.f16", "f32.f16.f16", "f32.bf16.bf16", "f32.tf32.tf32", "f64.f64.f64"],
        "m16n8k16": [
            *("f16.f16.f16", "f32.f16.f16", "f32.bf16.bf16", "f64.f64.f64", "s32.s8.u8"),
            *("s32.s8.s8", "s32.u8.u8", "f32.e4m3.e5m2", "f16.e5m2.e5m2"),
        ],
        "m16n8k32": [
            *("s32.s8.s8", "s32.u8.s8", "s32.s4.u4", "f32.e5m2.e4m3", "f16.e4m3.e4m3"),
        ],
        "m16n8k64": ["s32.s4.s4", "s32.u4.s4"],
        "m8n8k4": ["f64.f64.f64"],
        "m8n8k16": ["s32.s8.s8", "s32.u8.u8"],
        "m8n8k32": ["s32.u4.u4", "s32.s4.s4"],
        "m8n8k128": ["s32.b1.b1"],
        "m16n8k128": ["s32.b1.b1"],
        "m16n8k256": ["s32.b1.b1"],
    }.items()
    for d, a, b in (text.split(".") for text in types)
]


def random(shape: tuple[int, int], type_: str) -> np.ndarray:
    """Integers that the type has; of floats small ones, so that every sum is exact in f16."""
    return RNG.integers(*RANGE.get(type_, (-4, 5)), shape)


def dense(
    shape: str, d: str, a: str, b: str, tail: str = ""
) -> tuple[Product, np.ndarray, np.ndarray]:
    """A product of random matrices; A, B, and what is added."""
    m, n, k = (int(part) for part in shape.replace("n", "m").replace("k", "m").split("m")[1:])
    key = SAME.get(a, a), shape
    left, right, plus = random((m, k), a), random((k, n), b), random((m, n), d)
    operation = "" if a == "b1" else tail
    product = Product(
        f"mma.sync.aligned.{shape}.row.col{operation}.{d}.{a}.{b}.{d}{tail if a == 'b1' else ''}",
        packed(left, a, A[key]),
        packed(right, b, lambda i: (B[key](i), GROUP)),
        packed(plus, d, c_place),
        np.zeros((32, max(1, m * n // 32 * BITS[d] // (64 if d == "f64" else 32))),
                 np.uint64 if d == "f64" else np.uint32),
    )  # fmt: skip
    return product, left, right, plus


@pytest.mark.parametrize("form", FORMS, ids=".".join)
def test_dense_products(form):
    operations = [".xor.popc", ".and.popc"] if form[2] == "b1" else [""]
    for operation in operations:
        product, a, b, c = dense(*form, operation)
        outcome = product.run()
        assert not outcome.findings
        expected = c + a @ b
        if operation == ".xor.popc":
            expected = c + (a[:, :, None] ^ b[None]).sum(axis=1)
        found = unpacked(product.result, form[1], c.shape, c_place)
        np.testing.assert_array_equal(found, expected)
        assert outcome.counts.matrix_flop == 2 * a.size * b.shape[1]


def test_the_assembler_takes_the_forms():
    """All in one file, so that we accept no more than it."""
    products = [dense(*form, ".xor.popc" if form[2] == "b1" else "")[0] for form in FORMS]
    body = "\n".join([products[0].declarations, *(p.instruction for p in products)])
    assembled(for_chip(kernel(body), "sm_90"), "sm_90")


@pytest.mark.parametrize("tail", ["", ".satfinite"])
def test_integers_wrap_or_saturate(tail):
    product, *_ = dense("m16n8k32", "s32", "s8", "s8", tail)
    product.a[:], product.b[:], product.c[:] = 0x80808080, 0x7F7F7F7F, 0x80000000
    product.run()
    expected = -(2**31) if tail else 2**31 - 32 * 128 * 127
    assert (product.result.view(np.int32) == expected).all()


def quad(a_layout: str, b_layout: str, d: str, c: str) -> tuple[Product, np.ndarray, np.ndarray]:
    """sm_70's four products of 8x8x4, by the manual's table of lanes and its formulas."""
    left, right = RNG.integers(-8, 9, (4, 8, 4)), RNG.integers(-8, 9, (4, 4, 8))
    plus = RNG.integers(-8, 9, (4, 8, 8))
    which, upper = LANE % 16 // 4, LANE >= 16
    own = LANE % 4 + 4 * upper
    a, b = np.zeros((32, 4), np.float16), np.zeros((32, 4), np.float16)
    for i in range(4):
        row, column = (own, i) if a_layout == "row" else (i + 4 * upper, LANE % 4)
        a[:, i] = left[which, row, column]
        row, column = (LANE % 4, i + 4 * upper) if b_layout == "row" else (i, own)
        b[:, i] = right[which, row, column]
    added = np.zeros((32, 8), NUMBERS[c])
    for i in range(8):
        added[:, i] = plus[(which, *quad_place(c, i))]
    product = Product(
        f"mma.sync.aligned.m8n8k4.{a_layout}.{b_layout}.{d}.f16.f16.{c}",
        *(held.view(np.uint32) for held in (a, b, added)),
        np.zeros((32, 4 if d == "f16" else 8), np.uint32),
        chip="sm_70",
    )
    return product, left @ right + plus, which


def quad_place(type_: str, i: int) -> tuple[np.ndarray | int, np.ndarray | int]:
    upper = LANE >= 16
    if type_ == "f16":
        return LANE % 4 + 4 * upper, np.full(32, i)
    return (LANE & 1) + (i & 2) + 4 * upper, (i & 4) + (LANE & 2) + (i & 1)


@pytest.mark.parametrize("sums", ["f16.f16", "f32.f16", "f32.f32"])
@pytest.mark.parametrize("layouts", ["row.row", "row.col", "col.row", "col.col"])
def test_four_products_of_quads(layouts, sums):
    d, c = sums.split(".")
    product, expected, which = quad(*layouts.split("."), d, c)
    outcome = product.run()
    assert not outcome.findings
    assembled(product.text(), "sm_70")
    held = product.result.view(NUMBERS[d])
    for i in range(8):
        np.testing.assert_array_equal(held[:, i], expected[(which, *quad_place(d, i))])
    assert outcome.counts.matrix_flop == 4 * 2 * 8 * 8 * 4


@pytest.mark.parametrize(
    "wrong",
    [
        "m16n8k16.row.row.f32.f16.f16.f32",
        "m16n8k16.row.col.f16.f16.f16.f32",
        "m16n8k8.row.col.f32.f16.bf16.f32",
        "m8n8k4.row.row.f16.f16.f16.f32",
        "m8n8k16.row.col.f32.e4m3.e4m3.f32",
        "m16n8k16.row.col.f32.tf32.tf32.f32",
        "m16n8k128.row.col.s32.b1.b1.s32",
        "m16n8k128.row.col.s32.b1.b1.s32.or.popc",
        "m16n8k128.row.col.satfinite.s32.b1.b1.s32.and.popc",
        "m16n8k16.row.col.satfinite.f32.f16.f16.f32",
        "m16n8k32.row.col.s32.s8.s4.s32",
        "m16n8k32.row.col.f32.e3m2.e3m2.f32",
        "m8n8k4.row.col.rz.f64.f64.f64.f64",
    ],
)
def test_forms_that_no_chip_has(wrong):
    with pytest.raises(UnknownInstruction, match=wrong):
        form_of(Opcode(f"mma.sync.aligned.{wrong}"), "sm_90")


def test_doubles_that_say_how_they_are_rounded():
    form = form_of(Opcode("mma.sync.aligned.m8n8k4.row.col.rn.f64.f64.f64.f64"), "sm_80")
    assert form == form_of(Opcode("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64"), "sm_80")


def test_registers_are_counted():
    product = dense("m16n8k16", "f32", "f16", "f16")[0]
    product.a = product.a[:, :3]
    with pytest.raises(EmulationError, match="m16n8k16"):
        product.run()


@pytest.mark.parametrize(
    ("form", "chip"),
    [
        (("m16n8k8", "f32", "f16", "f16"), "sm_70"),
        (("m16n8k16", "f32", "f16", "f16"), "sm_75"),
        (("m16n8k32", "f32", "e4m3", "e4m3"), "sm_80"),
        (("m16n8k8", "f64", "f64", "f64"), "sm_89"),
        (("m8n8k128", "s32", "b1", "b1", ".and.popc"), "sm_75"),
    ],
)
def test_chips_that_have_a_form_not_yet(form, chip):
    product = dense(*form)[0]
    product.chip = chip
    with pytest.raises(EmulationError, match=f"is for .*, the file for {chip}"):
        product.run()
