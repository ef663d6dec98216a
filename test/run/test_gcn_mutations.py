"""What is broken in AMD's instructions on purpose, the emulator finds, or the numbers are wrong."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from harness import single, tensor, values

import clawc
from clawc.emulators.device import EmulatedDevice
from clawc.emulators.gcn.decoder import decode
from clawc.emulators.gcn.machine import load as load_code
from clawc.emulators.interface import EmulationError, KernelFault, Options
from clawc.runtime.executable import load

CASES = {
    # More rounds of k than LLVM unrolls, and none of them half empty.
    "matmul": ("matmul", [("f16", (40, 320)), ("f16", (320, 72))], ("f32", (40, 72))),
    "softmax": ("softmax", [("f32", (6, 1500))], ("f32", (6, 1500))),
}
ATTRIBUTES = {"softmax": "{axis = 1 : i64}", "matmul": ""}
CHIPS = ("gfx1100", "gfx1200", "gfx90a", "gfx942")
NOP = bytes.fromhex("000080bf")
SAMPLES = 12  # mutations of one kind


@cache
def compiled(case: str, chip: str):
    op, arguments, result = CASES[case]
    types = [tensor(dtype, shape) for dtype, shape in arguments]
    text = single(op, types, tensor(*result), ATTRIBUTES[case])
    artifact = clawc.compile(text, target=f"amdgpu:{chip}")
    inputs = [values(dtype, shape, seed=i) for i, (dtype, shape) in enumerate(arguments)]
    return artifact, inputs, execute(artifact, inputs, chip, "lockstep")


def execute(artifact, inputs, chip: str, order) -> np.ndarray:
    return load(artifact, EmulatedDevice(chip, Options(order=order)))(*inputs)


def instructions(case: str, chip: str, name: str):
    """Those whose name begins so, of all kernels, and where they stand in the file."""
    artifact, *_ = compiled(case, chip)
    data = artifact.images[0].data
    for kernel in load_code(data, chip).values():
        for block in kernel.program.blocks.values():
            if block.last is not None and block.last.mnemonic.startswith(name):
                yield place_of(kernel, data, block.last), block.last
            for one in block.instructions:
                if one.mnemonic.startswith(name):
                    yield place_of(kernel, data, one), one


def place_of(kernel, data: bytes, one) -> int:
    """The code is one segment of the file, so that all of it is moved by the same distance."""
    entry = kernel.descriptor.entry
    code = kernel.code.memory[entry : entry + 64]
    return data.index(code) + one.address - entry


def is_noticed(case: str, chip: str, at: int, new: bytes, order="lockstep") -> bool:
    """Whether other bytes at a place of the code are found to be wrong, or give other results."""
    artifact, inputs, expected = compiled(case, chip)
    (image,) = artifact.images
    data = image.data[:at] + new + image.data[at + len(new) :]
    broken = replace(artifact, images=[replace(image, data=data)])
    try:
        got = execute(broken, inputs, chip, order)
    except (KernelFault, EmulationError):
        return True
    return not np.allclose(got, expected, rtol=1e-3, atol=1e-7)


def sampled(found: list) -> list:
    return found[:: max(1, -(-len(found) // SAMPLES))]


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("case", CASES)
def test_every_barrier_is_needed(case, chip):
    found = list(instructions(case, chip, "s_barrier"))
    assert found
    for at, one in found:
        assert is_noticed(case, chip, at, NOP), one


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("case", CASES)
def test_waits_are_needed(case, chip):
    """Waits that stand before the first use of a load, or before a barrier, are missed.  A few
    that LLVM writes wait for what another wait covers already."""
    found = sampled(list(instructions(case, chip, "s_wait")))
    missed = [at for at, _ in found if is_noticed(case, chip, at, NOP)]
    assert len(missed) >= 0.8 * len(found), (len(missed), len(found))


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("case", CASES)
def test_masks_are_needed(case, chip):
    """Of the lanes that a narrowed EXEC shuts out, some would read or write out of bounds."""
    found = sampled(list(instructions(case, chip, "s_and_saveexec")))
    assert found
    noticed = [at for at, one in found if is_noticed(case, chip, at, NOP * (one.size // 4))]
    assert noticed


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize(  # what softmax keeps in shared memory is a maximum: any would do
    "case, kind", [("matmul", "ds_"), ("matmul", "global_"), ("softmax", "global_")]
)
def test_shifted_addresses(case, chip, kind):
    """Another offset, by which a row of shared memory would be read as the next one."""
    found = sampled(list(instructions(case, chip, kind)))
    assert found
    artifact, *_ = compiled(case, chip)
    for at, one in found:
        offset = artifact.images[0].data[at] ^ 16  # its low bits are the first byte
        assert is_noticed(case, chip, at, bytes([offset])), one


@pytest.mark.parametrize("chip", CHIPS)
def test_a_matrix_fragment_in_another_order(chip):
    """The first source's register moved by one is another row or another k."""
    found = list(
        instructions("matmul", chip, "v_wmma_f32" if chip.startswith("gfx1") else "v_mfma_f32")
    )
    assert found
    artifact, *_ = compiled("matmul", chip)
    for at, one in sampled(found)[:4]:
        other = bytearray(artifact.images[0].data[at : at + one.size])
        other[4] ^= 2  # the low bits of the first source stand in the fifth byte
        assert is_noticed("matmul", chip, at, bytes(other)), one


def pauses(case: str, chip: str):
    """Each `s_nop` that waits for more than one state, and where it stands in the file."""
    data = compiled(case, chip)[0].images[0].data
    for kernel in load_code(data, chip).values():
        for block in kernel.program.blocks.values():
            code = kernel.code.memory[block.start : block.end]
            for one in decode(code, block.start, kernel.generation):
                if one.mnemonic == "s_nop" and one["immediate"]:
                    yield place_of(kernel, data, one), one


def test_pauses_are_needed():
    """With one wait state less, a result is used too early where the shortest way is taken."""
    found = list(pauses("matmul", "gfx90a"))
    assert found
    assert any(
        is_noticed("matmul", "gfx90a", at, bytes((one["immediate"] - 1, *NOP[1:])))
        for at, one in found
    )


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("order", ["warp", "reversed"])
@pytest.mark.parametrize("case", CASES)
def test_orders_agree(case, chip, order):
    artifact, inputs, expected = compiled(case, chip)
    np.testing.assert_array_equal(execute(artifact, inputs, chip, order), expected)
