"""AMD's code as llvm-objdump prints it: what is read of it, and what its copies hide."""

from __future__ import annotations

import pytest

from benchmarks.static import gcn
from benchmarks.static.copies import Copies, copies_in_gcn
from benchmarks.static.instructions import Flow, Instruction
from benchmarks.static.measure import class_of

PRINTED = """
0000000000001600 <product>:
\ts_load_dwordx4 s[0:3], s[4:5], 0x0                         // 000000001600: C00A0002
\tglobal_load_dwordx4 v[4:7], v[2:3], off                    // 000000001608: DC5C8000
\ts_cbranch_scc1 65534                                       // 000000001610: BF85FFFE <product+0x8>
\ts_endpgm                                                   // 000000001614: BF810000
\ts_nop 0                                                    // 000000001618: BF800000
"""


def copies(*loop: str) -> Copies | None:
    parted = [line.partition(" ") for line in loop]
    code = [Instruction(8 * i, name, rest) for i, (name, _, rest) in enumerate(parted)]
    return copies_in_gcn(code, lambda each: "mfma" in each.name)


def test_reads_what_objdump_prints() -> None:
    code = gcn.read(PRINTED)["product"]
    assert [each.flow for each in code] == [Flow.ON, Flow.ON, Flow.BRANCH, Flow.END]
    assert code[2].target == code[1].address == 0x1608


@pytest.mark.parametrize(
    ("name", "flop", "size", "kind"),
    [
        ("v_mfma_f32_32x32x8_f16", 2 * 32 * 32 * 8, 0, "matrix"),
        ("v_mfma_f32_4x4x4_16b_f16", 2 * 4 * 4 * 4 * 16, 0, "matrix"),
        ("v_wmma_f32_16x16x16_f16", 2 * 16**3, 0, "matrix"),
        ("v_pk_fma_f32", 4 * 64, 0, "fma"),
        ("v_fmac_f32_e32", 2 * 64, 0, "fma"),
        ("v_add_f32_e32", 64, 0, "float"),
        ("v_add_u32_e32", 0, 0, "integer"),
        ("global_load_dwordx4", 0, 16, "global load"),
        ("global_load_ushort", 0, 2, "global load"),
        ("global_load_d16_b16", 0, 2, "global load"),
        ("global_store_b64", 0, 8, "global store"),
        ("ds_read_b128", 0, 0, "shared load"),
        ("scratch_store_dword", 0, 0, "local"),
    ],
)
def test_what_an_instruction_does(name: str, flop: int, size: int, kind: str) -> None:
    found = Instruction(0, name)
    assert (gcn.flop(found, 64), gcn.global_bytes(found)) == (flop, size)
    assert class_of(gcn.CLASSES, found) == kind


def test_both_halves_of_a_dual_instruction_count() -> None:
    dual = Instruction(0, "v_dual_fmac_f32", "v1, v2, v3 :: v_dual_mul_f32 v4, v5, v6")
    assert gcn.flop(dual, 32) == 3 * 32


def test_loads_are_waited_for_by_their_count() -> None:
    load, product = "global_load_dwordx4 v[4:7], v[2:3], off", "v_mfma_f32_32x32x8_f16 v0"
    assert copies(load, "s_waitcnt vmcnt(0)", product) == Copies(0, 0)
    assert copies(load, product, product, "s_waitcnt vmcnt(0) lgkmcnt(0)") == Copies(1, 2)
    assert copies(load, product, "s_waitcnt vmcnt(2)") == Copies(3, 3)
    assert copies(load, product, "s_wait_loadcnt 0x0") == Copies(1, 1)
    assert copies(load, product, "s_waitcnt lgkmcnt(0)") is None
