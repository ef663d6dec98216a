"""Sparse `wgmma` on random patterns of zeros, in exact integers, and broken on purpose."""

from __future__ import annotations

import numpy as np
import pytest
from mma_runner import LANE
from ptx_runner import assembled, kinds
from sparse_metadata import pattern, stored_columns, words
from wgmma_programs import A_SPACE, DTYPES, EXTRA, Placed, program, run

from clawc.emulators.interface import EmulationError

RNG = np.random.default_rng(11)
K = {"f16": 32, "bf16": 32, "tf32": 16, "e4m3": 64, "e5m2": 64, "s8": 64, "u8": 64}
FORMS = [
    *(("f32", "f16", "f16"), ("f16", "f16", "f16"), ("f32", "bf16", "bf16")),
    *(("f32", "tf32", "tf32"), ("f32", "e4m3", "e5m2"), ("f16", "e5m2", "e4m3")),
    *(("s32", "s8", "u8"), ("s32", "u8", "s8")),
]
A_PLACE = Placed(32, True, 16, 256)
B_PLACES = {
    "none": Placed(16, True, 128, 512),
    "64": Placed(64, True, 16, 512),
    "128": Placed(128, True, 16, 1024),
    "turned": Placed(32, False, 256, 2048),
}
LOADS = f"""
shl.b32 %x1, %t, 2; mov.u32 %x2, s; add.u32 %x1, %x1, %x2; ld.shared.b32 %x0, [%x1+{EXTRA}];
"""


class Sparse:
    """One product: A as it is stored, its metadata by lane, A with its zeros, and B."""

    def __init__(self, types: tuple[str, str, str] = ("f32", "f16", "f16"), selector: int = 0):
        self.types, self.selector, self.k = types, selector, K[types[1]]
        self.stored, self.whole = np.zeros((64, self.k // 2)), np.zeros((64, self.k))
        self.b = self.small(16, types[2], self.k)
        self.stored = self.small(64, types[1], self.k // 2)
        self.words = np.zeros((4, 32), np.uint32)
        for warp in range(4):
            nibbles = pattern(types[1], self.k, ordered=False)
            self.words[warp] = words(types[1], nibbles, selector)
            for row in range(16):
                at = 16 * warp + row
                columns = stored_columns(types[1], nibbles[row])
                self.whole[at, columns] = self.stored[at].astype(np.float64)

    @staticmethod
    def small(rows: int, type_: str, k: int) -> np.ndarray:
        return RNG.integers(0 if type_ == "u8" else -4, 5, (rows, k)).astype(DTYPES[type_])

    @property
    def opcode(self) -> str:
        return f"wgmma.mma_async.sp.sync.aligned.m64n16k{self.k}.{'.'.join(self.types)}"

    def text(self, b_place: Placed, **parts: str) -> str:
        registers = 4 if self.types[0] == "f16" else 8
        clear = "\n".join(f"mov.b32 %c{i}, 0;" for i in range(registers))
        rest = "" if self.types[0] == "s32" else ", 1, 1"
        if self.k == 32:
            rest += f", 0, {int(not b_place.k_major)}"
        parts = {
            "clear": clear + LOADS,
            "scale": f"%x0, {self.selector}, %one",
            "rest": rest,
        } | parts
        return program(self.opcode, registers, A_PLACE, b_place, **parts)

    def run(self, b_place: Placed, text: str = "", extra: np.ndarray | None = None):
        places = A_PLACE, b_place
        held = self.words if extra is None else np.concatenate([self.words.reshape(-1), extra])
        text = text or self.text(b_place)
        found, outcome = run(text, self.stored, self.b, places, self.types[0], extra=held)
        return found, kinds(outcome.findings)

    @property
    def expected(self) -> np.ndarray:
        return self.whole @ self.b.astype(np.float64).T


@pytest.mark.parametrize(
    ("types", "place"),
    [
        (types, place)
        for types in FORMS
        for place in B_PLACES
        if B_PLACES[place].k_major or K[types[1]] == 32  # only halves may be stored by columns
    ],
)
def test_sparse_products(types, place):
    for selector in range(2 if K[types[1]] < 64 else 1):
        case = Sparse(types, selector)
        found, wrong = case.run(B_PLACES[place])
        assert not wrong
        np.testing.assert_array_equal(found, case.expected)
        assembled(case.text(B_PLACES[place]))


def test_a_in_registers():
    """Each lane's are those of `mma`, of 16 rows a warp."""
    case = Sparse()
    pairs = case.stored.view(np.uint32)  # [rows, pairs]
    warp, group, member = np.arange(4)[:, None], LANE // 4, LANE % 4
    row = 16 * warp + group
    registers = [pairs[row + 8 * (i % 2), member + 4 * (i // 2)] for i in range(4)]
    loads = "".join(f"ld.shared.b32 %x{4 + i}, [%x1+{EXTRA + 512 * (1 + i)}];" for i in range(4))
    text = case.text(B_PLACES["128"], rest=", 1, 1, 0").replace(LOADS, LOADS + loads)
    text = text.replace("%da, %db, %x0", "{%x4, %x5, %x6, %x7}, %db, %x0")
    assembled(text)
    found, wrong = case.run(B_PLACES["128"], text, np.stack(registers).reshape(-1))
    assert not wrong
    np.testing.assert_array_equal(found, case.expected)


def test_metadata_that_mean_nothing_are_found():
    case = Sparse()
    case.words[2, 8] &= 0xFFFFFFF0
    assert case.run(B_PLACES["64"])[1] == {"metadata"}


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        ({"wait": ""}, "unfinished"),
        ({"fence": ""}, "unfinished"),
        ({"clear": LOADS}, "uninitialised"),
        ({"between": "st.shared.b32 [s], %t;"}, "race"),
        ({"descriptor": f"{B_PLACES['64'].descriptor(49152 - 512)}"}, "out-of-bounds"),
    ],
)
def test_broken_programs(broken, kind):
    case, place = Sparse(), B_PLACES["64"]
    assert kind in case.run(place, case.text(place, **broken))[1]


def test_all_of_b_is_read():
    case, place = Sparse(), B_PLACES["64"]
    text = case.text(place, between=f"st.shared.b32 [s+{A_SPACE + 48}], %t;")
    assert "race" in case.run(place, text)[1]


def test_selectors_and_swizzles_that_are_not_there():
    case = Sparse(("f32", "e4m3", "e4m3"))
    case.selector = 1
    with pytest.raises(EmulationError, match=case.opcode):
        case.run(B_PLACES["64"])
    with pytest.raises(EmulationError, match="wider along K than its swizzle"):
        Sparse().run(Placed(32, True, 16, 256), Sparse().text(Placed(32, True, 16, 256)))
