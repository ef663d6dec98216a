"""Threads of a warp in parties: what they do together stays within each; `match.all.sync`."""

import numpy as np
import pytest
from ptx_runner import kernel, kinds, launch

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


PARTIES = """
    mul.wide.u32 %d10, %r0, 4; add.u64 %d11, %d0, %d10; ld.global.b32 %r1, [%d11];
    and.b32 %r4, %r0, 28; mov.u32 %r5, 15; shl.b32 %r5, %r5, %r4;
    setp.ne.u32 %p1, %r1, 7;
    INSTRUCTION;
    add.u64 %d11, %d1, %d10; st.global.b32 [%d11], %r2;
"""
X = np.random.default_rng(5).integers(0, 3, 64).astype(np.int32) + 6
QUADS = X.reshape(-1, 4)
SHIFT = np.arange(64, dtype=np.uint64) % 32 // 4 * 4
BITS = np.uint64(1) << np.arange(4, dtype=np.uint64)


def ballot(chosen: np.ndarray) -> np.ndarray:
    """[quads, 4 threads of each, 4] to a mask for each thread."""
    return (np.broadcast_to(chosen, (16, 4, 4)) * BITS).sum(2).reshape(-1) << SHIFT


PREDICATE = "vote.sync.{}.pred %p2, %p1, %r5; selp.b32 %r2, 1, 0, %p2"
EQUAL = QUADS[:, :, None] == QUADS[:, None, :]


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("redux.sync.add.s32 %r2, %r1, %r5", np.repeat(QUADS.sum(1), 4)),
        ("redux.sync.max.u32 %r2, %r1, %r5", np.repeat(QUADS.max(1), 4)),
        ("vote.sync.ballot.b32 %r2, %p1, %r5", ballot((QUADS != 7)[:, None])),
        (PREDICATE.format("all"), np.repeat((QUADS != 7).all(1), 4)),
        (PREDICATE.format("any"), np.repeat((QUADS != 7).any(1), 4)),
        ("match.any.sync.b32 %r2, %r1, %r5", ballot(EQUAL)),
        ("match.all.sync.b32 %r2, %r1, %r5", ballot(EQUAL.all((1, 2))[:, None, None])),
        ("shfl.sync.bfly.b32 %r2, %r1, 3, 31, %r5", QUADS[:, ::-1].reshape(-1)),
    ],
)
def test_parties_of_four(instruction, expected):
    """Every four threads name themselves only, and all come to the instruction together."""
    found = np.zeros(64, np.uint32)
    outcome = launch(kernel(PARTIES.replace("INSTRUCTION", instruction)), "k", 1, 64, [X, found])
    assert not outcome.findings, outcome.findings
    np.testing.assert_array_equal(found, np.asarray(expected).astype(np.uint32))


def test_a_value_of_another_party():
    text = PARTIES.replace("INSTRUCTION", "shfl.sync.bfly.b32 %r2, %r1, 4, 31, %r5")
    outcome = launch(kernel(text), "k", 1, 64, [X, np.zeros(64, np.uint32)])
    assert kinds(outcome.findings) == {"divergence"}
