"""WMMA on the emulated RDNA chips against NumPy: every type, and accumulators of 16 bits."""

from dataclasses import dataclass

import ml_dtypes
import numpy as np
import pytest
from gcn_runner import compiled, launch

from clawc.emulators.gcn.generations import generation

SIDE, LANES = 16, 32
RDNA3, RDNA4 = ("gfx1100", "gfx1101", "gfx1151"), ("gfx1200", "gfx1201")
# How LLVM names the elements of a vector, and the NumPy type; by the operand's name.
ELEMENTS = {
    **{"f32": ("float", "f32", np.float32), "i32": ("i32", "i32", np.int32)},
    **{"f16": ("half", "f16", np.float16), "bf16": ("i16", "i16", ml_dtypes.bfloat16)},
}
SMALL = {"fp8": ml_dtypes.float8_e4m3fn, "bf8": ml_dtypes.float8_e5m2}
NARROW = ("f16", "bf16")


@dataclass(frozen=True)
class Case:
    """A product of 16 x k by k x 16."""

    result: str
    operands: tuple[str, str]
    k: int = 16

    @property
    def opcode(self) -> str:
        a, b = self.operands
        operand = a if a in NARROW or a.startswith("i") else f"{a}_{b}"
        return f"v_wmma_{self.result}_16x16x{self.k}_{operand.replace('i', 'iu')}"


CASES = [
    *(Case("f32", (type, type)) for type in NARROW),
    *(Case(type, (type, type)) for type in NARROW),
    *(Case("i32", (type, type)) for type in ("i8", "i4")),
]
CASES_4 = [
    *CASES,
    Case("i32", ("i4", "i4"), 32),
    *(Case("f32", (a, b)) for a in SMALL for b in SMALL),
]
ALL = [(chip, case) for chip in RDNA3 for case in CASES]
ALL += [(chip, case) for chip in RDNA4 for case in CASES_4]


def kernel(chip: str, case: Case, signs: tuple[int, int], upper: int) -> str:
    """One wave's product of %pa, %pb, %pc, as every lane holds them, into %pr."""
    splits = chip in RDNA4
    type = case.operands[0]
    held = case.k // 2 if splits else case.k
    if type in NARROW:
        element, suffix, _ = ELEMENTS[type]
        source, mangled = f"<{held} x {element}>", f"v{held}{suffix}"
    else:
        words = held * (4 if type == "i4" else 8) // 32
        source, mangled = (f"<{words} x i32>", f"v{words}i32") if words > 1 else ("i32", "i32")
    count = 16 if case.result in NARROW and not splits else 8
    element, suffix, _ = ELEMENTS[case.result]
    result = f"<{count} x {element}>"
    dotted = case.opcode.removeprefix("v_wmma_").replace("_", ".")
    name = f"@llvm.amdgcn.wmma.{dotted}.v{count}{suffix}.{mangled}"
    values = [f"{source} %a", f"{source} %b", f"{result} %c"]
    if type.startswith("i"):
        a, b = (f"i1 {sign}" for sign in signs)
        values = [a, values[0], b, values[1], values[2], "i1 0"]
    elif case.result in NARROW:
        values.append(f"i1 {upper}")
    declared = ", ".join(v.split(" %")[0] if "%" in v else "i1 immarg" for v in values)
    loads = "\n".join(
        f"%q{n} = getelementptr {of}, ptr addrspace(1) %p{n}, i32 %t\n"
        f"%{n} = load {of}, ptr addrspace(1) %q{n}"
        for n, of in zip("abc", (source, source, result), strict=True)
    )
    return f"""
declare i32 @llvm.amdgcn.workitem.id.x()
declare {result} {name}({declared})
define amdgpu_kernel void @k({", ".join(f"ptr addrspace(1) noalias %p{n}" for n in "abcr")}) #0 {{
%t = call i32 @llvm.amdgcn.workitem.id.x()
{loads}
%r = call {result} {name}({", ".join(values)})
%qr = getelementptr {result}, ptr addrspace(1) %pr, i32 %t
store {result} %r, ptr addrspace(1) %qr
ret void
}}
attributes #0 = {{ "amdgpu-flat-work-group-size"="{LANES},{LANES}" }}
"""


def packed(values: np.ndarray, type: str) -> np.ndarray:
    """The bytes of each lane's elements; of 4 bits the lower half of a byte first."""
    if type not in ("i4", "u4"):
        return np.ascontiguousarray(values).view(np.uint8)
    nibbles = values.astype(np.uint8) & 15
    return np.ascontiguousarray(nibbles[:, ::2] | nibbles[:, 1::2] << 4)


def fragment(chip: str, matrix: np.ndarray) -> np.ndarray:
    """What the lanes hold of a matrix [16, k]: a row each, or half a row of it on RDNA 4."""
    if chip in RDNA4:
        half = matrix.shape[1] // 2
        return np.concatenate((matrix[:, :half], matrix[:, half:]))
    return np.concatenate((matrix, matrix))


def rows_of(chip: str, lane: int) -> np.ndarray:
    """The rows of C that a lane has, in its elements' order."""
    half = lane // SIDE
    return np.arange(8) + 8 * half if chip in RDNA4 else np.arange(half, SIDE, 2)


def run(chip, case: Case, a, b, c, types=None, upper=0) -> np.ndarray:
    """A [16, k] by B [k, 16] and C [16, 16] through the emulator."""
    a_type, b_type = types or case.operands
    dtype = ELEMENTS[case.result][2]
    step = 2 if case.result in NARROW and chip in RDNA3 else 1
    half = upper if step == 2 else 0
    held_c = np.full((LANES, 8 * step), 7, dtype)
    for lane in range(LANES):
        held_c[lane, half::step] = c[rows_of(chip, lane), lane % SIDE]
    sources = [packed(fragment(chip, a), a_type), packed(fragment(chip, b.T), b_type)]
    output = np.zeros_like(held_c)
    signs = int(a_type.startswith("i")), int(b_type.startswith("i"))
    data = compiled(kernel(chip, case, signs, half), chip)
    outcome = launch(data, chip, [*sources, held_c, output], threads=LANES)
    assert not outcome.findings, outcome.findings
    if step == 2:  # the other halves stay
        np.testing.assert_array_equal(output[:, 1 - half :: 2], held_c[:, 1 - half :: 2])
    result = np.zeros((SIDE, SIDE), dtype)
    for lane in range(LANES):
        result[rows_of(chip, lane), lane % SIDE] = output[lane, half::step]
    return result


def matrices(case: Case, types: tuple[str, str], seed: int = 0):
    """Small integers, of which every sum is exact in the result's type."""
    rng = np.random.default_rng(seed)
    found = []
    for type, shape in zip(types, ((SIDE, case.k), (case.k, SIDE)), strict=True):
        low, high = {"i8": (-128, 128), "u8": (0, 256), "u4": (0, 16)}.get(type, (-8, 8))
        if case.result in NARROW:
            low, high = -3, 4
        of = SMALL.get(type) or (ELEMENTS[type][2] if type in ELEMENTS else None)
        found.append(rng.integers(low, high, shape).astype(of or f"{type[0]}1"))
    return *found, rng.integers(-99, 99, (SIDE, SIDE)).astype(ELEMENTS[case.result][2])


def product(a, b, c) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        total = a.astype(np.float64) @ b.astype(np.float64) + c.astype(np.float64)
        return total.astype(c.dtype)


@pytest.mark.parametrize(("chip", "case"), ALL, ids=lambda v: getattr(v, "opcode", v))
def test_products(chip, case):
    a, b, c = matrices(case, case.operands)
    np.testing.assert_array_equal(run(chip, case, a, b, c), product(a, b, c))


@pytest.mark.parametrize("chip", [RDNA3[0], RDNA4[0]])
@pytest.mark.parametrize("types", [("u8", "i8"), ("i8", "u8"), ("u4", "u4"), ("i4", "u4")])
def test_signs_of_integers(chip, types):
    case = Case("i32", (f"i{types[0][1]}",) * 2)
    a, b, c = matrices(case, types)
    np.testing.assert_array_equal(run(chip, case, a, b, c, types), product(a, b, c))


@pytest.mark.parametrize("type", NARROW)
def test_upper_halves(type):
    case = Case(type, (type, type))
    a, b, c = matrices(case, case.operands)
    np.testing.assert_array_equal(run("gfx1100", case, a, b, c, upper=1), product(a, b, c))


@pytest.mark.parametrize("chip", [*RDNA3, *RDNA4])
@pytest.mark.parametrize("case", CASES[:4], ids=lambda case: case.opcode)
def test_infinities_and_nan(chip, case):
    a, b, c = matrices(case, case.operands)
    a[0, 0], a[1, 1], b[0, 2], c[5, 5] = np.inf, np.nan, 0, -np.inf
    got, want = run(chip, case, a, b, c), product(a, b, c)
    np.testing.assert_array_equal(got.astype(np.float32), want.astype(np.float32))


@pytest.mark.parametrize("chip", [RDNA3[0], RDNA4[0]])
@pytest.mark.parametrize(("type", "bits"), [("f16", 10), ("bf16", 7)])
def test_sums_are_rounded_once(chip, type, bits):
    """A little more than half of the last place: rounded to f32 first, it would be the half."""
    case = Case(type, (type, type))
    a, b, c = (np.zeros_like(matrix) for matrix in matrices(case, case.operands))
    a[:, :2], c[:] = [2.0 ** -(bits + 1), 2.0**-14], 1
    b[0], b[1, ::2] = 1, 2.0**-14
    want = np.ones((SIDE, SIDE))
    want[:, ::2] += 2.0**-bits
    np.testing.assert_array_equal(run(chip, case, a, b, c).astype(np.float64), want)


def test_every_opcode_is_compared():
    """No WMMA of a chip's table is left out."""
    for chip in (*RDNA3, *RDNA4):
        known = generation(chip)
        assert known is not None
        opcodes = {n for n in known.opcodes["VOP3P"].values() if n.startswith("v_wmma")}
        assert opcodes == {case.opcode for of, case in ALL if of == chip}
