"""`wmma` in every shape, type and layout against exact integers; what is wrong with addresses."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from ptx_runner import assembled, kinds, launch
from wmma_runner import Program, in_memory

from clawc.emulators.interface import EmulationError, Options

RNG = np.random.default_rng(8)
WIDE = ["m16n16k16", "m8n32k16", "m32n8k16"]
FORMS = [
    *((shape, "f16", d, c) for shape in WIDE for d in ("f16", "f32") for c in ("f16", "f32")),
    *((shape, "bf16", "f32", "f32") for shape in WIDE),
    *((shape, type_, "s32", "s32") for shape in WIDE for type_ in ("s8", "u8")),
    *(("m16n16k8", "tf32", "f32", "f32"), ("m8n8k4", "f64", "f64", "f64")),
    *(("m8n8k32", "s4", "s32", "s32"), ("m8n8k32", "u4", "s32", "s32")),
    ("m8n8k128", "b1", "s32", "s32"),
]


def layouts(type_: str) -> list[str]:
    inputs = ["rc"] if type_ in ("s4", "u4", "b1") else ["rr", "rc", "cr", "cc"]
    return ["".join(pair) for pair in itertools.product(inputs, ["rr", "rc", "cr"])]


@pytest.mark.parametrize("form", FORMS, ids=".".join)
def test_products(form):
    for order in layouts(form[1]):
        program = Program(*form, layouts=order)
        operations = [".xor.popc", ".and.popc"] if form[1] == "b1" else [""]
        for program.operation in operations:
            found, outcome = program.run()
            assert not outcome.findings
            np.testing.assert_array_equal(found, program.expected())
            assert outcome.counts.matrix_flop == 2 * program.m * program.n * program.k


def test_the_assembler_takes_the_programs():
    for form in FORMS:
        program = Program(*form)
        program.operation = ".xor.popc" if form[1] == "b1" else ""
        assembled(program.text(), "sm_90")


def test_without_a_stride_rows_follow_each_other():
    for order in layouts("f16"):
        program = Program("m8n32k16", "f16", "f32", "f16", layouts=order, space="")
        program.strides = {name: program.packed(name) for name in "abcd"}
        found, outcome = program.run()
        assert not outcome.findings
        np.testing.assert_array_equal(found, program.expected())


def test_two_warps_have_their_own_products():
    """The second one's matrices are 512 bytes further."""
    program = Program("m16n16k16", "f16", "f32", "f32")
    program.strides = {name: program.packed(name) for name in "abcd"}
    twice = {name: RNG.integers(-4, 5, (32, 16)) for name in "abc"}
    further = "\n".join(
        f"mul.wide.u32 %d9, %r9, {512 if x in 'ab' else 1024}; add.u64 %d{i}, %d{i}, %d9;"
        for i, x in enumerate("abcd")
    )
    text = program.text(f"shr.u32 %r9, %r0, 5;\n{further}")
    arrays = [in_memory(twice[x], program.types[x], True, 16) for x in "abc"]
    found = np.zeros((2, 16, 16), np.float32)
    outcome = launch(text, "k", 1, 64, [*arrays, found])
    assert not outcome.findings
    a, b, c = (twice[x].reshape(2, 16, 16) for x in "abc")
    np.testing.assert_array_equal(found, a @ b.swapaxes(1, 2) + c)


def test_integers_saturate():
    program = Program("m16n16k16", "s8", "s32", "s32")
    program.matrices["a"][:], program.matrices["b"][:], program.matrices["c"][:] = (
        -128,
        127,
        -(2**31),
    )
    assert (program.run()[0] == 2**31 - 16 * 128 * 127).all()
    program.saturate = ".satfinite"
    assert (program.run()[0] == -(2**31)).all()


def test_elements_of_accumulators_are_in_one_order():
    """f16 and f32 of a shape: what is stored as halves is what was held as floats."""
    for shape in WIDE:
        program = Program(shape, "f16", "f16", "f32")
        lines = [
            f"cvt.rn.f16.f32 %h1, %vc{2 * i}; cvt.rn.f16.f32 %h2, %vc{2 * i + 1};"
            f"mov.b32 %vd{i}, {{%h1, %h2}};"
            for i in range(4)
        ]
        text = program.text().replace(program.product(), "\n".join(lines))
        found, outcome = program.run(text)
        assert not outcome.findings
        np.testing.assert_array_equal(found, program.matrices["c"])


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("[%d0]", "[%d0+16]", "misaligned"),
        ("[%d0], 32", "[%d0], 17", "misaligned"),
        ("[%d1]", "[%d1+512]", "out-of-bounds"),
        ("[%d3]", "[%d3+64]", "out-of-bounds"),
        ("wmma.load.a", "@%p1 wmma.load.a", "divergence"),
        ("[%d2], 24", "[%d2], %r0", "divergence"),
    ],
)
def test_broken_programs(old, new, kind):
    program = Program("m16n16k16", "f16", "f32", "f32")
    text = program.text("setp.lt.u32 %p1, %r0, 16;")
    assert old in text
    _, outcome = program.run(text.replace(old, new))
    assert kind in kinds(outcome.findings)


@pytest.mark.parametrize(("plain", "wrong"), [("", set()), ("st.global.b16 [%d2+2], 7;", {"race"})])
def test_a_matrix_is_turned_in_its_place(plain, wrong):
    """By one warp, which no lane overtakes; a lane's own access needs a barrier before it."""
    program = Program("m16n16k16", "f16", "f16", "f16", layouts="rcrc")
    load, store = program.transfer("c", "%d2"), program.transfer("d", "%d2").replace("%vd", "%vc")
    alone = f"setp.eq.u32 %p1, %r0, 9;\n@!%p1 ret;\n{plain}" if plain else ""
    before, _, after = program.text().partition("wmma.load.a")
    text = f"{before}{load}\n{store}\n{alone}\n{after[after.index('ret;') :]}"
    c = in_memory(program.matrices["c"], "f16", True, program.strides["c"])
    outcome = launch(text, "k", 1, 32, [*np.zeros((2, 16)), c, np.zeros(16)])
    assert kinds(outcome.findings) == wrong
    if not plain:
        held = c.view(np.float16).reshape(16, -1)[:, :16]
        np.testing.assert_array_equal(held, program.matrices["c"].T)


def test_warps_that_store_to_one_place_race():
    program = Program("m16n16k16", "f16", "f32", "f32")
    text = program.text("shr.u32 %r9, %r0, 5; cvt.rn.f32.u32 %f1, %r9;")
    text = text.replace("wmma.store", "mov.b32 %vd0, %f1;\nwmma.store")
    _, outcome = program.run(text, threads=64)
    assert kinds(outcome.findings) == {"race"}


def test_warps_side_by_side_do_not_race():
    """Parts of 8 bytes, 8 bytes apart from where pieces of 16 begin."""
    program = Program("m8n8k32", "s4", "s32", "s32")
    program.strides["d"] = 16
    text = program.text("shr.u32 %r9, %r0, 5; mul.wide.u32 %d9, %r9, 32; add.u64 %d3, %d3, %d9;")
    arrays = [
        in_memory(program.matrices[x], program.types[x], x != "b", program.strides[x])
        for x in "abc"
    ]
    found = np.zeros((9, 16), np.int32)
    outcome = launch(text.replace("[%d3]", "[%d3+8]"), "k", 1, 64, [*arrays, found])
    assert not outcome.findings
    held = found.reshape(-1)[2 : 2 + 128].reshape(8, 2, 8)
    np.testing.assert_array_equal(held, np.stack([program.expected()] * 2, axis=1))


def test_an_address_that_nobody_set():
    program = Program("m16n16k16", "f16", "f32", "f32")
    text = program.text().replace("[%d3]", "[%d30]")
    assert "uninitialised" in kinds(program.run(text)[1].findings)


def test_what_is_counted():
    program = Program("m16n16k16", "f16", "f32", "f32")
    program.strides = {name: program.packed(name) for name in "abcd"}
    _, outcome = program.run(options=Options(count=True))
    counts = outcome.counts
    assert counts.memory_bytes["global read"] == 512 + 512 + 1024
    assert counts.memory_bytes["global write"] == 1024
    assert counts.warp_instructions["matrix"] == 1
    assert counts.warp_instructions["global access"] == 4


@pytest.mark.parametrize(
    ("what", "new"),
    [
        ("mma", "row.col.m16n16k16.f32.f32.satfinite"),
        ("mma", "row.col.m16n16k16.s32.s8.u8.s32"),
        ("mma", "row.col.m16n16k8.f32.f32"),
        ("mma", "row.col.m16n16k16.f32.f16.f16.f32"),
        ("mma", "row.row.m8n8k128.s32.b1.b1.s32"),
        ("load.a", "row.m16n16k8.global.f16"),
        ("load.a", "row.m16n16k16.global.s4"),
        ("load.a", "col.m8n8k32.global.s4"),
        ("store.d", "row.m8n8k4.global.f32"),
        ("store.d", "row.m16n16k16.global.f16"),
    ],
)
def test_forms_that_no_chip_has(what, new):
    program = Program("m16n16k16", "f16", "f32", "f32")
    opcode = f"wmma.{what}.sync.aligned.{new}"
    text = re.sub(rf"wmma.{what}\S+", opcode, program.text())
    with pytest.raises(EmulationError, match=opcode):
        program.run(text)


@pytest.mark.parametrize(
    ("form", "chip"),
    [
        (("m16n16k16", "bf16", "f32", "f32"), "sm_75"),
        (("m8n8k32", "s4", "s32", "s32"), "sm_70"),
        (("m8n8k4", "f64", "f64", "f64"), "sm_75"),
    ],
)
def test_chips_that_have_a_form_not_yet(form, chip):
    program = Program(*form)
    with pytest.raises(EmulationError, match=f"the file for {chip}"):
        program.run(program.text().replace("sm_90", chip))


def test_and_came_later_than_xor():
    program = Program("m8n8k128", "b1", "s32", "s32")
    program.operation = ".and.popc"
    with pytest.raises(EmulationError, match="is for sm_80, the file for sm_75"):
        program.run(program.text().replace("sm_90", "sm_75"))
    program.operation = ".xor.popc"
    assert not program.run(program.text().replace("sm_90", "sm_75"))[1].findings


@pytest.mark.parametrize("types", ["rn.f64.f64.f64.f64", "f64.f64.f64.f64.rn"])
def test_doubles_that_say_how_they_are_rounded(types):
    program = Program("m8n8k4", "f64", "f64", "f64")
    text = program.text().replace("m8n8k4.f64.f64.f64.f64", f"m8n8k4.{types}")
    assembled(text, "sm_90")
    found, outcome = program.run(text)
    assert not outcome.findings
    np.testing.assert_array_equal(found, program.expected())
    with pytest.raises(EmulationError, match=types.replace("rn", "rz")):
        program.run(text.replace(types, types.replace("rn", "rz")))
