"""SASS as nvdisasm prints it: what is read of it, and what its copies hide."""

from __future__ import annotations

import pytest

from benchmarks.static import sass
from benchmarks.static.copies import Copies, copies_in_sass
from benchmarks.static.instructions import Flow, Instruction
from benchmarks.static.measure import class_of, ring_stages

PRINTED = """
\t.section\t.text.product,"ax",@progbits
.text.product:
        /*0000*/                   MOV R1, c[0x0][0x28] ;
.L_x_0:
        /*0010*/                   LDG.E.128.CONSTANT R4, [R2.64] ;
        /*0020*/               @P1 EXIT ;
        /*0030*/              @!P0 BRA `(.L_x_0) ;
        /*0040*/                   EXIT ;
.L_x_1:
        /*0050*/                   BRA `(.L_x_1);
        /*0060*/                   NOP;
\t.section\t.text.other,"ax",@progbits
        /*0000*/                   EXIT ;
"""


def instructions(*lines: str) -> tuple[Instruction, ...]:
    printed = "".join(f"/*{16 * i:04x}*/ {line} ;\n" for i, line in enumerate(lines))
    return sass.read(f"\t.section .text.k\n{printed}")["k"]


def copies(*loop: str) -> Copies | None:
    return copies_in_sass(instructions(*loop), lambda each: each.name.startswith("HMMA"))


def test_reads_what_nvdisasm_prints() -> None:
    read = sass.read(PRINTED)
    assert list(read) == ["product", "other"]
    flows = [each.flow for each in read["product"]]
    assert flows == [Flow.ON, Flow.ON, Flow.ON, Flow.BRANCH, Flow.END, Flow.JUMP]
    assert [each.target for each in read["product"]][3:] == [0x10, None, 0x50]
    assert read["product"][1].name == "LDG.E.128.CONSTANT"


@pytest.mark.parametrize(
    ("line", "flop", "size", "kind"),
    [
        ("HMMA.16816.F32 R4, R8, R12, R4", 4096, 0, "matrix"),
        ("HMMA.1688.F32.TF32 R4, R8, R12, R4", 2048, 0, "matrix"),
        ("HGMMA.64x256x16.F32 R24, gdesc[UR8], R24", 2 * 64 * 256 * 16 // 4, 0, "matrix"),
        ("FFMA R4, R8, R12, R4", 64, 0, "fma"),
        ("FFMA2 R4, R8, R12, R4", 128, 0, "fma"),
        ("FADD R4, R8, R12", 32, 0, "float"),
        ("LDG.E.128 R4, [R2.64]", 0, 16, "global load"),
        ("LDG.E.U16 R4, [R2.64]", 0, 2, "global load"),
        ("STG.E R4, [R2.64]", 0, 4, "global store"),
        ("LDGSTS.E.BYPASS.128 [R4], [R2.64]", 0, 16, "async copy"),
        ("LDGDEPBAR", 0, 0, "wait"),
        ("LDSM.16.M88.4 R4, [R2]", 0, 0, "shared load"),
        ("LDL R4, [R1]", 0, 0, "local"),
        ("IMAD.MOV.U32 R4, RZ, RZ, R5", 0, 0, "integer"),
    ],
)
def test_what_an_instruction_does(line: str, flop: int, size: int, kind: str) -> None:
    (read,) = instructions(line)
    assert (sass.flop(read), sass.global_bytes(read)) == (flop, size)
    assert class_of(sass.CLASSES, read) == kind


def test_a_load_is_waited_for_by_who_reads_it() -> None:
    load, store, product = "LDG.E.64 R4, [R2.64]", "STS [R9], R5", "HMMA.16816.F32 R20, R1, R1, R20"
    assert copies(load, store, product) == Copies(0, 0)
    assert copies(load, product, product, store) == Copies(1, 2)
    assert copies(product) is None


def test_a_group_of_copies_is_waited_for_by_its_count() -> None:
    copy, commit = "LDGSTS.E.128 [R4], [R2.64]", "LDGDEPBAR"
    product = "HMMA.16816.F32 R20, R1, R1, R20"
    assert copies(copy, copy, commit, "DEPBAR.LE SB0, 0x0", product) == Copies(0, 0)
    assert copies(copy, copy, commit, "DEPBAR.LE SB0, 0x2", product, product) == Copies(4, 4)


def test_a_ring_has_two_barriers_a_stage() -> None:
    assert ring_stages(instructions(*["SYNCS.EXCH.64 URZ, [UR4], UR6"] * 8)) == 4
    assert ring_stages(instructions("SYNCS.EXCH.64 URZ, [UR4], UR6")) is None
