"""`mma.sp` in every form, with random patterns of zeros laid out by the manual's figures."""

from __future__ import annotations

import numpy as np
import pytest
from mma_runner import BITS, GROUP, MEMBER, Product, c_place, for_chip, packed, unpacked
from ptx_runner import assembled, kernel, kinds
from sparse_metadata import pattern, stored_columns, words

from clawc.emulators.interface import EmulationError
from clawc.emulators.ptx.mma_form import form_of
from clawc.emulators.ptx.opcode import Opcode, UnknownInstruction

RNG = np.random.default_rng(5)
RANGE = {"s8": (-128, 128), "u8": (0, 256), "s4": (-8, 8), "u4": (0, 16)}
FORMS = {  # the number of selectors of each
    **{("f16", "f16", "f16", 16): 4, ("f32", "f16", "f16", 16): 4, ("f32", "f16", "f16", 32): 2},
    **{("f16", "f16", "f16", 32): 2, ("f32", "bf16", "bf16", 16): 4},
    **{("f32", "bf16", "bf16", 32): 2, ("f32", "tf32", "tf32", 8): 4},
    **{("f32", "tf32", "tf32", 16): 2, ("s32", "s8", "u8", 32): 2, ("s32", "u8", "u8", 64): 1},
    **{("s32", "s8", "s8", 64): 1, ("s32", "s4", "u4", 64): 2, ("s32", "u4", "s4", 128): 1},
    **{("f32", "e4m3", "e5m2", 64): 1, ("f32", "e5m2", "e5m2", 64): 1},
}


def sparse(d: str, a: str, b: str, k: int, selector: int = 0, variant: str = "sp", tail: str = ""):
    """The instruction, A with its zeros, B and C."""
    nibbles = pattern(a, k, "ordered" in variant)
    stored = RNG.integers(*RANGE.get(a, (-4, 5)), (16, k // 2))
    whole = np.zeros((16, k), np.int64)
    for row in range(16):
        whole[row, stored_columns(a, nibbles[row])] = stored[row]
    right, plus = RNG.integers(*RANGE.get(b, (-4, 5)), (k, 8)), RNG.integers(-9, 9, (16, 8))
    per = 32 // BITS[a]

    def a_place(i: int):  # row and firstcol of the manual, which is of A with its zeros
        first = 2 * per * MEMBER + 8 * per * (i >= 2 * per)
        return GROUP + 8 * (i // per % 2), first // 2 + i % per

    product = Product(
        f"mma.{variant}.sync.aligned.m16n8k{k}.row.col{tail}.{d}.{a}.{b}.{d}",
        packed(stored, a, a_place),
        packed(right, b, lambda i: (per * MEMBER + i % per + 4 * per * (i // per), GROUP)),
        packed(plus, d, c_place),
        np.zeros((32, 2 if d == "f16" else 4), np.uint32),
        metadata=words(a, nibbles, selector),
        after=f", %vm, {selector}",
    )
    return product, whole, right, plus


@pytest.mark.parametrize("variant", ["sp", "sp::ordered_metadata"])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: ".".join(map(str, form)))
def test_sparse_products(form, variant):
    for selector in range(FORMS[form]):
        product, a, b, c = sparse(*form, selector, variant)
        outcome = product.run()
        assert not outcome.findings
        found = unpacked(product.result, form[0], (16, 8), c_place)
        np.testing.assert_array_equal(found, a @ b + c)
        assert outcome.counts.matrix_flop == 2 * 16 * 8 * form[3]


def test_the_assembler_takes_the_forms():
    products = [
        sparse(*form, selector, variant)[0]
        for form, selectors in FORMS.items()
        for selector in range(selectors)
        for variant in ("sp", "sp::ordered_metadata")
    ]
    body = "\n".join([products[0].declarations, *(p.instruction for p in products)])
    assembled(for_chip(kernel(body), "sm_90"), "sm_90")


@pytest.mark.parametrize(
    ("type_", "variant", "bits"),
    [
        ("f16", "sp", 0b0101),
        ("f16", "sp::ordered_metadata", 0b0001),
        ("tf32", "sp", 0b1000),
        ("tf32", "sp", 0b0000),
    ],
)
def test_metadata_that_mean_nothing_are_found(type_, variant, bits):
    product, *_ = sparse("f32", type_, type_, 16, 0, variant)
    product.metadata[8] = product.metadata[8] & 0xFFFFF0FF | bits << 8
    assert kinds(product.run().findings) == {"metadata"}


def test_other_metadata_or_another_selector_give_other_numbers():
    product, a, b, c = sparse("f32", "f16", "f16", 32)
    product.after = ", %vm, 1"
    product.run()
    assert (unpacked(product.result, "f32", (16, 8), c_place) != a @ b + c).any()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: ".".join(map(str, form)))
def test_selectors_that_are_not_there(form):
    product, *_ = sparse(*form)
    product.after = f", %vm, {FORMS[form]}"
    with pytest.raises(EmulationError, match=product.opcode):
        product.run()


@pytest.mark.parametrize(
    "wrong",
    [
        "m16n8k16.row.col.s32.s8.s8.s32",
        "m16n8k32.row.col.f32.e4m3.e4m3.f32",
        "m16n8k64.row.col.f16.e4m3.e4m3.f16",
        "m16n8k8.row.col.f32.f16.f16.f32",
        "m16n8k16.row.row.f32.f16.f16.f32",
        "m16n8k256.row.col.s32.b1.b1.s32.xor.popc",
    ],
)
def test_forms_that_no_chip_has(wrong):
    with pytest.raises(UnknownInstruction, match=wrong):
        form_of(Opcode(f"mma.sp.sync.aligned.{wrong}"), "sm_90")


def test_integers_saturate():
    product, *_ = sparse("s32", "s8", "s8", 64, tail=".satfinite")
    product.a[:], product.b[:], product.c[:] = 0x80808080, 0x7F7F7F7F, 0x80000000
    product.run()
    assert (product.result.view(np.int32) == -(2**31)).all()
