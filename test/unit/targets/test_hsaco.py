"""The linker of AMD code objects: what it writes is what LLVM's own writes, and reads back.

Covers: targets/hsaco/link.py, metadata.py, symbols.py; runtime/elf.py, message_pack.py.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from l4_kernels import emit, lit_kernel, module_of, typed_kernel

from clawc.runtime.elf import read_elf
from clawc.targets.emission import EmissionError
from clawc.targets.hsaco.link import link
from clawc.targets.hsaco.metadata import kernel_resources, metadata, unpack

REQUIRED = "CLAWC_REQUIRE_DRIVERS" in os.environ  # CI installs both tools
LLD = next((tool for tool in ("ld.lld-22", "ld.lld") if shutil.which(tool)), None)
OBJDUMP = next((tool for tool in ("llvm-objdump-22", "llvm-objdump") if shutil.which(tool)), None)
MANY = module_of(*(typed_kernel(t, n) for t in ("f16", "f32", "i64") for n in (1, 2, 4, 8)))


def segments(image: bytes) -> list[tuple[tuple[int, ...], bytes]]:
    """The program headers, and the content of those that are loaded, but for the ELF header."""
    count = struct.unpack_from("<H", image, 56)[0]
    found = []
    for i in range(count):
        header = struct.unpack_from("<IIQQQQQQ", image, 64 + 56 * i)
        start, size = max(header[2], 64), header[2] + header[5]
        found.append((header, image[start:size] if header[0] == 1 else b""))
    return found


def objects(monkeypatch: pytest.MonkeyPatch, source: str, spec: str) -> bytes:
    """The relocatable object that emission links."""
    taken: list[bytes] = []
    monkeypatch.setattr("clawc.targets.amdgpu.link", lambda data: taken.append(data) or link(data))
    emit(source, spec)
    return taken[0]


@pytest.mark.skipif(LLD is None and not REQUIRED, reason="no lld")
@pytest.mark.parametrize(
    "spec", ["amdgpu:gfx906", "amdgpu:gfx942", "amdgpu:gfx1100", "amdgpu:gfx1201"]
)
@pytest.mark.parametrize(
    "source", [lit_kernel("lower/lower-to-nvvm-shared"), MANY], ids=["one", "many"]
)
def test_loads_as_what_lld_links(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, spec: str
) -> None:
    data = objects(monkeypatch, source, spec)
    (tmp_path / "kernels.o").write_bytes(data)
    command = [LLD, "-shared", "--no-undefined", "kernels.o", "-o", "kernels.hsaco"]
    subprocess.run(command, cwd=tmp_path, check=True)
    expected = (tmp_path / "kernels.hsaco").read_bytes()
    assert segments(link(data)) == segments(expected)
    assert metadata(link(data)) == metadata(expected)
    assert read_elf(link(data)).flags == read_elf(expected).flags


@pytest.mark.skipif(OBJDUMP is None and not REQUIRED, reason="no llvm-objdump")
def test_disassembles(tmp_path: Path) -> None:
    image = tmp_path / "kernels.hsaco"
    image.write_bytes(emit(lit_kernel("lower/lower-to-nvvm-shared"), "amdgpu:gfx1100").data)
    run = subprocess.run([OBJDUMP, "-d", image], capture_output=True, text=True, check=True)
    assert "<reverse>:" in run.stdout and "ds_load_b128" in run.stdout
    assert "global_load_b128" in run.stdout and "s_barrier" in run.stdout


def test_says_what_kernels_need() -> None:
    facts = kernel_resources(emit(MANY, "amdgpu:gfx942").data)
    assert len(facts) == 12
    first = facts["compute_f32_4"]
    assert first["lanes"] == 64 and first["spills"] == 0 and 0 < first["registers"] < 64
    assert first["kernarg"] == 28 and first["shared"] == 0


def test_symbols_are_found_in_both_tables() -> None:
    image = read_elf(emit(lit_kernel("lower/lower-to-nvvm-shared"), "amdgpu").data)
    tables = {section.name: section.data for section in image.sections}
    assert tables[".symtab"] == tables[".dynsym"] and tables[".strtab"] == tables[".dynstr"]
    assert {symbol.name for symbol in image.symbols} == {"", "reverse", "reverse.kd"}


def test_a_kernel_without_code() -> None:
    """LLVM leaves out what cannot be run: the kernel is found, and ends at once."""
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple("amdgcn-amd-amdhsa")
    text = "define amdgpu_kernel void @empty() { unreachable }"
    machine = target.create_target_machine(cpu="gfx942")
    linked = link(machine.emit_object(llvm.parse_assembly(text)))
    assert "empty" in {symbol.name for symbol in read_elf(linked).symbols}
    code = read_elf(linked).section(".text")
    assert code is not None and code.data.startswith(bytes.fromhex("000081bf"))


def test_refuses_other_files() -> None:
    with pytest.raises(EmissionError, match="64-bit little-endian ELF"):
        link(b"MZ")
    host = emit(lit_kernel("lower/lower-to-host"), "host:x86-64-v3").data
    with pytest.raises(EmissionError, match="expected ELF machine 224"):
        link(host)
    with pytest.raises(EmissionError, match="no AMDGPU metadata"):
        metadata(host)


def test_unpacks_messages() -> None:
    assert unpack(b"\x83\xa1a\xcd\x01\x00\xa1b\x92\xc3\xff\xa1c\xd9\x02hi") == {
        "a": 256,
        "b": [True, -1],
        "c": "hi",
    }
    with pytest.raises(EmissionError, match="0xc1"):
        unpack(b"\xc1")
