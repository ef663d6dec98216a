"""Matrices between shared memory and registers, laid out by the manual's figures."""

import numpy as np
import pytest
from mma_runner import GROUP, MEMBER, for_chip
from ptx_runner import assembled, kernel, kinds, launch

from clawc.emulators.interface import EmulationError

SHARED = "    .shared .align 16 .b8 buffer[1024];"


@pytest.mark.parametrize("transposed", [False, True])
def test_loads_of_matrices(transposed):
    x = np.arange(256, dtype=np.uint16).reshape(16, 16)
    found = np.zeros((32, 4), np.uint32)
    body = f"""
    mul.wide.u32 %d10, %r0, 16;
    add.u64 %d11, %d0, %d10;
    ld.global.v4.b32 {{%r10, %r11, %r12, %r13}}, [%d11];
    mov.u32 %r2, buffer;
    shl.b32 %r1, %r0, 4;
    add.s32 %r3, %r2, %r1;
    st.shared.v4.b32 [%r3], {{%r10, %r11, %r12, %r13}};
    bar.sync 0;
    and.b32 %r4, %r0, 15;
    shl.b32 %r4, %r4, 5;
    and.b32 %r5, %r0, 16;
    add.s32 %r6, %r4, %r5;
    add.s32 %r6, %r6, %r2;
    ldmatrix.sync.aligned.m8n8.x4{".trans" if transposed else ""}.shared.b16
        {{%r10, %r11, %r12, %r13}}, [%r6];
    add.u64 %d12, %d1, %d10;
    st.global.v4.b32 [%d12], {{%r10, %r11, %r12, %r13}};
"""
    outcome = launch(kernel(body, shared=SHARED), "k", 1, 32, [x, found])
    assert not outcome.findings
    halves = found.view(np.uint16).reshape(32, 4, 2)
    for i in range(4):
        part = x[8 * (i % 2) :, 8 * (i // 2) :][:8, :8]
        part = part.T if transposed else part
        for j in range(2):
            np.testing.assert_array_equal(halves[:, i, j], part[GROUP, 2 * MEMBER + j])


RNG = np.random.default_rng(9)
INTO_SHARED = """
    mul.wide.u32 %d10, %r0, 16;
    add.u64 %d11, %d0, %d10;
    ld.global.v4.b32 {%r10, %r11, %r12, %r13}, [%d11];
    mov.u32 %r2, buffer;
    shl.b32 %r1, %r0, 4;
    add.s32 %r3, %r2, %r1;
"""
OUT_OF_SHARED = """
    ld.shared.v4.b32 {%r10, %r11, %r12, %r13}, [%r3];
    add.u64 %d12, %d1, %d10;
    st.global.v4.b32 [%d12], {%r10, %r11, %r12, %r13};
"""
FILL = "st.shared.v4.b32 [%r3], {%r10, %r11, %r12, %r13};"


def loading(opcode: str, count: int, fill: str = FILL, chip: str = "sm_120a") -> str:
    """`ldmatrix` of 32 rows of 16 bytes, a lane a row; registers that it does not set are 0."""
    clear = "mov.b32 %r20, 0; mov.b32 %r21, 0; mov.b32 %r22, 0; mov.b32 %r23, 0;"
    held = ", ".join(f"%r{20 + i}" for i in range(count))
    body = f"""{INTO_SHARED} {fill} bar.warp.sync -1;
    {clear}
    {opcode} {{{held}}}, [%r3];
    add.u64 %d12, %d1, %d10;
    st.global.v4.b32 [%d12], {{%r20, %r21, %r22, %r23}};
"""
    return for_chip(kernel(body, shared=SHARED), chip)


def storing(opcode: str, count: int, chip: str) -> str:
    held = ", ".join(f"%r{10 + i}" for i in range(count))
    zero = "mov.b32 %r30, 0; st.shared.v4.b32 [%r3], {%r30, %r30, %r30, %r30}; bar.warp.sync -1;"
    body = f"""{INTO_SHARED} {zero}
    {opcode} [%r3], {{{held}}};
    bar.warp.sync -1;
    {OUT_OF_SHARED}"""
    return for_chip(kernel(body, shared=SHARED), chip)


def run(text: str, x: np.ndarray, chip: str) -> tuple[np.ndarray, set[str]]:
    found = np.zeros((32, 4), np.uint32)
    outcome = launch(text, "k", 1, 32, [x, found])
    assembled(text, chip)
    return found, kinds(outcome.findings)


def rows_of_bytes(bits: int) -> tuple[np.ndarray, np.ndarray]:
    """32 rows of 16 elements of so many bits, each in a byte; and as they are in memory."""
    elements = RNG.integers(0, 2**bits, (32, 16)).astype(np.uint8)
    memory = RNG.integers(0, 256, (32, 16)).astype(np.uint8)
    each = elements[:, :, None] >> np.arange(bits) & 1
    memory[:, : 2 * bits] = np.packbits(each.reshape(32, -1), axis=1, bitorder="little")
    return elements, memory


FORMATS = {8: "b8", 6: "b8x16.b6x16_p32", 4: "b8x16.b4x16_p64"}


@pytest.mark.parametrize("bits", [6, 4])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_loads_of_small_elements(count, bits):
    """Lane 4g+m has elements 4m to 4m+3 of row g."""
    elements, memory = rows_of_bytes(bits)
    opcode = f"ldmatrix.sync.aligned.m8n16.x{count}.shared.{FORMATS[bits]}"
    found, wrong = run(loading(opcode, count), memory, "sm_120a")
    assert not wrong
    held = found.view(np.uint8).reshape(32, 4, 4)
    for i in range(count):
        for j in range(4):
            np.testing.assert_array_equal(held[:, i, j], elements[8 * i + GROUP, 4 * MEMBER + j])


@pytest.mark.parametrize("bits", [8, 6, 4])
@pytest.mark.parametrize("count", [1, 2])
def test_loads_that_turn_bytes_round(count, bits):
    """Lane 4g+m has of columns g and g+8 the elements of rows 4m to 4m+3."""
    elements, memory = rows_of_bytes(bits)
    opcode = f"ldmatrix.sync.aligned.m16n16.x{count}.trans.shared.{FORMATS[bits]}"
    found, wrong = run(loading(opcode, 2 * count), memory, "sm_120a")
    assert not wrong
    held = found.view(np.uint8).reshape(32, 4, 4)
    for i in range(count):
        for half in range(2):
            for j in range(4):
                expected = elements[16 * i + 4 * MEMBER + j, GROUP + 8 * half]
                np.testing.assert_array_equal(held[:, 2 * i + half, j], expected)


def test_padding_may_be_unset():
    _, memory = rows_of_bytes(4)
    opcode = "ldmatrix.sync.aligned.m8n16.x4.shared.b8x16.b4x16_p64"
    half = "st.shared.v2.b32 [%r3], {%r10, %r11};"
    assert not run(loading(opcode, 4, half), memory, "sm_120a")[1]
    found = run(loading(opcode.replace("b4x16_p64", "b6x16_p32"), 4, half), memory, "sm_120a")[1]
    assert found == {"uninitialised"}


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_stores_of_halves(count, transposed):
    x = RNG.integers(0, 2**16, (32, 4, 2)).astype(np.uint16)
    opcode = f"stmatrix.sync.aligned.m8n8.x{count}{'.trans' * transposed}.shared.b16"
    found, wrong = run(storing(opcode, count, "sm_90"), x, "sm_90")
    assert not wrong
    expected = np.zeros((4, 8, 8), np.uint16)
    for i in range(count):
        for j in range(2):
            row, column = GROUP, 2 * MEMBER + j
            expected[(i, column, row) if transposed else (i, row, column)] = x[:, i, j]
    np.testing.assert_array_equal(found.view(np.uint16).reshape(4, 8, 8), expected)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_stores_that_turn_bytes_round(count):
    """A lane has columns 2m and 2m+1 of rows g and g+8: they are stored by columns."""
    x = RNG.integers(0, 256, (32, 4, 4)).astype(np.uint8)
    opcode = f"stmatrix.sync.aligned.m16n8.x{count}.trans.shared.b8"
    found, wrong = run(storing(opcode, count, "sm_120a"), x, "sm_120a")
    assert not wrong
    expected = np.zeros((4, 8, 16), np.uint8)
    for i in range(count):
        for j in range(4):
            expected[i, 2 * MEMBER + j % 2, GROUP + 8 * (j // 2)] = x[:, i, j]
    np.testing.assert_array_equal(found.view(np.uint8).reshape(4, 8, 16), expected)


def test_a_matrix_is_turned_round():
    x = RNG.integers(0, 2**16, (32, 4, 2)).astype(np.uint16)
    body = f"""{INTO_SHARED}
    movmatrix.sync.aligned.m8n8.trans.b16 %r10, %r10;
    {FILL} {OUT_OF_SHARED}"""
    found, wrong = run(kernel(body, shared=SHARED), x, "sm_90")
    assert not wrong
    before, after = (y.reshape(32, 8)[:, :2].reshape(8, 8) for y in (x, found.view(np.uint16)))
    np.testing.assert_array_equal(after, before.T)


@pytest.mark.parametrize(
    ("opcode", "registers"),
    [
        ("ldmatrix.sync.aligned.m16n16.x1.shared.b8", 2),
        ("ldmatrix.sync.aligned.m16n16.x4.trans.shared.b8", 4),
        ("ldmatrix.sync.aligned.m8n16.x2.trans.shared.b8x16.b4x16_p64", 2),
        ("ldmatrix.sync.aligned.m8n16.x2.shared.b8", 2),
        ("ldmatrix.sync.aligned.m8n8.x2.shared.b8", 2),
        ("ldmatrix.sync.aligned.m8n8.x2.global.b16", 2),
        ("ldmatrix.sync.aligned.m8n8.x4.shared.b16", 2),
    ],
)
def test_forms_that_no_chip_has(opcode, registers):
    with pytest.raises(EmulationError, match=opcode):
        run(loading(opcode, registers), np.zeros((32, 4), np.uint32), "sm_120a")


@pytest.mark.parametrize("chip", ["sm_90", "sm_120"])
def test_only_some_families_have_bytes(chip):
    opcode = "ldmatrix.sync.aligned.m16n16.x2.trans.shared.b8"
    with pytest.raises(EmulationError, match=f"is for sm_100a or sm_120a, the file for {chip}"):
        run(loading(opcode, 4, chip=chip), np.zeros((32, 4), np.uint32), chip)
    store = storing("stmatrix.sync.aligned.m8n8.x4.shared.b16", 4, "sm_80")
    with pytest.raises(EmulationError, match="is for sm_90, the file for sm_80"):
        run(store, np.zeros((32, 4), np.uint32), "sm_80")
