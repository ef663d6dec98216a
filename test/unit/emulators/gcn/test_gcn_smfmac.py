"""SMFMAC, products with a sparse A, on the emulated CDNA 3 and 4 against NumPy."""

import numpy as np
import pytest
from mfma_runner import DTYPES, RESULTS, Case, run, spread_input


def rows():
    """Each intrinsic, with the chips that have it."""
    of_words = {1: "i32", 2: "<2 x i32>", 4: "<4 x i32>", 8: "<8 x i32>"}
    halves = {4: "<4 x half>", 8: "<8 x half>", 16: "<16 x half>"}
    shorts = {4: "<4 x i16>", 8: "<8 x i16>", 16: "<16 x i16>"}
    brains = {8: "<8 x bfloat>", 16: "<16 x bfloat>"}
    for side in (16, 32):
        for double, chips in ((1, ("gfx942", "gfx950")), (2, ("gfx950",))):
            deep = 512 // side * double  # of halves
            held = deep * side // 64
            types = [("f16", halves), ("bf16", shorts if double == 1 else brains)]
            for chip in chips:
                standard = "fnuz" if chip == "gfx942" else "ocp"
                for element, names in types:
                    name = f"f32.{side}x{side}x{deep}.{element}"
                    kinds = names[held // 2], side, side, deep, 1, element, element, "f32"
                    yield chip, Case(name, *kinds, names[held], "smfmac")
                a_type, b_type = of_words[held // 4], of_words[held // 2]
                name = f"i32.{side}x{side}x{2 * deep}.i8"
                kinds = a_type, side, side, 2 * deep, 1, "i8", "i8", "i32"
                yield chip, Case(name, *kinds, b_type, "smfmac")
                for a in ("fp8", "bf8"):
                    for b in ("fp8", "bf8"):
                        name = f"f32.{side}x{side}x{2 * deep}.{a}.{b}"
                        kinds = a_type, side, side, 2 * deep, 1
                        elements = f"{a}.{standard}", f"{b}.{standard}", "f32"
                        yield chip, Case(name, *kinds, *elements, b_type, "smfmac")


CASES = {f"{chip}-{case.name}": (chip, case) for chip, case in rows()}


def packed_places(places: np.ndarray, held: int, side: int, which: int) -> np.ndarray:
    """The register of places, [side, k / 2] numbers from 0 to 3, as set number `which`; other bits
    are noise, which nothing may depend on."""
    word = np.random.default_rng(9).integers(0, 2**32, 64, np.uint64).tolist()
    for i in range(side):
        for s in range(places.shape[1]):
            lane, bit = i + s // held * side, 2 * (s % held) + 2 * held * which
            word[lane] = word[lane] & ~(3 << bit) | int(places[i, s]) << bit
    return np.array(word, np.uint64).astype(np.uint32).view(np.int32)


@pytest.mark.parametrize("name", CASES)
def test_sparse_products(name):
    chip, case = CASES[name]
    rng = np.random.default_rng(len(name))
    side, half = case.m, case.k // 2
    a = rng.integers(-8, 8, (1, side, half)).astype(DTYPES[case.a])
    b = rng.integers(-8, 8, (1, case.n, case.k)).astype(DTYPES[case.b])
    c = rng.integers(-99, 99, (1, side, case.n)).astype(RESULTS[case.result])
    pairs = np.array([(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)])
    places = pairs[rng.integers(0, 6, (side, half // 2))].reshape(side, half)
    dense = np.zeros((side, case.k))
    for i in range(side):
        for s in range(half):
            dense[i, s // 2 * 4 + places[i, s]] = a[0, i, s]
    want = (dense @ b[0].astype(np.float64).T + c[0]).astype(c.dtype)[None]
    held = half * side // 64
    held_a, held_b = spread_input(a, held), spread_input(b, 2 * held)
    for which in range(32 // (2 * held)):
        index = packed_places(places, held, side, which)
        got = run(case, chip, held_a, held_b, c, (0, which), index=index)
        np.testing.assert_array_equal(got, want)
    index = packed_places(places, held, side, 0)
    first = run(case, chip, held_a, held_b, c, (1, 0), index=index)  # cbsz: always the first set
    np.testing.assert_array_equal(first, want)
