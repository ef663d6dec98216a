"""How far apart some instructions of GCN and CDNA must be: wait states, which code has to see to.

After the ISA manuals' "Manually Inserted Wait States (NOPs)" and "Dependency Resolution: Required
Independent Instructions" (Vega 7 nm, MI100, MI200, MI300; AMD), and for CDNA 4, and where the
manuals group what LLVM 22 tells apart, after the numbers that LLVM's hazard recognizer keeps to.

What came first is named: "product" (a matrix product; "single" of f32 from CDNA 3 on, "double" of
f64), "addend" (a product that reads C), "vector" (a vector instruction's result), "scalar" (its
result in a scalar register), "transcendental", "accumulator" (v_accvgpr_write), "moved"
(v_accvgpr_read), "part" (of a register, by SDWA or to its high half), "wide store".  What comes
after, by what it does with the register: "ab", "c of product", "read", "write", "memory read", ....
"""

from __future__ import annotations

from collections.abc import Callable

Number = int | dict[int, int]  # wait states; or by the passes of the product that came first
Rules = dict[tuple[str, str], Number]

_PASSES = (2, 4, 8, 16)


def _by_passes(rule: Callable[[int], int]) -> dict[int, int]:
    return {passes: rule(passes) for passes in _PASSES}


GCN5: Rules = {
    ("scalar", "memory scalar"): 5,
    ("scalar", "lane select"): 4,
    ("scalar", "fmas"): 4,
    ("scalar", "dpp mask"): 5,
    ("vector", "dpp"): 2,
    ("wide store", "write"): 1,
}
_PRODUCTS: Rules = {
    ("vector", "ab"): 2,
    ("vector", "c of product"): 2,
    ("scalar", "product mask"): 4,
}
CDNA1: Rules = {
    **GCN5,
    **_PRODUCTS,
    ("vector", "accumulator source"): 2,
    ("product", "c of product"): 2,
    ("product", "ab"): 4,
    ("product", "accumulator read"): {2: 4, 8: 10, 16: 18},
    ("product", "accumulator write"): {2: 1, 8: 7, 16: 15},
    ("addend", "accumulator write"): {2: 0, 8: 5, 16: 13},
    ("accumulator", "c of product"): 1,
    ("accumulator", "ab"): 3,
    ("accumulator", "accumulator read"): 3,
    ("moved", "memory read"): 2,
}
_DOUBLES: Rules = {
    ("double", "ab"): {4: 6, 8: 11},
    ("double", "c of double"): {4: 4, 8: 9},
    ("double", "read"): {4: 6, 8: 11},
    ("double", "write"): {4: 6, 8: 11},
    ("double", "memory read"): {4: 9, 8: 18},
    ("double", "memory write"): {4: 6, 8: 11},
    ("vector", "c of double"): 2,
}
_LATE = {2: 5, 8: 11, 16: 19}
CDNA2: Rules = {
    **GCN5,
    **_PRODUCTS,
    **_DOUBLES,
    ("product", "c of product"): {2: 2, 8: 8, 16: 16},
    ("product", "c of double"): {2: 3, 8: 9, 16: 17},
    **{("product", use): _LATE for use in ("ab", "read", "write", "memory read", "memory write")},
    ("addend", "write"): {2: 1, 8: 7, 16: 15},
    ("addend", "memory write"): {2: 1, 8: 7, 16: 15},
}


def _later(extra: int) -> Rules:
    """CDNA 3, and CDNA 4 where products of more than 2 passes take `extra` more."""
    uses = ("ab", "read", "write", "memory read", "memory write")
    # LLVM means 20 states for 16 passes on CDNA 4, but looks no further back than 19.
    late = _by_passes(lambda n: min(n + 3 + (extra if n > 2 else 0), 19))
    addend = _by_passes(lambda n: n + 1 + (extra if n > 2 else 0))
    kinds = ("c of product", "c of single", "c of double")
    return {
        **GCN5,
        **_PRODUCTS,
        **_DOUBLES,
        ("vector", "c of single"): 2,
        ("wide store", "write"): 2,
        ("double", "c of single"): {4: 4, 8: 9},
        **{("product", use): late for use in uses},
        **{("product", use): addend for use in kinds},
        **{("single", use): _by_passes(lambda n: n + 2) for use in uses},
        **{("single", use): _by_passes(lambda n: n) for use in kinds[1:]},
        ("addend", "write"): _by_passes(lambda n: n - 1),
        ("addend", "memory write"): _by_passes(lambda n: n - 1),
        ("transcendental", "other read"): 1,
        ("part", "read"): 1,
        ("vector", "lane read"): 1,
        ("scalar", "scalar read"): 2,
        ("scalar", "lane mask"): 4,
    }


CDNA3, CDNA4 = _later(0), {**_later(1), ("vector", "swap"): 2}

# Where C is just what the product before wrote, it is handed on, but for these.
_SAME_LATER: Rules = {
    ("double", "c of double"): {4: 4},
    **{
        (kind, f"c of {to}"): {2: 2}
        for kind in ("product", "single")
        for to in ("product", "single")
    },
}
RULES: dict[str, tuple[Rules, Rules]] = {  # by generation: in general, and for the same C
    "GCN 5": (GCN5, {}),
    "CDNA 1": (CDNA1, {}),
    "CDNA 2": (CDNA2, {("double", "c of double"): {4: 4}}),
    "CDNA 3": (CDNA3, _SAME_LATER),
    "CDNA 4": (CDNA4, _SAME_LATER),
}
