"""The host device and an executable on it: results, arguments' checks, memory, threads.

Covers: runtime/host.py, processor.py, executable.py, execution.py, arguments.py, errors.py.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest
import runtime_programs as programs

from clawc.runtime import host, processor
from clawc.runtime.device import open_device
from clawc.runtime.errors import (
    ArgumentError,
    ArtifactError,
    BadImage,
    CheckFailed,
    RunError,
    Unsupported,
)
from clawc.runtime.executable import load
from clawc.runtime.execution import Execution
from clawc.runtime.plan import ConstantData, Entry, TensorType
from clawc.runtime.steps import Alloc, Assert, Compute, Constant, Free, Launch


@pytest.fixture(scope="module")
def scale():
    return load(programs.artifact(programs.host_image()))


def loaded(*entries: Entry, name: str = "main", device="host"):
    plan = programs.scale_plan(*entries)
    return load(programs.artifact(programs.host_image(plan)), device, name)


@pytest.mark.parametrize("rows", [0, 1, 21, 1000, 54321])
def test_results(scale, rows):
    x = np.random.default_rng(rows).random((rows, 3), np.float32)
    np.testing.assert_array_equal(scale(x), 4 * x)


def test_strided_and_unaligned_inputs(scale):
    wide = np.random.default_rng(0).random((100, 7), np.float32)
    np.testing.assert_array_equal(scale(wide[::2, 1:4]), 4 * wide[::2, 1:4])
    shifted = np.arange(301, dtype=np.float32)[1:].reshape(100, 3)
    np.testing.assert_array_equal(scale(shifted), 4 * shifted)
    np.testing.assert_array_equal(scale(np.asfortranarray(wide[:, :3])), 4 * wide[:, :3])


def test_arrays_are_borrowed_where_their_elements_are_aligned():
    device = open_device("host")
    memory = np.zeros(400, np.uint8)
    first = -memory.ctypes.data % 4
    aligned = memory[first + 4 : first + 44].view(np.float32)  # of 16 bytes it may be no multiple
    assert device.borrow(aligned) is not None
    assert device.borrow(memory[first + 1 : first + 41].view(np.float32)) is None


def test_a_result_is_the_callers(scale):
    x = np.ones((10, 3), np.float32)
    first = scale(x)
    second = scale(2 * x)
    assert first[0, 0] == 4 and second[0, 0] == 8
    first[:] = 0
    assert scale(x)[9, 2] == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], r"main takes 1 arguments \(f32\[\?, 3\]\); 0 were given"),
        ([np.ones((2, 3))], "argument 0 of main is an array of float64; expected float32"),
        ([np.ones(3, "f4")], r"argument 0 of main has shape \[3\]; expected \[\?, 3\]"),
        (
            [np.ones((2, 4), "f4")],
            r"argument 0 of main has shape \[2, 4\]; expected \[\?, 3\], here \[2, 3\]",
        ),
        ([["a"]], "argument 0 of main is an array of <U1; expected float32"),
        ([1.0], r"argument 0 of main has shape \[\]; expected \[\?, 3\]"),
    ],
)
def test_wrong_arguments(scale, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        scale(*arguments)


@pytest.mark.parametrize("wrapped", [lambda x: x, lambda x: [x], lambda x: ((x,), x)])
@pytest.mark.parametrize("mask", [np.ma.nomask, [[True, False, False]] * 2])
def test_masked_arrays_are_refused(scale, wrapped, mask):
    masked = np.ma.array(np.ones((2, 3), np.float32), mask=mask)
    with pytest.raises(
        TypeError, match=r"argument 0 of main is a masked array.*\.filled\("
    ) as error:
        scale(wrapped(masked))
    assert isinstance(error.value, ArgumentError)
    np.testing.assert_array_equal(scale(masked.filled(2))[0, 1], 4)


def test_dimensions_that_have_to_agree():
    rows = ("dim", 0, 0)
    types = (TensorType("f32", (rows, 3)), TensorType("bf16", (2, rows)))
    entry = replace(programs.scale_entry(), arguments=types, results=(("buffer", 0),), steps=())
    run = loaded(entry)
    x = np.ones((5, 3), np.float32)
    np.testing.assert_array_equal(run(x, np.ones((2, 5), ml_dtypes.bfloat16)), x)
    with pytest.raises(ArgumentError, match=r"shape \[2, 4\]; expected \[2, \?\], here \[2, 5\]"):
        run(x, np.ones((2, 4), ml_dtypes.bfloat16))


def test_constants_frees_and_several_results():
    values = np.arange(96, dtype=np.float32)
    entry = Entry(
        "main",
        arguments=(),
        result_types=(
            TensorType("f32", (96,)),
            TensorType("f32", (96,)),
        ),
        constants=(ConstantData("f32", (96,), values.tobytes()),),
        steps=(
            Constant(0, 0),
            Alloc(1, "f32", (96,)),
            Launch("scale", 2, (0, 1), (96,)),
            Free(1),
            Alloc(2, "f32", (96,)),
            Launch("scale", 2, (0, 2), (96,)),
        ),
        results=(("buffer", 0), ("buffer", 2)),
    )
    run = loaded(entry)
    for _ in range(3):
        same, doubled = run()
        np.testing.assert_array_equal(same, values)
        np.testing.assert_array_equal(doubled, 2 * values)
        same[:] = doubled[:] = -1


def test_constants_are_read_where_they_are():
    device = open_device("host")
    constant = ConstantData("f32", (96,), memoryview(aligned_ones(96)).cast("B"))
    entry = Entry("main", (), (), (constant,), (Constant(0, 0),), ())
    assert loaded(entry, device=device) and device.pool.used_bytes == 0


def test_constants_are_given_back():
    device = open_device("host")
    memory = memoryview(aligned_ones(100)).cast("B")
    constant = ConstantData("f32", (96,), memory[2 : 2 + 4 * 96])  # not aligned: copied
    entry = Entry("main", (), (), (constant,), (Constant(0, 0),), ())
    run = loaded(entry, device=device)
    assert device.pool.used_bytes == 512
    del run
    gc.collect()
    device.pool.take(512)
    assert (device.pool.used_bytes, device.pool.unused_bytes) == (512, 0)


def test_an_argument_that_a_kernel_writes_is_copied():
    steps = (
        *programs.SIZES,
        Launch("scale", programs.GRID, (0, 0), (programs.COUNT,)),
    )
    run = loaded(replace(programs.scale_entry(), steps=steps, results=(("buffer", 0),)))
    x = aligned_ones(64)
    np.testing.assert_array_equal(run(x), np.full((64, 3), 2, np.float32))
    np.testing.assert_array_equal(x, np.ones((64, 3), np.float32))


def aligned_ones(rows: int) -> np.ndarray:
    device = open_device("host")
    array = device.alloc(rows * 12).memory.view(np.float32).reshape(rows, 3)
    array[:] = 1
    return array


def test_aligned_inputs_are_not_copied(monkeypatch):
    device = open_device("host")
    run = loaded(programs.scale_entry(), device=device)
    monkeypatch.setattr(device, "write", lambda *_: pytest.fail("copied"))
    np.testing.assert_array_equal(run(aligned_ones(10)), np.full((10, 3), 4, np.float32))


def test_buffers_are_reused(monkeypatch):
    device = open_device("host")
    run = loaded(programs.scale_entry(), device=device)
    allocated = []
    alloc = device.alloc
    monkeypatch.setattr(device, "alloc", lambda size: allocated.append(size) or alloc(size))
    for rows in (100, 99, 100, 98):
        run(aligned_ones(rows))
    assert len(allocated) == 1 + 4  # four results, whose memory goes to the caller
    assert device.pool.used_bytes == 0


def test_checks_of_the_program():
    rest = Compute(5, "arith.remui", programs.INDEX, (programs.ROWS, 2))
    even = Compute(6, "arith.cmpi.eq", ("index", "i1"), (("value", 5), 0))
    check = Assert(("value", 6), "the number of rows is odd")
    steps = (rest, even, check, *programs.scale_entry().steps)
    run = loaded(replace(programs.scale_entry(), steps=steps))
    assert run(np.ones((4, 3), np.float32)).sum() == 48
    with pytest.raises(CheckFailed, match="main: the number of rows is odd"):
        run(np.ones((5, 3), np.float32))


def test_too_many_elements_for_32_bits(scale):
    program = replace(scale.program, index_bits=32)
    huge = np.lib.stride_tricks.as_strided(np.ones(3, np.float32), (2**30, 3), (0, 4))
    with pytest.raises(Unsupported, match="less than 2147483648 elements"):
        Execution(program, [huge], timed=False).run()


def test_entries_and_images():
    with pytest.raises(ArtifactError, match="no entry 'foo'; the bundle has main, other"):
        loaded(programs.scale_entry(), programs.scale_entry("other"), name="foo")
    other = programs.image("spirv", "vulkan", "spv", b"")
    with pytest.raises(ArtifactError, match="it runs host:native, the bundle holds spirv:vulkan"):
        load(programs.artifact(other))


def test_the_newest_generation_that_the_processor_has(monkeypatch):
    data = programs.host_object()
    chips = ("x86-64-v2", "x86-64-v4", "x86-64-v3", "aarch64")
    images = [programs.image("host", chip, "object", data) for chip in chips]
    flags = (
        "cx16 lahf_lm pni popcnt sse4_1 sse4_2 ssse3 abm avx avx2 bmi1 bmi2 f16c fma movbe xsave"
    )
    monkeypatch.setattr(processor, "features", lambda: frozenset(flags.split()))
    assert load(programs.artifact(*images)).image.chip == "x86-64-v3"
    assert load(programs.artifact(*images, programs.host_image())).image.chip == "native"
    with pytest.raises(ArtifactError, match="the bundle holds host:x86-64-v4"):
        load(programs.artifact(images[1]))


def test_profile(scale):
    results, times = scale.profile(np.ones((100, 3), np.float32))
    assert results[0].sum() == 1200
    assert [(t.kernel, t.grid) for t in times] == [("scale", 5), ("scale", 5)]
    assert all(0 < t.seconds < 10 for t in times)


def test_many_threads_call_at_once(scale):
    inputs = [np.full((rows, 3), rows, np.float32) for rows in range(1, 65)]
    with ThreadPoolExecutor(8) as threads:
        for x, y in zip(inputs, threads.map(scale, inputs), strict=True):
            np.testing.assert_array_equal(y, 4 * x)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"junk", "expected a 64-bit little-endian ELF file"),
        (b"\x7fELF\2\1" + bytes(100), "truncated or corrupt"),
        (programs.host_object()[:200], "truncated or corrupt"),
        (
            programs.host_object(
                "declare void @nowhere()\ndefine void @scale() {\ncall void @nowhere()\nret void\n}"
            ),
            "nothing here defines nowhere",
        ),
    ],
)
def test_bad_objects(data, message):
    with pytest.raises(BadImage, match=message):
        load(programs.artifact(programs.image("host", "native", "object", data)))


def test_a_kernel_that_is_not_there():
    data = programs.host_object("define void @other() {\nret void\n}")
    with pytest.raises(RunError, match="the object has no kernel 'scale'"):
        load(programs.artifact(programs.image("host", "native", "object", data)))


def test_number_of_threads(monkeypatch):
    monkeypatch.setenv("CLAWC_NUM_THREADS", "3")
    assert host.threads() == 3
    for wrong in ("0", "many", "-1", ""):
        monkeypatch.setenv("CLAWC_NUM_THREADS", wrong)
        with pytest.raises(RunError, match="CLAWC_NUM_THREADS is"):
            host.threads()


def test_the_runtime_imports_no_mlir():
    code = """
import sys, clawc, clawc.runtime.executable, clawc.runtime.host, clawc.runtime.opencl
import clawc.runtime.vulkan, clawc.runtime.cuda, clawc.runtime.hip
clawc.load, clawc.Artifact
loaded = {name.partition('.')[0] for name in sys.modules}
assert not loaded & {'mlir', 'llvmlite', 'click', 'pyopencl'}, loaded
inner = {name for name in sys.modules if name.startswith('clawc.')}
assert all(name.startswith(('clawc.runtime', 'clawc.chips')) for name in inner), inner
"""
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ))
