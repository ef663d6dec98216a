"""Registers of which a part was never set: it may be carried about, and must not be looked at."""

from __future__ import annotations

import numpy as np
import pytest
from ptx_runner import kernel, kinds, launch

# Each leaves %r11 with bytes of %r10, which nobody set, and of %r0, the thread.
CARRIED = {
    "prmt.b32 %r11, %r0, %r10, 0x3012;": "",
    "prmt.b32 %r11, %r10, %r0, 0x7654;": "",
    "prmt.b32 %r11, %r10, %r0, 0x0654;": "uninitialised",
    "prmt.b32 %r11, %r0, %r10, 0xC210;": "uninitialised",  # the sign of a byte
    "prmt.b32 %r12, %r0, %r10, 0x4104;\nprmt.b32 %r11, %r12, %r0, 0x1211;": "",
    "prmt.b32 %r12, %r0, %r10, 0x4104;\nprmt.b32 %r11, %r12, %r0, 0x1210;": "uninitialised",
    "and.b32 %r12, %r10, %r0;\nprmt.b32 %r11, %r12, %r0, 0x7654;": "",
    "and.b32 %r12, %r10, %r0;\nprmt.b32 %r11, %r12, %r0, 0x7653;": "uninitialised",
    "add.u32 %r12, %r10, %r0;\nprmt.b32 %r11, %r12, %r0, 0x7654;": "uninitialised",
    "cvt.u16.u32 %h1, %r0;\nmov.b32 %r12, {%h1, %h2};\nprmt.b32 %r11, %r12, 0, 0x1010;": "",
    "cvt.u16.u32 %h1, %r0;\nmov.b32 %r12, {%h1, %h2};\ncvt.s32.s16 %r11, %r12;": "",
    "cvt.u16.u32 %h1, %r0;\nmov.b32 %r12, {%h2, %h1};\ncvt.s32.s16 %r11, %r12;": "uninitialised",
    "cvt.u16.u32 %h1, %r0;\nmov.b32 %r12, {%h2, %h1};\nshr.u32 %r11, %r12, 16;": "",
    "cvt.u16.u32 %h1, %r0;\nmov.b32 %r12, {%h2, %h1};\nshr.u32 %r11, %r12, 15;": "uninitialised",
    "cvt.u16.u32 %h1, %r0;\nmov.b32 %r12, {%h1, %h2};\nshr.s32 %r11, %r12, 31;": "uninitialised",
    "cvt.u16.u32 %h1, %r0;\nmov.b32 %r12, {%h1, %h2};\nshl.b32 %r11, %r12, 16;": "",
    "cvt.u16.u32 %h1, %r0;\nmov.b32 %r12, {%h1, %h2};\nshl.b32 %r11, %r12, 15;": "uninitialised",
    "cvt.u16.u32 %h1, %r0;\nmov.b32 %r12, {%h1, %h2};\nmov.b32 {%h3, %h4}, %r12;\n"
    "mov.b32 %r11, {%h4, %h3};": "uninitialised",
}


@pytest.mark.parametrize("text", CARRIED)
def test_bytes_of_unset_registers(text: str) -> None:
    store = "mul.wide.u32 %d10, %r0, 4;\nadd.u64 %d11, %d0, %d10;\nst.global.b32 [%d11], %r11;"
    outcome = launch(kernel(f"{text}\n{store}", 1), "k", 1, 32, [np.zeros(32, np.uint32)])
    assert "".join(kinds(outcome.findings)) == CARRIED[text]


@pytest.mark.parametrize(
    "text",
    [
        "@%p2 bra over;\nadd.u32 %r1, %r0, 1;\nover:",
        "@!%p2 exit;",
        "bar.sync %r5;",
        "setp.eq.u32 %p3, %r0, 99;\n@%p3 setp.eq.u32 %p2, %r0, 0;\n@%p2 bra over;\nover:",
    ],
)
def test_ways_that_unset_registers_decide(text: str) -> None:
    assert kinds(launch(kernel(text, 0), "k", 1, 32, []).findings) == {"uninitialised"}
    known = text.replace("%p2", "%p4").replace("%r5", "1")
    outcome = launch(kernel(f"setp.eq.u32 %p4, %r0, 0;\n{known}", 0), "k", 1, 32, [])
    assert not outcome.findings


@pytest.mark.parametrize(
    ("pair", "store", "found"),
    [
        ("{%r0, %r10}", "b32", set()),
        ("{%r0, %r10}", "b16", set()),
        ("{%r0, %r10}", "b64", {"uninitialised"}),
        ("{%r10, %r0}", "b32", {"uninitialised"}),
        ("{%r10, %r0}", "b8", {"uninitialised"}),
    ],
)
def test_stores_of_the_low_bits(pair: str, store: str, found: set[str]) -> None:
    body = f"mov.b64 %d12, {pair};\nmul.wide.u32 %d10, %r0, 8;\nadd.u64 %d11, %d0, %d10;\n"
    text = kernel(f"{body}st.global.{store} [%d11], %d12;", 1)
    outcome = launch(text, "k", 1, 32, [np.zeros(32, np.uint64)])
    assert kinds(outcome.findings) == found
