"""What is broken in PTX on purpose, the emulator finds, or the numbers are wrong."""

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from harness import single, tensor, values

import clawc
from clawc.emulators.device import EmulatedDevice
from clawc.emulators.interface import EmulationError, KernelFault, Options
from clawc.runtime.executable import load

CASES = {
    "matmul": ("matmul", [("f16", (40, 48)), ("f16", (48, 72))], ("f32", (40, 72))),
    "softmax": ("softmax", [("f32", (6, 1500))], ("f32", (6, 1500))),
}
ATTRIBUTES = {"softmax": "{axis = 1 : i64}", "matmul": ""}
CHIPS = ("sm_80", "sm_90")
each_chip = pytest.mark.parametrize("chip", CHIPS)


@cache
def compiled(case: str, chip: str):
    op, arguments, result = CASES[case]
    types = [tensor(dtype, shape) for dtype, shape in arguments]
    text = single(op, types, tensor(*result), ATTRIBUTES[case])
    artifact = clawc.compile(text, target=f"nvptx:{chip}")
    inputs = [values(dtype, shape, seed=i) for i, (dtype, shape) in enumerate(arguments)]
    return artifact, inputs, execute(artifact, inputs, chip)


def execute(artifact, inputs, chip: str) -> np.ndarray:
    return load(artifact, EmulatedDevice(chip, Options(order="reversed")))(*inputs)


def is_noticed(case: str, chip: str, change) -> bool:
    """Whether changed PTX is found to be wrong, or gives something else."""
    artifact, inputs, expected = compiled(case, chip)
    (image,) = artifact.images
    before = image.data.decode()
    after = change(before)
    assert after != before
    broken = replace(artifact, images=[replace(image, data=after.encode())])
    try:
        return not np.allclose(execute(broken, inputs, chip), expected, rtol=1e-3, atol=1e-7)
    except (KernelFault, EmulationError):
        return True


def places(case: str, chip: str, pattern: str) -> list[re.Match]:
    artifact, *_ = compiled(case, chip)
    return list(re.finditer(pattern, artifact.images[0].data.decode()))


def sampled(found: list, count: int) -> list:
    return found[:: max(1, len(found) // count)]


@each_chip
@pytest.mark.parametrize("case", CASES)
def test_every_barrier_is_needed(chip, case):
    found = places(case, chip, r"\tbar\.sync[^\n]*\n")
    assert found
    for place in found:
        start, end = place.span()
        assert is_noticed(case, chip, lambda text, s=start, e=end: text[:s] + text[e:]), place[0]


@each_chip
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("space", ["global", "shared"])
def test_shifted_addresses(chip, case, space):
    found = places(case, chip, rf"(?:ld|st|ldmatrix|cp)\.[^\n]*{space}[^\n]*?\[(%\w+)(\+\d+)?\]")
    assert found
    for place in sampled(found, 6):
        start, end = place.span()
        shifted = re.sub(r"\[(%\w+)(?:\+(\d+))?\]", _shift, place[0], count=1)
        assert is_noticed(
            case, chip, lambda text, s=start, e=end, new=shifted: text[:s] + new + text[e:]
        )


def _shift(found: re.Match) -> str:
    return f"[{found[1]}+{int(found[2] or 0) + 16}]"


@each_chip
@pytest.mark.parametrize("case", CASES)
def test_broken_predicates(chip, case):
    found = places(case, chip, r"setp\.(lt|gt|le|ge)\.[us]32")
    assert found
    contrary = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}
    for place in sampled(found, 10):
        start, end = place.span(1)
        new = contrary[place[1]]
        assert is_noticed(case, chip, lambda text, s=start, e=end, n=new: text[:s] + n + text[e:])


@each_chip
def test_swapped_fragments(chip):
    found = places("matmul", chip, r"mma\.sync[^{]*\{[^}]*\},\s*\{(%r\d+), (%r\d+)")
    assert found
    for place in sampled(found, 6):
        (s1, e1), (s2, e2) = place.span(1), place.span(2)
        first, second = place[1], place[2]

        def swap(text, s1=s1, e1=e1, s2=s2, e2=e2, first=first, second=second):
            return text[:s1] + second + text[e1:s2] + first + text[e2:]

        assert is_noticed("matmul", chip, swap), place[0]
