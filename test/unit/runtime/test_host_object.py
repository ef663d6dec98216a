"""The linker of host objects: byte for byte what LLVM's own linker writes at the same addresses.

Covers: runtime/host_object.py, relocations.py, code_memory.py.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import struct
import subprocess
from pathlib import Path

import llvmlite.binding as llvm
import pytest

from clawc.runtime import code_memory
from clawc.runtime.code_memory import LoadedObject
from clawc.runtime.elf import RELA, read_elf
from clawc.runtime.errors import BadImage, RunError
from clawc.runtime.host_object import HostObject
from clawc.runtime.relocations import PROCESSORS, Field, RelocationError

LLD = shutil.which("ld.lld") or shutil.which("ld.lld-22")
REQUIRED = bool(os.environ.get("CLAWC_REQUIRE_DRIVERS"))
MACHINES = ("x86_64", "aarch64")
BASE, PAGE = 0x7F00_1234_0000, 0x1_0000
# Constants of several widths, a variable, tables of addresses and of jumps, and calls: of a
# function beside, of one from elsewhere, and of one whose address is taken from a table.
CODE = """
@numbers = internal constant [4 x float] [float 1.0, float 2.0, float 3.0, float 4.0]
@bytes = internal constant [3 x i8] c"abc"
@words = internal constant [1 x i32] [i32 8]
@wide = internal constant <4 x i32> <i32 1, i32 2, i32 3, i32 4>
@halves = internal constant [2 x i16] [i16 7, i16 9]
@longs = internal constant [2 x i64] [i64 11, i64 12]
@pointers = internal constant [2 x ptr] [ptr @numbers, ptr getelementptr (i8, ptr @longs, i64 8)]
@counter = internal global i64 5
@shared = global i64 6
@away = extern_weak global i64

declare float @fmaf(float, float, float)

define internal i64 @inner(i64 %n) noinline {
  switch i64 %n, label %other [i64 0, label %a
    i64 1, label %b
    i64 2, label %c
    i64 3, label %d
    i64 4, label %e]
a:
  ret i64 30
b:
  %b0 = load i64, ptr @counter
  ret i64 %b0
c:
  %f = call float @fmaf(float 2.0, float 3.0, float 4.0)
  %c0 = fptosi float %f to i64
  ret i64 %c0
d:
  %d0 = load volatile i64, ptr @shared
  ret i64 %d0
e:
  %e0 = icmp eq ptr @away, null
  %e1 = zext i1 %e0 to i64
  ret i64 %e1
other:
  %i = and i64 %n, 1
  %slot = getelementptr [2 x ptr], ptr @pointers, i64 0, i64 %i
  %p = load ptr, ptr %slot
  %q = load i32, ptr %p
  %p0 = zext i32 %q to i64
  ret i64 %p0
}

define i64 @work(i64 %n, i64 %i) {
  %x = call i64 @inner(i64 %n)
  %numbers = getelementptr [4 x float], ptr @numbers, i64 0, i64 %i
  %float = load volatile float, ptr %numbers
  %word = load volatile i32, ptr @words
  %bytes = getelementptr [3 x i8], ptr @bytes, i64 0, i64 %i
  %byte = load volatile i8, ptr @bytes
  %half = load volatile i16, ptr @halves
  %long = load volatile i64, ptr @longs
  %wide = load volatile <4 x i32>, ptr @wide
  %w = extractelement <4 x i32> %wide, i32 3
  %a = fptosi float %float to i64
  %b = zext i8 %byte to i64
  %c = zext i16 %half to i64
  %d = zext i32 %w to i64
  %s0 = add i64 %a, %b
  %s1 = add i64 %c, %d
  %s2 = add i64 %s0, %s1
  %s3 = add i64 %s2, %long
  store i64 %s3, ptr @shared
  ret i64 %x
}
"""


def compiled(machine: str, text: str = CODE) -> bytes:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple(f"{machine}-unknown-linux-gnu")
    emitter = target.create_target_machine(opt=1, reloc="pic", codemodel="default")
    return emitter.emit_object(llvm.parse_assembly(text))


@pytest.mark.skipif(LLD is None and not REQUIRED, reason="no lld")
@pytest.mark.parametrize("machine", MACHINES)
def test_links_as_lld_does(machine: str, tmp_path: Path) -> None:
    data = compiled(machine)
    made = HostObject.of(data, machine, PAGE)
    elf = made.elf
    # lld calls the function from elsewhere at the place of our jump to it, and has its own table.
    places = {elf.sections[index].name: offset for index, offset in made.sections.items()}
    places[".got"] = min(made.table.values())
    lines = [
        f"{name} {BASE + offset:#x} : {{ *({name}) }}"
        for name, offset in sorted(places.items(), key=lambda place: place[1])
    ]
    lines.append("/DISCARD/ : { *(.eh_frame) }")
    (tmp_path / "host.ld").write_text("SECTIONS {\n" + "\n".join(lines) + "\n}\n")
    (tmp_path / "host.o").write_bytes(data)
    symbols = [f"--defsym=fmaf={BASE + made.jumps['fmaf']:#x}"]
    command = [LLD, "-O0", "-T", "host.ld", "--no-relax", "-z", "norelro", *symbols]
    command += ["-e", "work", "host.o", "-o", "host"]
    subprocess.run(command, cwd=tmp_path, check=True)
    memory = made.linked(BASE, {"fmaf": 0x1234_5678_9ABC})
    compared = set()
    for section in read_elf((tmp_path / "host").read_bytes()).sections:
        if BASE <= section.address:
            start = section.address - BASE
            assert memory[start : start + len(section.data)] == section.data, section.name
            compared.add(section.name)
    assert compared >= places.keys()
    at = made.jumps["fmaf"] + len(PROCESSORS[machine].jump)
    assert memory[at : at + 8] == struct.pack("<Q", 0x1234_5678_9ABC)


@pytest.mark.parametrize("machine", MACHINES)
def test_most_rows_of_the_tables_are_met(machine: str) -> None:
    elf = read_elf(compiled(machine))
    met = {r.type for i, s in enumerate(elf.sections) if s.flags & 2 for r in elf.relocations(i)}
    assert len(met & set(PROCESSORS[machine].rules)) >= {"x86_64": 4, "aarch64": 10}[machine]


def test_the_code_runs() -> None:
    loaded = LoadedObject(compiled(platform.machine()))
    work = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(
        loaded.functions["work"]
    )
    assert [work(n, 1) for n in range(5)] == [30, 5, 10, 2 + 97 + 7 + 4 + 11, 1]
    assert [work(n, 1) for n in (5, 6)] == [12, 0x3F800000]


def test_nothing_is_writable_and_executable() -> None:
    loaded = LoadedObject(compiled(platform.machine()))
    start = ctypes.addressof(ctypes.c_char.from_buffer(loaded.memory))
    found = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, flags = line.split()[:2]
        first, last = (int(end, 16) for end in span.split("-"))
        if last > start and first < start + len(loaded.memory):
            found.append(flags[:3])
    assert found[:3] == ["r-x", "r--", "rw-"]
    stack = [line for line in Path("/proc/self/maps").read_text().splitlines() if "[stack]" in line]
    assert stack and all("x" not in line.split()[1] for line in stack)


def test_what_cannot_be_linked() -> None:
    with pytest.raises(BadImage, match="not a relocatable object for aarch64"):
        HostObject.of(compiled("x86_64"), "aarch64", PAGE)
    with pytest.raises(BadImage, match="no objects are linked for riscv64, only for x86_64"):
        HostObject.of(compiled("x86_64"), "riscv64", PAGE)
    data = compiled("x86_64")
    table = next(s for s in read_elf(data).sections if s.type == RELA and s.name == ".rela.text")
    at = data.index(table.data)
    unknown = data[: at + 8] + struct.pack("<I", 10) + data[at + 12 :]
    with pytest.raises(BadImage, match="the relocation 10 is not known"):
        HostObject.of(unknown, "x86_64", PAGE)
    outside = data[:at] + struct.pack("<Q", 1 << 40) + data[at + 8 :]
    with pytest.raises(BadImage, match="truncated or corrupt"):
        HostObject.of(outside, "x86_64", PAGE)


def test_writable_code_is_refused() -> None:
    text = 'define void @f() section "both" {\nret void\n}\n@v = global i32 1, section "data"'
    made = HostObject.of(compiled("x86_64", text), "x86_64", PAGE)
    sections = list(made.elf.sections)
    at = next(i for i, section in enumerate(sections) if section.name == "both")
    data = bytearray(compiled("x86_64", text))
    header = struct.unpack_from("<Q", data, 40)[0] + 64 * at + 8
    struct.pack_into("<Q", data, header, 7)
    with pytest.raises(BadImage, match="both would be writable and executable"):
        HostObject.of(bytes(data), "x86_64", PAGE)


def test_what_may_be_far_is_reached_through_the_table() -> None:
    text = "@far = external global i32\ndefine ptr @f() {\nret ptr @far\n}"
    made = HostObject.of(compiled("x86_64", text), "x86_64", PAGE)
    assert made.undefined == ["far"]
    (slot,) = made.table.values()
    memory = made.linked(BASE, {"far": 0x42})
    assert memory[slot : slot + 8] == struct.pack("<Q", 0x42)


@pytest.mark.parametrize("value", [1 << 31, -(1 << 31) - 1])
def test_values_that_do_not_fit(value: int) -> None:
    with pytest.raises(RelocationError, match="does not fit into 32 bits"):
        Field(4, ((0, 32, 0),)).put(0, value)
    assert Field(4, ((0, 32, 0),)).put(0, -(1 << 31)) == 1 << 31
    with pytest.raises(RelocationError, match="no multiple of 4"):
        Field(4, ((2, 26, 0),)).put(0, 2)


def test_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_memory.platform, "system", lambda: "Darwin")
    with pytest.raises(RunError, match="loads ELF objects on Linux; this is Darwin"):
        LoadedObject(compiled("x86_64"))
