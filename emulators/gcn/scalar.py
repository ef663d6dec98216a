"""Make steps of scalar instructions: SOP1, SOP2, SOPC, SOPK."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np

from clawc.emulators.gcn import integer as it
from clawc.emulators.gcn.modes import get_mode
from clawc.emulators.gcn.operands import DTYPES, Operands
from clawc.emulators.gcn.scalar_bits import bits_and_fields
from clawc.emulators.gcn.scalar_float import scalar_float
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.waves import EXEC, Waves

U32, U64, I32, I64 = np.uint32, np.uint64, np.int32, np.int64

# name: (types of the sources, the operation); SCC becomes "the result is not 0".
_BITS: dict[str, Callable[..., np.ndarray]] = {
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "and_not1": lambda a, b: a & ~b,
    "or_not1": lambda a, b: a | ~b,
    "nand": lambda a, b: ~(a & b),
    "nor": lambda a, b: ~(a | b),
    "xnor": lambda a, b: ~(a ^ b),
}
_SHIFTS = {
    **{"s_lshl_b32": "u32", "s_lshr_b32": "u32", "s_ashr_i32": "i32"},
    **{"s_lshl_b64": "u64", "s_lshr_b64": "u64", "s_ashr_i64": "i64"},
}
_WIDE = {"s_add_nc_u64": np.add, "s_sub_nc_u64": np.subtract, "s_mul_u64": np.multiply}
_OTHERS = (bits_and_fields, scalar_float)
_COMPARISONS: dict[str, Callable] = {
    **{"eq": operator.eq, "lg": operator.ne, "gt": operator.gt, "ge": operator.ge},
    **{"lt": operator.lt, "le": operator.le},
}


def scalar(o: Operands) -> Run:
    """The step of a SOP1, SOP2, SOPC or SOPK instruction that does not branch."""
    name = o.instruction.name
    for table in (_special, _moves, _bits, _saving, _compares, _arithmetic, *_OTHERS):
        run = table(o, name)
        if run is not None:
            return run
    raise unknown(o)


def _sources(o: Operands, *types: str):
    i = o.instruction
    return [o.scalar_read(i[f"src{k}"], type) for k, type in enumerate(types)]


def _moves(o: Operands, name: str) -> Run | None:
    i = o.instruction
    one_source = {
        "s_mov": lambda x: x,
        "s_not": np.invert,
        "s_brev": it.reversed_bits,
        "s_ctz_i32": it.trailing_zeros,
        "s_clz_i32": it.leading_zeros,
        "s_bcnt1_i32": it.ones,
        "s_sext_i32_i8": lambda x: x.astype(np.int8).astype(I32).view(U32),
        "s_sext_i32_i16": lambda x: x.astype(np.int16).astype(I32).view(U32),
        "s_abs_i32": lambda x: np.abs(x.view(I32)).view(U32),
    }
    head = name if name in one_source else name.rpartition("_")[0]
    if head not in one_source:
        return None
    wide = name.endswith("64")
    if wide and head not in ("s_mov", "s_not"):
        return None
    type = "u64" if wide else "u32"
    (a,), write = _sources(o, type), o.scalar_write(i["sdst"], type)
    compute = one_source[head]
    if head in ("s_not", "s_bcnt1_i32", "s_abs_i32"):

        def run(w: Waves) -> None:
            result = np.broadcast_to(compute(a(w)), w.count)
            w.scc = result != 0
            write(w, result)

        return run
    return lambda w: write(w, compute(a(w)))


def _bits(o: Operands, name: str) -> Run | None:
    head, _, size = name.removeprefix("s_").rpartition("_b")
    if head in _BITS and size in ("32", "64"):
        type, compute = f"u{size}", _BITS[head]
    elif name in _SHIFTS:
        type = _SHIFTS[name]
        count = DTYPES[type](int(type[1:]) - 1)
        left = "lshl" in name

        def compute(a, b):
            by = b.astype(a.dtype) & count
            return a << by if left else a >> by

        a, b = _sources(o, type, "u32")
        return _with_nonzero(o, type, lambda w: compute(a(w), b(w)))
    else:
        return None
    a, b = _sources(o, type, type)
    return _with_nonzero(o, type, lambda w: compute(a(w), b(w)))


def _with_nonzero(o: Operands, type: str, value) -> Run:
    write = o.scalar_write(o.instruction["sdst"], type)

    def run(w: Waves) -> None:
        result = np.broadcast_to(value(w), w.count)
        w.scc = result != 0
        write(w, result)

    return run


def _saving(o: Operands, name: str) -> Run | None:
    """`s_and_saveexec`: EXEC = operation(source, EXEC), and the old EXEC to the destination."""
    if "_saveexec_b" not in name:
        return None
    head, _, size = name.removeprefix("s_").partition("_saveexec_b")
    orders = {"and_not1": "and_not1", "or_not1": "or_not1", "and": "and", "or": "or", "xor": "xor"}
    reversed_orders = {"and_not0": "and_not1", "or_not0": "or_not1"}
    type = f"u{size}"
    (a,), old = _sources(o, type), o.scalar_read(EXEC, type)
    save, write = o.scalar_write(o.instruction["sdst"], type), o.scalar_write(EXEC, type)
    if head in orders:
        operation = _BITS[orders[head]]
    elif head in reversed_orders:
        inner = _BITS[reversed_orders[head]]

        def operation(x, y):
            return inner(y, x)
    else:
        return None

    def run(w: Waves) -> None:
        before = np.array(old(w))
        result = operation(a(w), before)
        save(w, before)
        w.scc = result != 0
        write(w, result)

    return run


def _compares(o: Operands, name: str) -> Run | None:
    i = o.instruction
    if name in ("s_bitcmp0_b32", "s_bitcmp1_b32"):
        a, b = _sources(o, "u32", "u32")
        wanted = U32(name[8] == "1")

        def test_bit(w: Waves) -> None:
            w.scc = np.broadcast_to(a(w) >> (b(w) & U32(31)) & U32(1) == wanted, w.count)

        return test_bit
    parts = name.split("_")
    if parts[1] not in ("cmp", "cmpk") or len(parts) != 4 or parts[2] not in _COMPARISONS:
        return None
    test, type = _COMPARISONS[parts[2]], parts[3]
    if type not in DTYPES or type.startswith("f"):
        return None
    if parts[1] == "cmpk":
        a = o.scalar_read(i["sdst"], type)
        immediate = i["immediate"] - (0x10000 if type == "i32" and i["immediate"] >> 15 else 0)
        constant = np.array([immediate], DTYPES[type])

        def run_constant(w: Waves) -> None:
            w.scc = test(a(w), constant)

        return run_constant
    a, b = _sources(o, type, type)

    def run(w: Waves) -> None:
        w.scc = np.broadcast_to(test(a(w), b(w)), w.count)

    return run


def _arithmetic(o: Operands, name: str) -> Run | None:
    i = o.instruction
    if name in ("s_min_i32", "s_max_i32", "s_min_u32", "s_max_u32"):
        type, lower = name[-3:], "min" in name
        a, b = _sources(o, type, type)
        write = o.scalar_write(i["sdst"], type)

        def extreme(w: Waves) -> None:
            x, y = np.broadcast_arrays(a(w), b(w))
            w.scc = np.broadcast_to(x < y if lower else x > y, w.count)
            write(w, np.minimum(x, y) if lower else np.maximum(x, y))

        return extreme
    if name in ("s_mul_i32", "s_mul_hi_u32", "s_mul_hi_i32"):
        type = name[-3:]
        a, b = _sources(o, type, type)
        write = o.scalar_write(i["sdst"], type)
        compute = np.multiply if name == "s_mul_i32" else it.multiply_high
        return lambda w: write(w, compute(a(w), b(w)))
    if name in _WIDE:
        a, b = _sources(o, "u64", "u64")
        write_wide, compute_wide = o.scalar_write(i["sdst"], "u64"), _WIDE[name]
        return lambda w: write_wide(w, np.broadcast_to(compute_wide(a(w), b(w)), w.count))
    if name in ("s_bfe_u32", "s_bfe_i32"):
        a, b = _sources(o, name[-3:], "u32")
        value = lambda w: it.bit_field(a(w), b(w) & U32(31), b(w) >> U32(16) & U32(127))  # noqa: E731
        return _with_nonzero(o, name[-3:], value)
    if name in ("s_addk_i32", "s_mulk_i32", "s_movk_i32"):
        return _with_immediate(o, name)
    return _sums(o, name)


def _with_immediate(o: Operands, name: str) -> Run:
    i = o.instruction
    constant = np.array([i["immediate"] - (i["immediate"] >> 15 << 16)], I32)
    write = o.scalar_write(i["sdst"], "i32")
    if name == "s_movk_i32":
        return lambda w: write(w, constant)
    a = o.scalar_read(i["sdst"], "i32")
    if name == "s_mulk_i32":
        return lambda w: write(w, a(w) * constant)

    def run(w: Waves) -> None:
        x = np.array(a(w))
        result = x + constant
        w.scc = ((x ^ result) & (constant ^ result)) < 0
        write(w, result)

    return run


def _sums(o: Operands, name: str) -> Run | None:
    """Sums and differences; SCC is the carry of unsigned ones, the overflow of signed ones."""
    i = o.instruction
    unsigned = {"s_add_u32": 0, "s_addc_u32": 1, "s_sub_u32": 0, "s_subb_u32": 1}
    if name in unsigned:
        a, b = _sources(o, "u32", "u32")
        write, chained, subtracts = o.scalar_write(i["sdst"], "u32"), unsigned[name], "sub" in name

        def run(w: Waves) -> None:
            x, y = a(w).astype(U64), b(w).astype(U64)
            carry = w.scc.astype(U64) if chained else U64(0)
            total = x - y - carry if subtracts else x + y + carry
            w.scc = np.broadcast_to(total >> U64(32) != 0, w.count)
            write(w, (total & U64(0xFFFFFFFF)).astype(U32))

        return run
    if name in ("s_add_i32", "s_sub_i32"):
        a, b = _sources(o, "i32", "i32")
        write, subtracts = o.scalar_write(i["sdst"], "i32"), name == "s_sub_i32"

        def run_signed(w: Waves) -> None:
            exact = a(w).astype(I64) - b(w) if subtracts else a(w).astype(I64) + b(w)
            result = exact.astype(I32)
            w.scc = np.broadcast_to(result != exact, w.count)
            write(w, result)

        return run_signed
    shifts = {f"s_lshl{n}_add_u32": n for n in range(1, 5)}
    if name in shifts:
        a, b = _sources(o, "u32", "u32")
        write, by = o.scalar_write(i["sdst"], "u32"), U64(shifts[name])

        def run_shifted(w: Waves) -> None:
            total = (a(w).astype(U64) << by) + b(w)
            w.scc = np.broadcast_to(total >> U64(32) != 0, w.count)
            write(w, it.low(total))

        return run_shifted
    return None


def _special(o: Operands, name: str) -> Run | None:
    i = o.instruction
    if name in ("s_cselect_b32", "s_cselect_b64"):
        type = "u" + name[-2:]
        a, b = _sources(o, type, type)
        write = o.scalar_write(i["sdst"], type)
        return lambda w: write(w, np.where(w.scc, a(w), b(w)))
    if name == "s_getreg_b32":
        return get_mode(o)
    if name == "s_getpc_b64":
        address = np.array([i.end], U64)
        write = o.scalar_write(i["sdst"], "u64")
        return lambda w: write(w, address + U64(w.batch.image_base))
    return None
