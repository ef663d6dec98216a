"""Workgroups on a unit, against NVIDIA's occupancy calculator and AMD's manuals."""

from __future__ import annotations

import pytest

from clawc.chips.known import find
from clawc.chips.occupancy import Occupancy, most_registers, occupancy


@pytest.mark.parametrize(
    ("chip", "threads", "registers", "shared", "expected"),
    [
        ("nvptx:sm_80", 256, 128, 18944, Occupancy(2, 0.25, "registers")),
        ("nvptx:sm_80", 256, 129, 18944, Occupancy(1, 0.125, "registers")),
        ("nvptx:sm_80", 128, 32, 0, Occupancy(16, 1.0, "registers")),
        ("nvptx:sm_80", 32, 16, 0, Occupancy(32, 0.5, "workgroups")),
        ("nvptx:sm_80", 128, 32, 80 << 10, Occupancy(2, 0.125, "shared memory")),
        ("nvptx:sm_80", 128, 32, 82 << 10, Occupancy(1, 0.0625, "shared memory")),
        ("nvptx:sm_86", 128, 40, 0, Occupancy(12, 1.0, "registers")),
        ("nvptx:sm_75", 1024, 64, 0, Occupancy(1, 1.0, "registers")),
        ("amdgpu:gfx942", 256, 128, 0, Occupancy(4, 0.5, "registers")),
        ("amdgpu:gfx942", 256, 129, 0, Occupancy(3, 0.375, "registers")),
        ("amdgpu:gfx942", 256, 128, 32 << 10, Occupancy(2, 0.25, "shared memory")),
        ("amdgpu:gfx1100", 128, 96, 0, Occupancy(8, 1.0, "registers")),
        ("amdgpu:gfx1100", 128, 97, 0, Occupancy(6, 0.75, "registers")),
    ],
)
def test_occupancy(
    chip: str, threads: int, registers: int, shared: int, expected: Occupancy
) -> None:
    assert occupancy(find(chip), threads, registers, shared) == expected


def test_of_what_has_no_units_nothing_is_known() -> None:
    assert occupancy(find("spirv:opencl"), 64, 32, 0) is None


@pytest.mark.parametrize("chip", ["nvptx:sm_80", "amdgpu:gfx942", "amdgpu:gfx1100"])
@pytest.mark.parametrize("threads", [32, 128, 256, 1024])
def test_most_registers_are_the_most(chip: str, threads: int) -> None:
    known = find(chip)
    for workgroups in (1, 2, 3, 4):
        most = most_registers(known, threads, workgroups)

        def resident(registers: int) -> int:
            found = occupancy(known, threads, registers, 0)
            assert found is not None
            return found.workgroups

        if not most:
            assert resident(1) < workgroups
            continue
        assert resident(most) >= min(workgroups, resident(1))
        assert most == known.registers or resident(most + 1) < workgroups
