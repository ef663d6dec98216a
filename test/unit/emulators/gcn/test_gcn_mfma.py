"""MFMA on the emulated CDNA chips against NumPy: every shape and type, and what modifiers do."""

import ml_dtypes
import numpy as np
import pytest
from mfma_runner import DTYPES, RESULTS, Case, gather_input, run, spread_input

from clawc.emulators.gcn.generations import generation

SHAPES = {4: 16, 16: 4, 32: 2}  # side: how many blocks there are where there are several
EARLY = ("gfx908", "gfx90a")
LATER = ("gfx942", "gfx950")


def rows():
    """Each intrinsic, with the chips that have it."""
    halves, shorts, four = "<4 x half>", "<2 x i16>", "<4 x i16>"
    for side, blocks in SHAPES.items():
        shape = f"{side}x{side}x"
        several = [("1f32", "float", 1, "f32", "f32"), ("4f16", halves, 4, "f16", "f32")]
        several += [("4i8", "i32", 4, "i8", "i32")]
        for suffix, type, k, element, result in several:
            name = f"{result}.{shape}{suffix}"
            case = Case(name, type, side, side, k, blocks, element, element, result)
            yield from ((chip, case) for chip in (*EARLY, *LATER))
        pairs = [("2bf16", shorts, 2, EARLY), ("4bf16.1k", four, 4, ("gfx90a", *LATER))]
        for suffix, type, k, chips in pairs:
            case = Case(f"f32.{shape}{suffix}", type, side, side, k, blocks, *BF)
            yield from ((chip, case) for chip in chips)
        if side == 4:
            continue
        deep = 64 // side
        single = [("f32", "float", deep, "f32", "f32", (*EARLY, *LATER))]
        single += [("f16", halves, 4 * deep, "f16", "f32", (*EARLY, *LATER))]
        single += [("bf16", shorts, 2 * deep, *BF[1:], EARLY)]
        single += [("bf16.1k", four, 4 * deep, *BF[1:], ("gfx90a", *LATER))]
        single += [("i8", "i32", 4 * deep, "i8", "i32", EARLY)]
        single += [(".i8", "i64", 8 * deep, "i8", "i32", LATER)]
        single += [(".xf32", "<2 x float>", 2 * deep, "xf32", "f32", ("gfx942",))]
        single += [(".f16", "<8 x half>", 8 * deep, "f16", "f32", ("gfx950",))]
        single += [(".bf16", "<8 x bfloat>", 8 * deep, *BF[1:], ("gfx950",))]
        single += [(".i8", "<4 x i32>", 16 * deep, "i8", "i32", ("gfx950",))]
        for suffix, type, k, element, result, chips in single:
            name = f"{result}.{shape}{k}{suffix}"
            case = Case(name, type, side, side, k, 1, element, element, result)
            yield from ((chip, case) for chip in chips)
        for a in ("fp8", "bf8"):
            for b in ("fp8", "bf8"):
                name = f"f32.{shape}{8 * deep}.{a}.{b}"
                for chip, standard in (("gfx942", "fnuz"), ("gfx950", "ocp")):
                    types = f"{a}.{standard}", f"{b}.{standard}"
                    yield chip, Case(name, "i64", side, side, 8 * deep, 1, *types, "f32")
    for chip in ("gfx90a", *LATER):
        yield chip, Case("f64.16x16x4f64", "double", 16, 16, 4, 1, "f64", "f64", "f64")
        yield chip, Case("f64.4x4x4f64", "double", 4, 4, 4, 4, "f64", "f64", "f64")


BF = ("bf16", "bf16", "f32")
CASES = {f"{chip}-{case.name}": (chip, case) for chip, case in rows()}


def matrices(case: Case, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A as [blocks, m, k], B as [blocks, n, k], C: small integers, so that all sums are exact."""
    rng = np.random.default_rng(seed)
    top = 128 if case.a == "i8" else 8
    a = rng.integers(-top, top, (case.blocks, case.m, case.k)).astype(DTYPES[case.a])
    b = rng.integers(-top, top, (case.blocks, case.n, case.k)).astype(DTYPES[case.b])
    c = rng.integers(-99, 99, (case.blocks, case.m, case.n)).astype(RESULTS[case.result])
    return a, b, c


def product(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    total = np.einsum("bmk,bnk->bmn", a.astype(np.float64), b.astype(np.float64)) + c
    return total.astype(c.dtype)


def held(case: Case) -> int:
    return case.m * case.k * case.blocks // 64


def spread(case: Case, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return spread_input(a, held(case)), spread_input(b, held(case))


@pytest.mark.parametrize("name", CASES)
def test_products(name):
    chip, case = CASES[name]
    a, b, c = matrices(case)
    np.testing.assert_array_equal(run(case, chip, *spread(case, a, b), c), product(a, b, c))


def test_every_opcode_is_compared():
    """No MFMA of a chip's table is left out, but f8f6f4 of gfx950, an error that names it."""
    for chip in (*EARLY, *LATER):
        known = generation(chip)
        assert known is not None
        opcodes = [n for n in known.opcodes["VOP3P"].values() if n.startswith("v_mfma")]
        opcodes = [n for n in opcodes if "f8f6f4" not in n and "scale" not in n]
        assert len(opcodes) == sum(name.startswith(chip) for name in CASES), chip


SEVERAL = [("gfx908", "f32.4x4x1f32"), ("gfx90a", "f32.16x16x4f16"), ("gfx942", "i32.32x32x4i8")]


@pytest.mark.parametrize(("chip", "name"), SEVERAL)
def test_a_block_of_a_for_several(chip, name):
    case = CASES[f"{chip}-{name}"][1]
    a, b, c = matrices(case)
    group = 1
    while 2**group <= case.blocks:
        for chosen in range(2**group):
            source = [block // 2**group * 2**group + chosen for block in range(case.blocks)]
            got = run(case, chip, *spread(case, a, b), c, (group, chosen, 0))
            np.testing.assert_array_equal(got, product(a[source], b, c))
        group += 1


@pytest.mark.parametrize("pattern", range(8))
@pytest.mark.parametrize(
    ("chip", "name"), [*SEVERAL, ("gfx90a", "f32.32x32x8f16"), ("gfx942", "f32.16x16x4f32")]
)
def test_lanes_of_b_in_patterns(chip, name, pattern):
    lower, upper = list(range(32)), list(range(32, 64))
    sources = [lower + upper, lower + lower, upper + upper, [*range(16, 64), *range(16)]]
    sources += [list(range(first, first + 16)) * 4 for first in range(0, 64, 16)]
    case = CASES[f"{chip}-{name}"][1]
    a, b, c = matrices(case)
    held_a, held_b = spread(case, a, b)
    moved = gather_input(held_b[sources[pattern]], b)
    got = run(case, chip, held_a, held_b, c, (0, 0, pattern))
    np.testing.assert_array_equal(got, product(a, moved, c))


@pytest.mark.parametrize("name", ["f64.16x16x4f64", "f64.4x4x4f64"])
def test_negated_operands_of_doubles(name):
    case = CASES[f"gfx942-{name}"][1]
    a, b, c = matrices(case)
    for signs in range(8):
        x, y, z = (-v if signs >> k & 1 else v for k, v in enumerate((a, b, c)))
        got = run(case, "gfx942", *spread(case, a, b), c, (0, 0, signs))
        np.testing.assert_array_equal(got, product(x, y, z))


@pytest.mark.parametrize("chip", [*EARLY, *LATER])
def test_constant_accumulators(chip):
    case = CASES[f"{chip}-f32.16x16x16f16"][1]
    a, b, c = matrices(case)
    got = run(case, chip, *spread(case, a, b), c, constant="splat (float 1.0)")
    np.testing.assert_array_equal(got, product(a, b, np.ones_like(c)))


@pytest.mark.parametrize("chip", [*EARLY, *LATER])
@pytest.mark.parametrize("type", ["f16", "bf16.1k"])
def test_denormals(chip, type):
    """CDNA 2 takes those of halves as zeros, and gives none; the others keep them."""
    if chip == "gfx908" and type != "f16":
        type = "bf16"
    name = f"f32.16x16x{8 if type == 'bf16' else 16}{type}"
    case = CASES[f"{chip}-{name}"][1]
    a, b, c = matrices(case)
    tiny = float(ml_dtypes.finfo(DTYPES[case.a]).smallest_subnormal)
    a[:] = 0
    a[0, :, 0], b[0, :, 0] = 3 * tiny, 2.0
    c[:] = 0
    c[0, 1] = np.float32(1e-40)
    want = product(a, b, c)
    if chip == "gfx90a":
        want = np.zeros_like(want)
    np.testing.assert_array_equal(run(case, chip, *spread(case, a, b), c), want)


@pytest.mark.parametrize("chip", [*EARLY, *LATER])
def test_infinities_and_nan(chip):
    case = CASES[f"{chip}-f32.32x32x8f16"][1]
    a, b, c = matrices(case)
    a[0, 0, 0], a[0, 1, 1], b[0, 2, 0], c[0, 5, 5] = np.inf, np.nan, 0, -np.inf
    with np.errstate(invalid="ignore"):
        want = product(a, b, c)
    np.testing.assert_array_equal(run(case, chip, *spread(case, a, b), c), want)


@pytest.mark.parametrize(("chip", "standard"), [("gfx942", "fnuz"), ("gfx950", "ocp")])
@pytest.mark.parametrize("type", ["fp8", "bf8"])
def test_all_codes_of_8_bits(chip, standard, type):
    """Times 1, each code of A is its value; infinities and NaN spoil only their rows."""
    case = CASES[f"{chip}-f32.32x32x16.{type}.{type}"][1]
    a, b, c = matrices(case)
    dtype = DTYPES[f"{type}.{standard}"]
    for first in range(0, 256, 32):
        codes = np.arange(first, first + 32, dtype=np.uint8).view(dtype)
        a[:], b[:], c[:] = 0, 0, 0
        a[0, :, 3], b[0, :, 3] = codes, 1
        got = run(case, chip, *spread(case, a, b), c)
        want = np.repeat(codes.astype(np.float32)[:, None], 32, 1)
        np.testing.assert_array_equal(got[0], want)
