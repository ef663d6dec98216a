"""Scalar instructions on bits and fields: counts, masks, halves; among them those on 64 bits.

Source: "RDNA4 Instruction Set Architecture" and its predecessors (AMD), "Scalar ALU Operations".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clawc.emulators.gcn import integer as it
from clawc.emulators.gcn.operands import Operands
from clawc.emulators.gcn.step import Run
from clawc.emulators.gcn.waves import Waves

U32, U64 = np.uint32, np.uint64


@dataclass(frozen=True)
class _Form:
    """`counts`: SCC becomes whether the result is not 0; `keeps`: the last source is the old
    destination."""

    result: str
    sources: tuple[str, ...]
    compute: Callable[..., np.ndarray]
    counts: bool = False
    keeps: bool = False


def _bit(by: np.ndarray, like: np.ndarray) -> np.ndarray:
    dtype = like.dtype.type
    return dtype(1) << (by.astype(dtype) & it.shift_count(dtype))


def _mask(count: np.ndarray, shift: np.ndarray, dtype: type) -> np.ndarray:
    """So many ones, shifted."""
    limit = it.shift_count(dtype)
    ones = (dtype(1) << (count.astype(dtype) & limit)) - dtype(1)
    return ones << (shift.astype(dtype) & limit)


def _halves(low_at: int, high_at: int) -> Callable[..., np.ndarray]:
    def pack(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        low, high = a >> U32(low_at), b >> U32(high_at)
        return low & U32(0xFFFF) | high << U32(16)

    return pack


def _field(x: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Bits 0-5 of `where`: the first bit; 16-22: how many, of which 64 and more are all."""
    dtype = x.dtype.type
    count = np.minimum(where >> U32(16) & U32(127), U32(64))
    room = dtype(64) - count.astype(dtype)
    moved = x >> (where & U32(63)).astype(dtype)
    kept = np.minimum(room, dtype(63))
    return np.where(count > 0, moved << kept >> kept, dtype(0))


def _first_one(x: np.ndarray) -> np.ndarray:
    low, high = it.low(x), it.high(x)
    above = it.trailing_zeros(high) + U32(32)
    return np.where(low != 0, it.trailing_zeros(low), np.where(high != 0, above, ~U32(0)))


def _last_one(x: np.ndarray) -> np.ndarray:
    """Counted from the top."""
    low, high = it.low(x), it.high(x)
    below = it.leading_zeros(low) + U32(32)
    return np.where(high != 0, it.leading_zeros(high), np.where(low != 0, below, ~U32(0)))


def _reversed(x: np.ndarray) -> np.ndarray:
    low, high = (it.reversed_bits(half).astype(U64) for half in (it.low(x), it.high(x)))
    return low << U64(32) | high


def _difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a - b)


def _set(by: np.ndarray, x: np.ndarray) -> np.ndarray:
    return x | _bit(by, x)


def _cleared(by: np.ndarray, x: np.ndarray) -> np.ndarray:
    return x & ~_bit(by, x)


_FORMS = {
    "s_bitset0_b32": _Form("u32", ("u32", "u32"), _cleared, keeps=True),
    "s_bitset0_b64": _Form("u64", ("u32", "u64"), _cleared, keeps=True),
    "s_bitset1_b32": _Form("u32", ("u32", "u32"), _set, keeps=True),
    "s_bitset1_b64": _Form("u64", ("u32", "u64"), _set, keeps=True),
    "s_bfm_b32": _Form("u32", ("u32", "u32"), lambda a, b: _mask(a, b, U32)),
    "s_bfm_b64": _Form("u64", ("u32", "u32"), lambda a, b: _mask(a, b, U64)),
    "s_pack_ll_b32_b16": _Form("u32", ("u32", "u32"), _halves(0, 0)),
    "s_pack_lh_b32_b16": _Form("u32", ("u32", "u32"), _halves(0, 16)),
    "s_pack_hl_b32_b16": _Form("u32", ("u32", "u32"), _halves(16, 0)),
    "s_pack_hh_b32_b16": _Form("u32", ("u32", "u32"), _halves(16, 16)),
    "s_absdiff_i32": _Form("i32", ("i32", "i32"), _difference, counts=True),
    "s_bfe_u64": _Form("u64", ("u64", "u32"), _field, counts=True),
    "s_bfe_i64": _Form("i64", ("i64", "u32"), _field, counts=True),
    "s_bcnt1_i32_b64": _Form("u32", ("u64",), it.ones, counts=True),
    "s_bcnt0_i32_b32": _Form("u32", ("u32",), lambda x: it.ones(~x), counts=True),
    "s_bcnt0_i32_b64": _Form("u32", ("u64",), lambda x: it.ones(~x), counts=True),
    "s_ctz_i32_b64": _Form("u32", ("u64",), _first_one),
    "s_clz_i32_u64": _Form("u32", ("u64",), _last_one),
    "s_brev_b64": _Form("u64", ("u64",), _reversed),
    "s_cls_i32": _Form("u32", ("i32",), it.leading_signs),
}


def bits_and_fields(o: Operands, name: str) -> Run | None:
    """The step of one of these instructions; None if it is not one."""
    form = _FORMS.get(name)
    if form is None:
        return None
    i = o.instruction
    codes = [i["src0"], *([i["sdst"]] if form.keeps else [i["src1"]])]
    readers = [o.scalar_read(code, type) for code, type in zip(codes, form.sources, strict=False)]
    write = o.scalar_write(i["sdst"], form.result)

    def run(w: Waves) -> None:
        result = np.broadcast_to(form.compute(*(read(w) for read in readers)), w.count)
        if form.counts:
            w.scc = result != 0
        write(w, np.ascontiguousarray(result))

    return run
