"""Bundles: what is saved is loaded again, LLVM's own tool reads it, and damage is found.

Covers: runtime/offload_binary.py, plan_check.py, checksums.py.
"""

from __future__ import annotations

import mmap
import os
import pickle
import random
import re
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import llvm
import numpy as np
import pytest
import runtime_programs as programs
from bundle_damage import damaged, edited

from clawc.runtime import offload_binary
from clawc.runtime.artifact import Artifact
from clawc.runtime.errors import ArtifactError
from clawc.runtime.offload_binary import Record
from clawc.runtime.plan import ConstantData, Plan
from clawc.runtime.steps import Assert, Compute, Constant

TOOL = Path(list(llvm.__path__)[0], "bin", "llvm-offload-binary")
OBJDUMP = TOOL.with_name("llvm-objdump")


def several() -> Artifact:
    return programs.artifact(
        programs.image("nvptx", "sm_80", "ptx", b".version 7.0\n"),
        programs.image("amdgpu", "gfx90a", "hsaco", b"\x7fELF..."),
        programs.image("spirv", "vulkan", "spv", bytes(range(256)) * 3),
        programs.image("host", "native", "object", b"\x7fELF"),
    )


def test_round_trip(tmp_path):
    several().save(tmp_path / "all.claw")
    assert Artifact.load(tmp_path / "all.claw") == several()
    assert os.listdir(tmp_path) == ["all.claw"]
    assert list(several().kernels) == ["scale"]


def test_plans_with_everything():
    constant = ConstantData("bf16", (2, 2), b"\0\xff\x80\n\0\0\0\1")
    same = Compute(7, "arith.cmpi.eq", ("index", "i1"), (("dim", 0, 1), 3))
    check = Assert(("value", 7), 'a "quoted" é\nmessage')
    entry = programs.scale_entry("später")
    entry = replace(entry, constants=(constant,), steps=(same, check, *entry.steps))
    plan = Plan({entry.name: entry}, {"scale": {"schedule": {"tile": [1, 2]}, "threads": 1}})
    bundle = programs.artifact(programs.image("spirv", "opencl", "spv", b"", plan))
    assert Artifact.from_bytes(bundle.to_bytes()) == bundle


def with_constants() -> Artifact:
    """Two images with the same two constants, and one with another."""
    plans = []
    for values in ((b"\1" * 400, b"\2" * 12), (b"\1" * 400, b"\2" * 12), (b"\3" * 8,)):
        constants = tuple(ConstantData("f32", (len(v) // 4,), v) for v in values)
        steps = tuple(Constant(10 + i, i) for i in range(len(constants)))
        entry = programs.scale_entry()
        entry = replace(entry, constants=constants, steps=(*steps, *entry.steps))
        plans.append(programs.scale_plan(entry))
    images = [
        programs.image("nvptx", f"sm_8{i}", "ptx", b"code", plan) for i, plan in enumerate(plans)
    ]
    return programs.artifact(*images)


def test_images_share_constants_which_stay_in_the_file(tmp_path):
    bundle = with_constants()
    records = offload_binary.read(bundle.to_bytes())
    assert [len(r.data) for r in records if "claw.constant" in r.strings] == [400, 12, 8]
    bundle.save(tmp_path / "b.claw")
    loaded = Artifact.load(tmp_path / "b.claw")
    assert loaded == bundle and pickle.loads(pickle.dumps(loaded)) == bundle
    one, two, three = (image.plan.entries["main"].constants for image in loaded.images)
    assert one[0].data is two[0].data and one[1].data is two[1].data
    for constant in (*one, *three):
        assert isinstance(constant.data, memoryview) and isinstance(constant.data.obj, mmap.mmap)
        assert np.frombuffer(constant.data, np.uint8).ctypes.data % 64 == 0


def test_bundles_one_behind_the_other_are_one_bundle():
    both = Artifact.from_bytes(with_constants().to_bytes() + several().to_bytes())
    assert both.images == with_constants().images + several().images


def test_damaged_constants_are_found_when_they_are_used():
    data = with_constants().to_bytes()
    damaged_values = data.replace(b"\1" * 400, b"\1" * 399 + b"\0")
    image = Artifact.from_bytes(damaged_values).images[0]
    assert [c.is_whole() for c in image.plan.entries["main"].constants] == [False, True]
    with pytest.raises(ArtifactError, match="the constant '[0-9a-f]{32}' is missing"):
        Artifact.from_bytes(data.replace(b"claw.constant\0", b"claw.konstant\0"))


def test_an_empty_bundle_is_no_bundle():
    with pytest.raises(ArtifactError, match="not a bundle"):
        Artifact.from_bytes(Artifact().to_bytes())


def test_llvm_lists_the_images(tmp_path):
    several().save(tmp_path / "all.claw")
    command = [OBJDUMP, "--offloading", tmp_path / "all.claw"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = [line.split()[-1] for line in listing.splitlines() if line.startswith(("arch", "kind"))]
    spirv = "<none>"  # llvm-objdump 22 has no word for it
    assert found == ["ptx", "sm_80", "elf", "gfx90a", spirv, "vulkan", "elf", "native"]
    assert "triple          nvptx64-nvidia-cuda" in listing
    assert "producer        hip" in listing


@pytest.mark.parametrize("number", range(4))
def test_llvm_extracts_the_images(tmp_path, number):
    several().save(tmp_path / "all.claw")
    image = several().images[number]
    wanted = f"--image=file={tmp_path}/out,arch={image.chip}"
    subprocess.run([TOOL, tmp_path / "all.claw", wanted], check=True)
    assert (tmp_path / "out").read_bytes() == image.data


def test_what_llvm_writes_is_read(tmp_path):
    (tmp_path / "a.ptx").write_bytes(b"some code")
    image = f"--image=file={tmp_path}/a.ptx,triple=nvptx64-nvidia-cuda,arch=sm_90,kind=cuda,x=y"
    subprocess.run([TOOL, "-o", tmp_path / "out", image, image], check=True)
    strings = {"triple": "nvptx64-nvidia-cuda", "arch": "sm_90", "x": "y"}
    record = Record(b"some code", strings, "", "cuda")
    assert offload_binary.read((tmp_path / "out").read_bytes()) == [record, record]
    with pytest.raises(ArtifactError, match="out: not a bundle of clawc: an image has no 'claw"):
        Artifact.load(tmp_path / "out")


def test_truncated_files(tmp_path):
    data = several().to_bytes()
    ends = {end for end, _ in record_ends(data)}
    for end in [0, 1, 3, 4, 31, 32, *range(40, len(data), 97), len(data) - 1]:
        if end in ends:
            continue
        with pytest.raises(ArtifactError, match="^(truncated|not a) bundle") as error:
            Artifact.from_bytes(data[:end])
        assert "\n" not in str(error.value)


def record_ends(data: bytes):
    at = 0
    while at < len(data):
        at += struct.unpack_from("<Q", data, at + 8)[0]
        yield at, data


def test_damage_is_found():
    """Or it was in what nobody reads: between the records' parts, or a record more."""
    data, chance = several().to_bytes(), random.Random(1)
    found = 0
    for _ in range(2000):
        try:
            loaded = Artifact.from_bytes(damaged(data, chance))
        except ArtifactError as error:
            found += 1
            assert "\n" not in str(error)
        else:
            assert all(image in several().images for image in loaded.images)
    assert found > 1500


def container(*records: Record) -> bytes:
    return b"".join(offload_binary.pieces(records))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: b"MZ" + d, "not a bundle"),
        (lambda d: d + b"garbage.", "truncated bundle: the record at byte"),
        (lambda d: d + b"\0" * 40, "does not start with the magic bytes"),
        (lambda d: d[:4] + struct.pack("<I", 2) + d[8:], "has version 2 .* reads 1"),
        (lambda d: d[:8] + struct.pack("<Q", 2**63) + d[16:], "truncated bundle"),
        (lambda d: d[:8] + struct.pack("<Q", 0) + d[16:], "states impossible sizes"),
        (lambda d: d[:16] + struct.pack("<Q", 2**63) + d[24:], "points outside of itself"),
        (lambda d: d[:48] + struct.pack("<Q", 2**63) + d[56:], "points outside of itself"),
        (lambda d: d.replace(b'"threads"', b'"thr\xff\xffds"'), "not UTF-8"),
        (lambda d: d.replace(b'"entries"', b'"entriez"'), "the sum over the image of nvptx:sm_80"),
        (lambda d: edited(d, lambda plan: plan[1:]), "the launch plan of nvptx:sm_80 cannot be"),
        (lambda d: edited(d, lambda plan: "[" * 10**5), "the launch plan of nvptx:sm_80 cannot be"),
        (
            lambda d: d + container(Record(b"", dict.fromkeys(map(str, range(300)), ""))),
            "300 strings",
        ),
        (
            lambda d: d.replace(b"claw.format", b"claw.formas"),
            "format '1', .* reads format 3: comp",
        ),
    ],
)
def test_foreign_and_corrupt_files(change, message):
    with pytest.raises(ArtifactError, match=message):
        Artifact.from_bytes(change(several().to_bytes()))


BROKEN_PLANS = {
    "no number of threads for scale": ('"threads":64', '"thread":64'),
    "threads of scale is 0; expected 1 to 1024": ('"threads":64', '"threads":0'),
    "launches the unknown kernel 'other'": ('"kernel":"scale"', '"kernel":"other"'),
    "the unknown element type 'f31'": ('"dtype":"f32"', '"dtype":"f31"'),
    "no buffer 9 here": ('"buffers":[0,1]', '"buffers":[0,9]'),
    "scale takes 2 buffers": ('"buffers":[0,1]', '"buffers":[0]'),
    "the unknown operation 'arith.div'": ('"arith.ceildivui"', '"arith.div"'),
    "arith.ceildivui of 1 operands": ('[["value",8],64]', "[64]"),
    "no value 9 here": ('"value":9', '"value":7'),
    "no dimension 5 of argument 0": ('["dim",0,0]', '["dim",0,5]'),
    "no buffer 3 here": ('"returns":[["buffer",2]]', '"returns":[["buffer",3]]'),
    "3 is no f32": ('"returns":[["buffer",2]]', '"returns":[3]'),
    "results without a type": ('"returns":[["buffer",2]]', '"returns":[]'),
    "unexpected keyword argument 'dtype'": ('"is":"alloc"', '"is":"free"'),
    "no scalar: ('add', 1)": ('["dim",0,0]', '["add",1]'),
    "no step: 5": ('"steps":[', '"steps":[5,'),
}


@pytest.mark.parametrize("message", BROKEN_PLANS)
def test_plans_that_make_no_sense(message):
    before, after = BROKEN_PLANS[message]
    bundle = several().to_bytes()
    assert before.encode() in bundle
    with pytest.raises(ArtifactError, match=re.escape(message)):
        Artifact.from_bytes(edited(bundle, lambda plan: plan.replace(before, after)))


@pytest.mark.parametrize(
    "figure, message",
    [
        (["scalar", 1], "no scalar 1 of a launch"),
        (["mul", ["dim", 0, 0], 2], "the unknown operator 'dim'"),
        (["select", ["eq", ["scalar", 7], 0], 1, 2], "no scalar 7 of a launch"),
    ],
)
def test_estimates_that_make_no_sense(figure, message):
    def bundle(figures):
        entry = programs.scale_entry("main")
        plan = Plan({"main": entry}, {"scale": {"threads": 64, "estimates": figures}})
        return programs.artifact(programs.image("nvptx", "sm_80", "ptx", b"", plan)).to_bytes()

    right = {"global read": ["mul", ["scalar", 0], 4], "global write": None}
    assert Artifact.from_bytes(bundle(right)).kernels["scale"]["estimates"] == right
    with pytest.raises(ArtifactError, match=message):
        Artifact.from_bytes(bundle(right | {"flop": figure}))


def test_files_that_cannot_be_read_or_written(tmp_path):
    with pytest.raises(ArtifactError, match="cannot read .*: No such file"):
        Artifact.load(tmp_path / "none.claw")
    with pytest.raises(ArtifactError, match="cannot write .*: No such file"):
        several().save(tmp_path / "none" / "all.claw")
    for name in ("a\0b", "\ud800"):
        with pytest.raises(ArtifactError, match="cannot read '.*': no name of a file"):
            Artifact.load(name)
        with pytest.raises(ArtifactError, match="cannot write '.*': no name of a file"):
            several().save(name)
    with pytest.raises(ArtifactError, match="cannot read .*: Is a directory"):
        Artifact.load(tmp_path)
    (tmp_path / "text.claw").write_text("hello")
    with pytest.raises(ArtifactError, match="text.claw: not a bundle"):
        Artifact.load(tmp_path / "text.claw")
