"""What is compiled for any chip of the tables is known to its emulator, executed or not."""

from pathlib import Path

import pytest
from claw_programs import kinds_of, matmul, reduce, unary

import clawc
from clawc.chips.known import known
from clawc.dialects.elementwise_ops import UNARY, unary_elements
from clawc.dialects.reduction_ops import REDUCE, reduce_elements
from clawc.emulators.gcn import machine as gcn_machine
from clawc.emulators.interface import EmulationError, Launch
from clawc.emulators.memory import GlobalMemory
from clawc.emulators.ptx import machine as ptx_machine
from clawc.emulators.ptx.layout import lay_out
from clawc.emulators.ptx.machine import ready_block

CHIPS = [chip for target in ("nvptx", "amdgpu") for chip in known()[target]]
EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = {path.stem: path.read_text() for path in sorted(EXAMPLES.glob("*.mlir"))}
for dtype in ("f32", "f16", "i32"):
    PROGRAMS[f"unary-{dtype}"] = unary(dtype, kinds_of(dtype, UNARY, unary_elements), (3, 37))
for dtype in ("f32", "bf16", "i64"):
    kinds = [kind for kind in REDUCE if dtype in reduce_elements(kind)]
    PROGRAMS[f"reduce-{dtype}"] = reduce(dtype, kinds, (5, 70), (1,))
for operand, result in (("f32", "f32"), ("f16", "f32"), ("bf16", "bf16"), ("i8", "i32")):
    PROGRAMS[f"matmul-{operand}"] = matmul(64, 128, 32, operand, result)[0]


@pytest.mark.parametrize("chip", CHIPS, ids=lambda chip: chip.name)
def test_all_instructions_are_known(chip):
    unknown = {name: found for name in PROGRAMS if (found := what_is_unknown(name, chip))}
    assert not unknown


def what_is_unknown(name, chip):
    """What the emulator says about the first instruction that it refuses."""
    image = clawc.compile(PROGRAMS[name], target=chip.spec).images[0]
    make_ready = amd_steps if chip.target == "amdgpu" else ptx_steps
    try:
        make_ready(image.data, chip.name)
    except EmulationError as error:
        return str(error)
    return ""


def amd_steps(data, chip):
    return [
        block.steps
        for kernel in gcn_machine.load(data, chip).values()
        for block in kernel.program.blocks.values()
    ]


def ptx_steps(data, chip):
    memory, found = GlobalMemory(), []
    for kernel in ptx_machine.load(data, chip).values():
        places = {name: b.address for name, b in kernel.code.variables(memory, kernel.flat).items()}
        launch = Launch(1, 32, 0, (), [0] * len(kernel.flat.parameters))
        known = kernel.suspects, kernel.registers_read, kernel.halves_only
        layout = lay_out(kernel.flat, *known, launch, memory, places)
        found += [ready_block(block, layout) for block in kernel.blocks]
    return found
