"""`match.all.sync`: whether the threads of a warp that take part have the same value."""

import numpy as np
import pytest
from ptx_runner import kernel, launch

BODY = """
    mul.wide.u32 %d10, %r0, 4; add.u64 %d11, %d0, %d10; ld.global.b32 %r1, [%d11];
    cvt.u64.u32 %d12, %r1; shl.b64 %d12, %d12, 31;
    mov.u32 %r2, 0; mov.u32 %r3, 0;
    setp.lt.u32 %p2, %r0, 40;
    @%p2 match.all.sync.TYPE %r2|%p1, VALUE, MASK;
    @%p2 selp.b32 %r3, 1, 0, %p1;
    add.u64 %d11, %d1, %d10; st.global.b32 [%d11], %r2;
    add.u64 %d11, %d2, %d10; st.global.b32 [%d11], %r3;
"""


@pytest.mark.parametrize(("type_", "value"), [("b32", "%r1"), ("b64", "%d12")])
@pytest.mark.parametrize("odd", [None, 0, 5, 31, 35, 39])
def test_match_all(type_, value, odd):
    """Two warps with a value each, of the second eight threads; one thread's value differs."""
    x = np.repeat(np.array([7, 9], np.uint32), 32)
    if odd is not None:
        x[odd] = 8
    mask = "%r5"
    head = "setp.lt.u32 %p3, %r0, 32; selp.b32 %r5, 0xFFFFFFFF, 0xFF, %p3;"
    body = head + BODY.replace("TYPE", type_).replace("VALUE", value).replace("MASK", mask)
    masks, same = (np.ones(64, np.uint32) for _ in range(2))
    outcome = launch(kernel(body, parameters=3), "k", 1, 64, [x, masks, same])
    assert not outcome.findings, outcome.findings
    agreed = [odd is None or odd // 32 != warp for warp in range(2)]
    expected = [0xFFFFFFFF * agreed[0]] * 32 + [0xFF * agreed[1]] * 8 + [0] * 24
    np.testing.assert_array_equal(masks, np.array(expected, np.uint32))
    np.testing.assert_array_equal(same, np.array(expected, np.uint32) != 0)
