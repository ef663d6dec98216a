"""Tensor maps: what is refused, how they get into a kernel, where swizzles put things."""

import numpy as np
import pytest
from ptx_runner import kernel, launch

from clawc.emulators.interface import EmulationError
from clawc.emulators.ptx.tensor_map import (
    BYTES,
    BadTensorMap,
    TensorMap,
    encode_tiled,
    swizzled,
)

GOOD = dict(address=1 << 40, type_="f16", dims=[40, 30], strides=[80], box=[64, 8], swizzle=128)
BAD = {
    "type": dict(type_="f8"),
    "integers outside": dict(type_="s32", box=[32, 8], fill="nan"),
    "address": dict(address=(1 << 40) + 8),
    "dimensions": dict(dims=[1] * 6, strides=[16] * 5, box=[8] * 6),
    "no dimensions": dict(dims=[], strides=[], box=[]),
    "an empty dimension": dict(dims=[40, 0]),
    "strides": dict(strides=[84]),
    "too few strides": dict(strides=[]),
    "box": dict(box=[64, 257]),
    "rows of the box": dict(box=[60, 8]),
    "rows and the swizzle": dict(box=[128, 8]),
    "rows that do not fill the swizzle": dict(box=[32, 8]),
    "element strides": dict(element_strides=[1, 9]),
    "swizzle": dict(swizzle=96),
}


@pytest.mark.parametrize("what", BAD)
def test_what_the_driver_refuses(what):
    assert len(encode_tiled(**GOOD)) == BYTES
    with pytest.raises(BadTensorMap):
        encode_tiled(**{**GOOD, **BAD[what]})


def test_maps_are_read_back():
    made = TensorMap(encode_tiled(**{**GOOD, "element_strides": [1, 3]}))
    assert (made.type, made.size, made.swizzle, made.fill) == ("f16", 2, 128, "zero")
    assert made.dims.tolist() == [40, 30] and made.strides.tolist() == [2, 80]
    assert made.box.tolist() == [64, 3] and made.bytes == 64 * 3 * 2
    assert made.pitch == 128 and made.rows == 3
    with pytest.raises(BadTensorMap):
        TensorMap(bytes(BYTES))
    with pytest.raises(BadTensorMap):
        TensorMap(b"\xff" * BYTES)


@pytest.mark.parametrize("swizzle", [0, 32, 64, 128])
def test_swizzles(swizzle):
    """The manual's pictures: piece j of row i of 128 bytes is where piece j xor (i mod n) was."""
    address = np.arange(2048)
    row, piece, within = address // 128, address // 16 % 8, address % 16
    count = max(1, swizzle // 16)
    expected = row * 128 + (piece ^ row % count) * 16 + within
    np.testing.assert_array_equal(swizzled(address, swizzle), expected)
    assert set(swizzled(address, swizzle)) == set(address)


BY_VALUE = """
    mov.b64 %d10, p2;
    cvta.param.u64 %d11, %d10;
    shl.b32 %r1, %r0, 3;
    cvt.u64.u32 %d12, %r1;
    add.u64 %d13, %d11, %d12;
    ld.param.b64 %d14, [%d10];
    ld.b64 %d15, [%d13];
    add.u64 %d16, %d0, %d12;
    st.global.b64 [%d16], %d15;
"""


def test_structures_are_passed_by_value():
    text = kernel(BY_VALUE, 1).replace("k(.param .u64 p0", "k(.param .u64 p0, .param .u32 p1, "
                                       ".param .align 64 .b8 p2[128]")  # fmt: skip
    blob, found = bytes(range(128)), np.zeros(16, np.uint64)
    assert not launch(text, "k", 1, 16, [found, 7, lambda addresses: blob]).findings
    assert found.tobytes() == blob
    with pytest.raises(EmulationError, match="128 bytes; 127 are passed"):
        launch(text, "k", 1, 16, [found, 7, lambda addresses: blob[1:]])


def test_labels_are_known_in_their_braces():
    loop = "{\n .reg .pred %q;\nAgain:\n add.u32 %r1, %r1, 1;\n setp.lt.u32 %q, %r1, LIMIT;\n"
    loop += " {\n @%q bra Again;\n }\n}\n"
    body = " mov.u32 %r1, 0;\n" + loop.replace("LIMIT", "5") + loop.replace("LIMIT", "9")
    body += " mul.wide.u32 %d10, %r0, 4;\n add.u64 %d11, %d0, %d10;\n st.global.b32 [%d11], %r1;"
    found = np.zeros(32, np.uint32)
    assert not launch(kernel(body, 1), "k", 1, 32, [found]).findings
    assert (found == 9).all()
    with pytest.raises(EmulationError, match="no label"):
        launch(kernel(body + "\n bra Again;", 1), "k", 1, 32, [found])
