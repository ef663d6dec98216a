"""What the vector instructions compute: the type of the result, of the sources, and how.

Sources and results are NumPy arrays of exactly these types.  Operations that touch more than that
(masks, other lanes, memory) are in files of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clawc.emulators.gcn import floats as fl
from clawc.emulators.gcn import integer as it
from clawc.emulators.gcn.division import fixed_up

U16, U32, U64, I32, I64 = np.uint16, np.uint32, np.uint64, np.int32, np.int64
F16, F32, F64 = np.float16, np.float32, np.float64


@dataclass(frozen=True)
class Operation:
    """`result = compute(*sources)`; with `accumulates`, the destination is the last source."""

    result: str
    sources: tuple[str, ...]
    compute: Callable[..., np.ndarray]
    accumulates: bool = False


OPERATIONS: dict[str, Operation] = {}


def _add(name: str, types: str, compute: Callable[..., np.ndarray], accumulates=False) -> None:
    """`types` is like "f32 <- f32 f32"."""
    result, sources = types.split("<-")
    OPERATIONS[name] = Operation(result.strip(), tuple(sources.split()), compute, accumulates)


def _subtract_reversed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return b - a


for _f in ("f16", "f32", "f64"):
    _one, _two, _three = f"{_f} <- {_f}", f"{_f} <- {_f} {_f}", f"{_f} <- {_f} {_f} {_f}"
    _add(f"v_add_{_f}", _two, np.add)
    _add(f"v_sub_{_f}", _two, np.subtract)
    _add(f"v_subrev_{_f}", _two, _subtract_reversed)
    _add(f"v_mul_{_f}", _two, np.multiply)
    _add(f"v_max_{_f}", _two, fl.maximum)
    _add(f"v_min_{_f}", _two, fl.minimum)
    _add(f"v_fma_{_f}", _three, fl.fma)
    _add(f"v_fmac_{_f}", _three, fl.fma, accumulates=True)
    _add(f"v_fmaak_{_f}", _three, fl.fma)
    _add(f"v_fmamk_{_f}", _three, fl.fma)
    _add(f"v_max3_{_f}", _three, lambda a, b, c: fl.maximum(fl.maximum(a, b), c))
    _add(f"v_min3_{_f}", _three, lambda a, b, c: fl.minimum(fl.minimum(a, b), c))
    _add(f"v_med3_{_f}", _three, fl.median)
    _add(f"v_floor_{_f}", _one, np.floor)
    _add(f"v_ceil_{_f}", _one, np.ceil)
    _add(f"v_trunc_{_f}", _one, np.trunc)
    _add(f"v_rndne_{_f}", _one, np.rint)
    _add(f"v_fract_{_f}", _one, fl.fraction)
    _add(f"v_rcp_{_f}", _one, fl.reciprocal)
    _add(f"v_rsq_{_f}", _one, fl.inverse_root)
    _add(f"v_sqrt_{_f}", _one, fl.square_root)
    _add(f"v_exp_{_f}", _one, fl.exponential)
    _add(f"v_log_{_f}", _one, fl.logarithm)
    _add(f"v_sin_{_f}", _one, fl.sine)
    _add(f"v_cos_{_f}", _one, fl.cosine)
    _add(f"v_ldexp_{_f}", f"{_f} <- {_f} {'i16' if _f == 'f16' else 'i32'}", fl.scaled)
    _add(f"v_frexp_mant_{_f}", _one, fl.mantissa)
    _add(f"v_div_fixup_{_f}", _three, fixed_up)
_add("v_rcp_iflag_f32", "f32 <- f32", fl.reciprocal)
_add("v_frexp_exp_i32_f32", "i32 <- f32", fl.exponent)
_add("v_frexp_exp_i32_f64", "i32 <- f64", fl.exponent)
_add("v_frexp_exp_i16_f16", "i16 <- f16", lambda x: fl.exponent(x).astype(np.int16))

# Conversions
_add("v_cvt_f32_f16", "f32 <- f16", lambda x: x.astype(F32))
_add("v_cvt_f16_f32", "f16 <- f32", lambda x: x.astype(F16))
_add("v_cvt_f64_f32", "f64 <- f32", lambda x: x.astype(F64))
_add("v_cvt_f32_f64", "f32 <- f64", lambda x: x.astype(F32))
for _i, _dtype in (("i32", I32), ("u32", U32)):
    for _f, _float in (("f32", F32), ("f64", F64)):
        _add(f"v_cvt_{_f}_{_i}", f"{_f} <- {_i}", lambda x, to=_float: x.astype(to))
        _add(f"v_cvt_{_i}_{_f}", f"{_i} <- {_f}", lambda x, to=_dtype: fl.to_integer(x, to))
for _i, _dtype, _wide in (("i16", np.int16, I32), ("u16", U16, U32)):
    _add(f"v_cvt_{_i[0]}32_{_i}", f"{_i[0]}32 <- {_i}", lambda x, to=_wide: x.astype(to))
    _add(f"v_cvt_f16_{_i}", f"f16 <- {_i}", lambda x: x.astype(F16))
    _add(f"v_cvt_{_i}_f16", f"{_i} <- f16", lambda x, to=_dtype: fl.to_integer(x, to))
for _byte in range(4):
    _add(
        f"v_cvt_f32_ubyte{_byte}",
        "f32 <- u32",
        lambda x, by=8 * _byte: (x >> U32(by) & U32(255)).astype(F32),
    )
_add("v_cvt_floor_i32_f32", "i32 <- f32", lambda x: fl.to_integer(np.floor(x), I32))
_add("v_cvt_nearest_i32_f32", "i32 <- f32", lambda x: fl.to_integer(np.floor(x + F32(0.5)), I32))


def _pair(low_part: np.ndarray, high_part: np.ndarray) -> np.ndarray:
    """Two arrays of 16 bits as one of 32."""
    low_bits, high_bits = low_part.view(U16).astype(U32), high_part.view(U16).astype(U32)
    return low_bits | high_bits << U32(16)


def _toward_zero(x: np.ndarray) -> np.ndarray:
    near = x.astype(F16)
    over = np.abs(near.astype(F32)) > np.abs(x)
    bits = near.view(U16) - over.astype(U16)
    return np.where(np.isfinite(x), bits, near.view(U16)).view(F16)


_add("v_pack_b32_f16", "u32 <- f16 f16", _pair)
_add(
    "v_cvt_pk_rtz_f16_f32",
    "u32 <- f32 f32",
    lambda a, b: _pair(_toward_zero(a), _toward_zero(b)),
)
for _i, _dtype in (("i16", np.int16), ("u16", U16)):
    _add(
        f"v_cvt_pk_{_i}_f32",
        "u32 <- f32 f32",
        lambda a, b, to=_dtype: _pair(fl.to_integer(a, to), fl.to_integer(b, to)),
    )

# Integers
for _i in ("u16", "i16", "u32", "i32"):
    _two, _three = f"{_i} <- {_i} {_i}", f"{_i} <- {_i} {_i} {_i}"
    _add(f"v_add_nc_{_i}", _two, np.add)
    _add(f"v_sub_nc_{_i}", _two, np.subtract)
    _add(f"v_subrev_nc_{_i}", _two, _subtract_reversed)
    _add(f"v_max_{_i}", _two, np.maximum)
    _add(f"v_min_{_i}", _two, np.minimum)
    _add(f"v_max3_{_i}", _three, lambda a, b, c: np.maximum(np.maximum(a, b), c))
    _add(f"v_minmax_{_i}", _three, lambda a, b, c: np.maximum(np.minimum(a, b), c))
    _add(f"v_maxmin_{_i}", _three, lambda a, b, c: np.minimum(np.maximum(a, b), c))
    _add(f"v_min3_{_i}", _three, lambda a, b, c: np.minimum(np.minimum(a, b), c))
    _add(
        f"v_med3_{_i}",
        _three,
        lambda a, b, c: np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c)),
    )
    _add(f"v_mul_lo_{_i}", _two, np.multiply)
    _add(f"v_mad_{_i}", _three, lambda a, b, c: a * b + c)
for _b, _u, _i in (("b16", "u16", "i16"), ("b32", "u32", "i32"), ("b64", "u64", "i64")):
    _amount = "u32" if _b == "b64" else _u
    _add(f"v_lshlrev_{_b}", f"{_u} <- {_amount} {_u}", it.shift_left)
    _add(f"v_lshrrev_{_b}", f"{_u} <- {_amount} {_u}", it.shift_right)
    _add(f"v_ashrrev_{_i}", f"{_i} <- {_amount} {_i}", it.shift_right)
    _add(f"v_and_{_b}", f"{_u} <- {_u} {_u}", np.bitwise_and)
    _add(f"v_or_{_b}", f"{_u} <- {_u} {_u}", np.bitwise_or)
    _add(f"v_xor_{_b}", f"{_u} <- {_u} {_u}", np.bitwise_xor)
    _add(f"v_not_{_b}", f"{_u} <- {_u}", np.invert)
    _add(f"v_mov_{_b}", f"{_u} <- {_u}", lambda x: x)
_add("v_xnor_b32", "u32 <- u32 u32", lambda a, b: ~(a ^ b))
_add("v_mul_hi_u32", "u32 <- u32 u32", it.multiply_high)
_add("v_mul_hi_i32", "i32 <- i32 i32", it.multiply_high)
_add("v_mul_i32_i24", "u32 <- u32 u32", lambda a, b: it.low(it.signed24(a) * it.signed24(b)))
_add("v_mul_u32_u24", "u32 <- u32 u32", lambda a, b: it.low(it.unsigned24(a) * it.unsigned24(b)))
_add("v_mul_hi_i32_i24", "u32 <- u32 u32", lambda a, b: it.high(it.signed24(a) * it.signed24(b)))
_add(
    "v_mul_hi_u32_u24", "u32 <- u32 u32", lambda a, b: it.high(it.unsigned24(a) * it.unsigned24(b))
)
_add(
    "v_mad_i32_i24",
    "u32 <- u32 u32 u32",
    lambda a, b, c: it.low(it.signed24(a) * it.signed24(b)) + c,
)
_add(
    "v_mad_u32_u24",
    "u32 <- u32 u32 u32",
    lambda a, b, c: it.low(it.unsigned24(a) * it.unsigned24(b)) + c,
)
_add("v_mad_u32_u16", "u32 <- u16 u16 u32", lambda a, b, c: a.astype(U32) * b.astype(U32) + c)
_add("v_mad_i32_i16", "i32 <- i16 i16 i32", lambda a, b, c: a.astype(I32) * b.astype(I32) + c)
_add("v_add3_u32", "u32 <- u32 u32 u32", lambda a, b, c: a + b + c)
_add("v_lshl_add_u32", "u32 <- u32 u32 u32", lambda a, b, c: it.shift_left(b, a) + c)
_add("v_add_lshl_u32", "u32 <- u32 u32 u32", lambda a, b, c: it.shift_left(c, a + b))
_add("v_lshl_or_b32", "u32 <- u32 u32 u32", lambda a, b, c: it.shift_left(b, a) | c)
_add("v_lshl_add_u64", "u64 <- u64 u32 u64", lambda a, b, c: (a << (b & U32(7)).astype(U64)) + c)
_add("v_and_or_b32", "u32 <- u32 u32 u32", lambda a, b, c: a & b | c)
_add("v_or3_b32", "u32 <- u32 u32 u32", lambda a, b, c: a | b | c)
_add("v_xor3_b32", "u32 <- u32 u32 u32", lambda a, b, c: a ^ b ^ c)
_add("v_xad_u32", "u32 <- u32 u32 u32", lambda a, b, c: (a ^ b) + c)
_add("v_bfe_u32", "u32 <- u32 u32 u32", it.bit_field)
_add("v_bfe_i32", "i32 <- i32 u32 u32", it.bit_field)
_add("v_bfi_b32", "u32 <- u32 u32 u32", it.bit_field_insert)
_add(
    "v_bfm_b32",
    "u32 <- u32 u32",
    lambda a, b: ((U32(1) << (a & U32(31))) - U32(1)) << (b & U32(31)),
)
_add("v_alignbit_b32", "u32 <- u32 u32 u32", it.align_bit)
_add("v_alignbyte_b32", "u32 <- u32 u32 u32", it.align_byte)
_add("v_perm_b32", "u32 <- u32 u32 u32", it.permute_bytes)
_add("v_clz_i32_u32", "u32 <- u32", it.leading_zeros)
_add("v_cls_i32", "u32 <- i32", it.leading_signs)
_add("v_ctz_i32_b32", "u32 <- u32", it.trailing_zeros)
_add("v_bfrev_b32", "u32 <- u32", it.reversed_bits)
_add("v_bcnt_u32_b32", "u32 <- u32 u32", lambda a, b: it.ones(a) + b)
_add("v_sad_u32", "u32 <- u32 u32 u32", lambda a, b, c: np.maximum(a, b) - np.minimum(a, b) + c)
_add("v_accvgpr_read_b32", "u32 <- u32", lambda x: x)
_add("v_accvgpr_write_b32", "u32 <- u32", lambda x: x)
_add("v_accvgpr_mov_b32", "u32 <- u32", lambda x: x)
_add(
    "v_dot4c_i32_i8",
    "i32 <- u32 u32 i32",
    lambda a, b, c: it.dot4(a, b, True, True) + c,
    accumulates=True,
)

# Integer results that `clamp` holds within their type instead of wrapping around.
SATURATING: dict[str, Callable[..., np.ndarray]] = {
    **{f"v_add_nc_{i}": np.add for i in ("u16", "i16", "u32", "i32")},
    **{f"v_sub_nc_{i}": np.subtract for i in ("u16", "i16", "u32", "i32")},
    **{f"v_subrev_nc_{i}": _subtract_reversed for i in ("u16", "u32")},
    **{f"v_mad_{i}": lambda a, b, c: a * b + c for i in ("u16", "i16")},
}
