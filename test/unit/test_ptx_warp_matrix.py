"""Matrices of 8x8 halves between shared memory and registers."""

import numpy as np
import pytest
from ptx_runner import kernel, launch

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
    lane = np.arange(32)
    for i in range(4):
        part = x[8 * (i % 2) :, 8 * (i // 2) :][:8, :8]
        part = part.T if transposed else part
        for j in range(2):
            np.testing.assert_array_equal(halves[:, i, j], part[lane // 4, 2 * (lane % 4) + j])
