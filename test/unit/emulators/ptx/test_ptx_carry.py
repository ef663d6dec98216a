"""Carry chains and dot products of bytes, against Python's integers; nvcc's 128-bit integers."""

import numpy as np
import pytest
from nvcc_suites import compiled
from ptx_runner import compute, kernel, kinds, launch

RNG = np.random.default_rng(3)
COUNT = 77


def words(bits: int) -> np.ndarray:
    """Random integers, of which many are at the edges, where carries arise."""
    edges = [0, 1, 2, 2 ** (bits - 1) - 1, 2 ** (bits - 1), 2**bits - 2, 2**bits - 1]
    found = RNG.integers(0, 2**bits - 1, COUNT, dtype=f"u{bits // 8}", endpoint=True)
    chosen = RNG.random(COUNT) < 0.6
    found[chosen] = RNG.choice(np.array(edges, found.dtype), chosen.sum())
    return found


def signed(x: int, bits: int) -> int:
    return x - (1 << bits) if x >> (bits - 1) else x


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("sign", [1, -1])
def test_sums_and_differences_of_three_words(bits, sign):
    """Each instruction of a chain, seen in the word that it gives."""
    a, b = ([words(bits) for _ in range(3)] for _ in range(2))
    name, temporary = ("add", "sub")[sign < 0], {32: "%r40", 64: "%d15"}[bits]
    for shown in range(3):
        d = ["$d" if i == shown else temporary for i in range(3)]
        chain = f"{name}.cc.u{bits} {d[0]}, $0, $3; {name}c.cc.s{bits} {d[1]}, $1, $4; "
        chain += f"{name}c.u{bits} {d[2]}, $2, $5"
        found = compute(chain, f"u{bits}", [(f"u{bits}", x) for x in (*a, *b)])
        for i in range(COUNT):
            whole = [sum(int(w[i]) << (bits * k) for k, w in enumerate(x)) for x in (a, b)]
            expected = (whole[0] + sign * whole[1]) >> (bits * shown) & (2**bits - 1)
            assert int(found[i]) == expected


@pytest.mark.parametrize("type_", ["u32", "s32", "u64", "s64"])
def test_products_with_carry(type_):
    """A product and two words more: the carry of the low words reaches the high ones."""
    bits = int(type_[1:])
    a, b, c, e = (words(bits) for _ in range(4))
    low = {32: "%r40", 64: "%d15"}[bits]
    chain = f"mad.lo.cc.{type_} {low}, $0, $1, $2; madc.hi.{type_} $d, $0, $1, $3"
    found = compute(chain, type_, [(type_, x) for x in (a, b, c, e)])
    for i in range(COUNT):
        x, y = (signed(int(v[i]), bits) if type_[0] == "s" else int(v[i]) for v in (a, b))
        expected = (x * y + int(c[i]) + (int(e[i]) << bits)) >> bits & (2**bits - 1)
        assert int(found[i]) == expected


def test_a_carry_that_nobody_wrote():
    text = kernel("addc.u32 %r1, %r0, 1; st.global.u32 [%d0], %r1;", parameters=1)
    outcome = launch(text, "k", 1, 1, [np.zeros(1, np.uint32)])
    assert kinds(outcome.findings) == {"uninitialised"}


@pytest.mark.parametrize("half", ["lo", "hi"])
@pytest.mark.parametrize("types", ["s32.s32", "u32.u32", "s32.u32", "u32.s32"])
def test_dot_products_of_two(types, half):
    a, b, c = words(32), words(32), words(32)
    found = compute(f"dp2a.{half}.{types} $d, $0, $1, $2", "u32", [("u32", x) for x in (a, b, c)])
    kind_a, kind_b = (word[0].replace("s", "i") for word in types.split("."))
    left = a.view(f"{kind_a}2").reshape(-1, 2).astype(np.int64)
    right = b.view(f"{kind_b}1").reshape(-1, 4)[:, :2] if half == "lo" else None
    right = b.view(f"{kind_b}1").reshape(-1, 4)[:, 2:] if right is None else right
    expected = (left * right).sum(1) + c
    np.testing.assert_array_equal(found, expected.astype(np.uint32))


SOURCE = """
typedef unsigned __int128 wide;
extern "C" __global__ void wides(const wide *a, const wide *b, wide *o, int n) {
    int i = threadIdx.x;
    if (i >= n) return;
    o[3 * i] = a[i] + b[i]; o[3 * i + 1] = a[i] - b[i]; o[3 * i + 2] = a[i] * b[i];
}
"""


def test_what_nvcc_makes_of_128_bits(tmp_path):
    source = tmp_path / "wides.cu"
    source.write_text(SOURCE)
    made = compiled(str(source), "sm_80")
    assert "add.cc" in made or "addc" in made
    a, b = (np.stack([words(64), words(64)], axis=1) for _ in range(2))
    found = np.zeros((COUNT, 3, 2), np.uint64)
    outcome = launch(made, "wides", 1, 96, [a, b, found, COUNT])
    assert not outcome.findings, outcome.findings
    for i in range(COUNT):
        x, y = (int(v[i, 0]) + (int(v[i, 1]) << 64) for v in (a, b))
        got = [int(low) + (int(high) << 64) for low, high in found[i]]
        assert got == [value % 2**128 for value in (x + y, x - y, x * y)]
