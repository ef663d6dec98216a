"""Launches that a kernel is not made for are refused before it runs.

Covers: runtime/needs.py, kernel_check.py, bounds.py, program.py; targets/plan/needs.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import runtime_programs as programs

from clawc.runtime.artifact import Artifact
from clawc.runtime.device import open_device
from clawc.runtime.errors import ArtifactError, OutOfMemory
from clawc.runtime.executable import load
from clawc.runtime.host import memory_bytes
from clawc.runtime.needs import ALWAYS_ALLOWED, Needs
from clawc.runtime.plan import ConstantData, Entry, Plan, TensorType
from clawc.runtime.steps import Alloc, Compute, Constant, Launch
from clawc.targets.plan.needs import with_needs

INDEX = ("index", "index")


def scale_with_needs() -> Plan:
    return with_needs(programs.scale_plan())


def test_needs_are_read_off_the_launches():
    rows = ("scalar", 0)
    assert Needs.of(scale_with_needs().kernels["scale"]) == Needs(
        ("ceildiv", rows, 64), (None, None), 1
    ), "of the buffers' sizes, three times the rows, the kernel knows the product alone"


def entry(steps: tuple, *arguments: TensorType, name: str = "main") -> Entry:
    return Entry(name, arguments, (), (), steps, ())


def test_needs_are_what_all_launches_agree_on():
    n, m = ("dim", 0, 0), ("dim", 1, 0)
    x = TensorType("f32", (n, 4))
    first = entry(
        (
            Compute(9, "arith.addi", INDEX, (n, 1)),
            Alloc(2, "f64", (("value", 9), 2)),
            Launch("k", 7, (0, 2), (n,)),
        ),
        x,
        TensorType("i8", (m,)),
    )
    plan = Plan({"main": first}, {"k": {"threads": 1}, "unused": {"threads": 1}})
    rows = ("scalar", 0)
    alone = with_needs(plan)
    bytes_of_both = (("mul", rows, 16), ("mul", ("add", rows, 1), 16))
    assert Needs.of(alone.kernels["k"]) == Needs(7, bytes_of_both, 1)
    assert alone.kernels["unused"] == {"threads": 1}
    second = entry((Alloc(1, "f64", (n, 4)), Launch("k", 8, (0, 1), (n,))), x, name="other")
    both = with_needs(replace(plan, entries={"main": first, "other": second}))
    assert Needs.of(both.kernels["k"]) == Needs(None, (("mul", rows, 16), None), 1)


@pytest.mark.parametrize(
    ("grid", "scalars", "sizes", "message"),
    [
        (3, [9], [36, 72], None),
        (3, [9], [400, 400], None),
        (2, [9], [36, 72], "k has 3 workgroups, not 2"),
        (3, [9], [35, 72], "k needs 36 bytes in buffer 0, which has 35"),
        (3, [9], [36, 71], "k needs 72 bytes in buffer 1, which has 71"),
    ],
)
def test_launches(grid, scalars, sizes, message):
    nine = ("scalar", 0)
    needs = Needs(("ceildiv", nine, 4), (("mul", nine, 4), ("mul", nine, 8)), 1)
    if message is None:
        return needs.check("k", grid, scalars, sizes)
    with pytest.raises(ArtifactError, match=f"^corrupt bundle: {message}$"):
        needs.check("k", grid, scalars, sizes)


@pytest.mark.parametrize("grid", [-1, ALWAYS_ALLOWED + 1, 2**40, 2**63])
def test_grids_are_bounded(grid):
    with pytest.raises(ArtifactError, match=f"{grid} workgroups of k for 100 bytes"):
        Needs().check("k", grid, [], [60, 40])
    Needs().check("k", ALWAYS_ALLOWED, [], [])
    Needs().check("k", 10**6, [], [10**6])


def run(plan: Plan, *arguments: np.ndarray, name: str = "main"):
    image = programs.host_image(plan)
    return load(Artifact.from_bytes(Artifact([image]).to_bytes()), "host", name)(*arguments)


def changed(**changes) -> Plan:
    """The plan of `scale`, whose kernel says what it needs, with another entry."""
    facts = scale_with_needs().kernels
    return Plan({"main": replace(programs.scale_entry(), **changes)}, facts)


def test_a_launch_that_a_kernel_is_not_made_for_is_not_made():
    launch = Launch("scale", 7, (0, 1), (programs.COUNT,))
    steps = (*programs.SIZES, Alloc(1, "f32", (programs.ROWS, 3)), launch)
    with pytest.raises(ArtifactError, match="scale has 1 workgroups, not 7"):
        run(changed(steps=steps, results=(("buffer", 1),)), np.ones((5, 3), np.float32))


def test_a_result_larger_than_its_buffer():
    plan = changed(result_types=(TensorType("f64", (("dim", 0, 0), 3)),))
    with pytest.raises(ArtifactError, match="main reads 120 bytes of a buffer that has 60"):
        run(plan, np.ones((5, 3), np.float32))


def test_more_memory_than_there_is():
    device = open_device("host")
    with pytest.raises(OutOfMemory, match="bytes, and the machine has"):
        device.alloc(memory_bytes() + 1)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"threads": 2000}, "threads of scale is 2000; expected 1 to 1024"),
        ({"threads": True}, "threads of scale is True"),
        ({"shared": -1}, "shared of scale is -1; expected 0 to"),
        ({"dynamic_shared": 2**40}, "dynamic_shared of scale is"),
        ({"access": 5}, "access of scale is 5"),
        ({"schedule": [1]}, r"schedule of scale is \(1,\)|schedule of scale is \[1\]"),
        ({"lane": None}, "lane of scale is None"),
        ({"needs": {"grid": 1, "bytes": [None], "scalars": 1}}, "takes 1 buffers and 1 scalars"),
        ({"needs": {"grid": 1, "bytes": [None] * 2, "scalars": 2}}, "2 buffers and 2 scalars"),
        ({"needs": {"grid": ("scalar", 3), "bytes": [1, 1], "scalars": 1}}, "no scalar 3"),
        ({"estimates": {"flop": 2**70}}, "is too large"),
    ],
)
def test_facts_that_make_no_sense(facts, message):
    plan = programs.scale_plan()
    wrong = replace(plan, kernels={"scale": {**plan.kernels["scale"], **facts}})
    with pytest.raises(ArtifactError, match=message):
        run(wrong, np.ones((5, 3), np.float32))


def nested(depth: int):
    figure = ("scalar", 0)
    for _ in range(depth):
        figure = ("add", figure, 1)
    return figure


def test_deep_figures_are_refused():
    plan = programs.scale_plan()
    facts = {**plan.kernels["scale"], "estimates": {"flop": nested(300)}}
    with pytest.raises(ArtifactError, match="nested more than 200 deep"):
        run(replace(plan, kernels={"scale": facts}), np.ones((5, 3), np.float32))


def test_constants_are_not_written():
    """A device may have them in the bundle, mapped for reading."""
    constant = ConstantData("f32", (15,), bytes(60))
    launch = Launch("scale", ("value", 9), (0, 5), (("value", 8),))
    steps = (Constant(5, 0), *programs.SIZES, launch)
    plan = changed(constants=(constant,), steps=steps, results=(("buffer", 5),))
    with pytest.raises(ArtifactError, match="scale writes to buffer 5, which others read"):
        run(plan, np.ones((5, 3), np.float32))
