"""Findings on AMD's chips name the line of the program, from the line table in the HSACO."""

import re
import shutil
import subprocess

import llvmlite.binding as llvm
import numpy as np
import pytest
from short_buffers import launch_on_less

import clawc
from clawc.emulators.device import EmulatedDevice
from clawc.emulators.dwarf_lines import DamagedLines, LineTable, Row, read_lines
from clawc.emulators.gcn.code_object import read_code_object
from clawc.emulators.interface import KernelFault
from clawc.runtime.executable import load
from clawc.targets.hsaco.link import link

CHIPS = ("gfx1100", "gfx942")
DUMP = shutil.which("llvm-dwarfdump-22")
PROGRAM = """func.func @main(%x: tensor<40x8xf32>) -> tensor<40x8xf32> {
  %y = arith.addf %x, %x : tensor<40x8xf32>
  %z = math.exp %y : tensor<40x8xf32>
  return %z : tensor<40x8xf32>
}
"""
_ROW = re.compile(r"^0x([0-9a-f]{16}) +(\d+) +(\d+) +(\d+) +\d+ +\d+ +\d+ +(.*)$")


@pytest.mark.parametrize("chip", CHIPS)
def test_findings_name_the_line_of_the_program(chip, tmp_path):
    source = tmp_path / "twice.mlir"
    source.write_text(PROGRAM)
    artifact = clawc.compile(str(source), target=f"amdgpu:{chip}", debug=True)
    run = load(artifact, EmulatedDevice(chip))
    with pytest.raises(KernelFault, match="out-of-bounds") as caught:
        launch_on_less(run, np.zeros((40, 8), np.float32))
    assert re.fullmatch(r"twice\.mlir:[23]:\d+", caught.value.findings[0].location)


@pytest.mark.parametrize("chip", CHIPS)
def test_without_debug_information_there_is_no_line(chip):
    image = clawc.compile(PROGRAM, target=f"amdgpu:{chip}").images[0].data
    code = read_code_object(image)
    assert code.lines.find(code.kernels[0].entry) == ""


def debugged(version: int) -> bytes:
    """Two functions of two files, whose lines go up and down."""
    return link(_object(version))


def _object(version: int) -> bytes:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    stores = "\n".join(
        f"  store volatile i32 {i}, ptr addrspace(1) %p, !dbg !{20 + i}" for i in range(12)
    )
    numbers = [3, 700, 5, 5, 1_000_000, 1, 2, 80, 79, 78, 300, 40]
    places = "\n".join(
        f"!{20 + i} = !DILocation(line: {n}, column: {200 - i}, scope: !{4 + i % 2})"
        for i, n in enumerate(numbers)
    )
    text = f"""target triple = "amdgcn-amd-amdhsa"
define amdgpu_kernel void @k(ptr addrspace(1) %p) !dbg !4 {{
{stores}
  ret void
}}
!llvm.dbg.cu = !{{!0}}
!llvm.module.flags = !{{!2, !3}}
!0 = distinct !DICompileUnit(language: DW_LANG_C, file: !1, emissionKind: LineTablesOnly)
!1 = !DIFile(filename: "one.mlir", directory: "/somewhere")
!2 = !{{i32 2, !"Debug Info Version", i32 3}}
!3 = !{{i32 7, !"Dwarf Version", i32 {version}}}
!4 = distinct !DISubprogram(name: "k", file: !1, line: 1, unit: !0, type: !7)
!5 = !DILexicalBlockFile(scope: !4, file: !6, discriminator: 0)
!6 = !DIFile(filename: "deep/two.mlir", directory: "/elsewhere")
!7 = !DISubroutineType(types: !{{}})
{places}
"""
    target = llvm.Target.from_triple("amdgcn-amd-amdhsa")
    machine = target.create_target_machine(cpu="gfx942", opt=2)
    return machine.emit_object(llvm.parse_assembly(text))


@pytest.mark.skipif(DUMP is None, reason="needs llvm-dwarfdump-22")
@pytest.mark.parametrize("version", [4, 5])
def test_as_llvm_reads_the_table(version, tmp_path):
    path = tmp_path / "k.hsaco"
    path.write_bytes(debugged(version))
    command = [str(DUMP), "--debug-line", str(path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert f"version: {version}" in text
    names = {int(n): name for n, name in re.findall(r'file_names\[ *(\d+)\]:\s+name: "(.*)"', text)}
    rows = [found for line in text.splitlines() if (found := _ROW.match(line))]
    assert len(rows) > 12
    expected = []
    for row in rows:
        address, line, column, file = int(row[1], 16), *map(int, row.groups()[1:4])
        if "end_sequence" in row[5]:
            expected.append(Row(address, ends=True))
        else:
            expected.append(Row(address, names[file], line, column))
    assert read_code_object(path.read_bytes()).lines.rows == expected


def test_between_sequences_there_is_no_line():
    table = LineTable([Row(8, "a", 1, 2), Row(16, ends=True), Row(16, "b", 3, 4), Row(24, "b", 0)])
    assert [table.find(at) for at in (0, 8, 12, 16, 20, 24)] == [
        *("", "a:1:2", "a:1:2", "b:3:4", "b:3:4", "")
    ]


def test_damaged_tables_are_told():
    for data in (b"\x08\0\0\0\x03\0", b"\xff\xff\xff\xff", b"\x20\0\0\0\x04\0\x10"):
        with pytest.raises(DamagedLines):
            read_lines({".debug_line": data})
