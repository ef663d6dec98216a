"""One name for an operation that two generations call differently: RDNA 3's; names of registers."""

from __future__ import annotations

import re
from functools import cache

from clawc.emulators.gcn.waves import SCALAR

_SIZES = {
    **{"dwordx2": "b64", "dwordx3": "b96", "dwordx4": "b128", "dwordx8": "b256"},
    **{"dwordx16": "b512", "dword": "b32", "ubyte": "u8", "sbyte": "i8", "ushort": "u16"},
    **{"sshort": "i16", "byte": "b8", "short": "b16"},
}
_EXACT = {
    **{"v_add_u32": "v_add_nc_u32", "v_sub_u32": "v_sub_nc_u32", "v_add_u16": "v_add_nc_u16"},
    **{"v_subrev_u32": "v_subrev_nc_u32", "v_sub_u16": "v_sub_nc_u16"},
    **{"v_subrev_u16": "v_subrev_nc_u16"},
    **{f"v_mad_legacy_{i}": f"v_mad_{i}" for i in ("u16", "i16")},  # above: zeros
    **{"v_add_i32": "v_add_nc_i32", "v_sub_i32": "v_sub_nc_i32"},
    **{"v_add_i16": "v_add_nc_i16", "v_sub_i16": "v_sub_nc_i16"},
    **{"v_addc_co_u32": "v_add_co_ci_u32", "v_subb_co_u32": "v_sub_co_ci_u32"},
    **{"v_subbrev_co_u32": "v_subrev_co_ci_u32"},
    **{"v_ffbh_u32": "v_clz_i32_u32", "v_ffbl_b32": "v_ctz_i32_b32", "v_ffbh_i32": "v_cls_i32"},
    **{"v_cvt_rpi_i32_f32": "v_cvt_nearest_i32_f32", "v_cvt_flr_i32_f32": "v_cvt_floor_i32_f32"},
    **{"v_mul_legacy_f32": "v_mul_dx9_zero_f32", "v_fmac_legacy_f32": "v_fmac_dx9_zero_f32"},
    **{"v_cvt_pkrtz_f16_f32": "v_cvt_pk_rtz_f16_f32", "v_dot2c_f32_f16": "v_dot2acc_f32_f16"},
    # RDNA 4 says which sums give a carry, and which minimum is meant.
    **{"s_add_co_u32": "s_add_u32", "s_sub_co_u32": "s_sub_u32", "s_add_co_i32": "s_add_i32"},
    **{"s_sub_co_i32": "s_sub_i32", "s_add_co_ci_u32": "s_addc_u32"},
    **{"s_sub_co_ci_u32": "s_subb_u32", "s_addk_co_i32": "s_addk_i32"},
    **{"v_mad_co_u64_u32": "v_mad_u64_u32", "v_mad_co_i64_i32": "v_mad_i64_i32"},
    **{"s_ff1_i32_b32": "s_ctz_i32_b32", "s_ff1_i32_b64": "s_ctz_i32_b64"},
    **{"s_flbit_i32_b32": "s_clz_i32_u32", "s_flbit_i32_b64": "s_clz_i32_u64"},
    "s_flbit_i32": "s_cls_i32",
}
_PATTERNS = (
    (r"^(s_\w*?)andn2_", r"\1and_not1_"),
    (r"^(s_\w*?)orn2_", r"\1or_not1_"),
    (r"^s_(and|or)n1_", r"s_\1_not0_"),
    (r"^(\w+?)_num_(f\d+)$", r"\1_\2"),
    (r"^ds_read2st64_", "ds_load_2addr_stride64_"),
    (r"^ds_write2st64_", "ds_store_2addr_stride64_"),
    (r"^ds_read2_", "ds_load_2addr_"),
    (r"^ds_write2_", "ds_store_2addr_"),
    (r"^ds_read_", "ds_load_"),
    (r"^ds_write_", "ds_store_"),
    (r"^(\w+_load)_(ubyte|sbyte)_d16_hi$", r"\1_d16_hi_\2"),
    (r"^(\w+_load)_(ubyte|sbyte|short)_d16$", r"\1_d16_\2"),
    (r"^(\w+_(?:load|store))_(byte|short)_d16_hi$", r"\1_d16_hi_\2"),
    (r"^(ds_\w*)wrxchg_", r"\1storexchg_"),
    (r"^(\w+_atomic_)f(min|max|cmpswap)$", r"\1\2_f32"),
    (r"^(\w+_atomic_)f(min|max|cmpswap)_x2$", r"\1\2_f64"),
    (r"^(\w+_atomic_)([su])(min|max)(_x2|)$", r"\1\3_\2\4"),
    (r"^(\w+_atomic_)(add|sub|csub|inc|dec)(_x2|)$", r"\1\2_u\3"),
    (r"^(\w+_atomic_)(and|or|xor|swap|cmpswap)(_x2|)$", r"\1\2_b\3"),
    (r"^(\w+_atomic_\w+_)s(_x2|)$", r"\1i\2"),
    (r"^(\w+_atomic_\w+_[uib])$", r"\g<1>32"),
    (r"^(\w+_atomic_\w+_[uib])_x2$", r"\g<1>64"),
    (r"^((?:ds|\w+_atomic)_)(sub_clamp|csub_clamp)_", r"\1csub_"),
)


@cache
def rdna3_name(mnemonic: str) -> str:
    """`ds_load_b32` for `ds_read_b32`, `v_add_nc_u32` for `v_add_u32`, and so on."""
    name = _EXACT.get(mnemonic, mnemonic)
    for pattern, replacement in _PATTERNS:
        name = re.sub(pattern, replacement, name)
    if re.match(r"^(s|global|flat|scratch|buffer)_(load|store)_", name):
        head, _, size = name.rpartition("_")
        name = f"{head}_{_SIZES.get(size, size)}"
    return name


def register_name(register: int) -> str:
    """`v3` or `s3` of a number in which scalar registers are counted from SCALAR on."""
    if register < SCALAR:
        return f"v{register}"
    special = {106: "vcc_lo", 107: "vcc_hi", 124: "s124", 126: "exec_lo", 127: "exec_hi"}
    number = register - SCALAR
    return special.get(number, f"s{number}")
