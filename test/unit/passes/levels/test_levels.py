"""Levels: the road keeps to them after every step, and its end is at no earlier one."""

from pathlib import Path

import pytest

from clawc.chips.known import find
from clawc.compiler.compilation import Compilation
from clawc.compiler.diagnostics import CompileError
from clawc.compiler.source import Source
from clawc.passes.framework.base import Pass
from clawc.passes.framework.pipeline import Pipeline
from clawc.passes.levels.check_level import violations
from clawc.passes.levels.specification import Level, Rule, markdown
from clawc.passes.levels.table import LEVELS
from clawc.passes.levels.verify import VerifyLevels

EXAMPLES = sorted((Path(__file__).parents[4] / "examples").glob("*.mlir"))
CHIPS = ("nvptx:sm_80", "amdgpu:gfx942", "spirv:opencl", "spirv:opencl-cpu", "spirv:vulkan", "host")
SOFTMAX = next(path for path in EXAMPLES if path.stem == "softmax")


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_step_of_the_road_keeps_to_its_levels(example, chip):
    watching = VerifyLevels()
    Compilation(Source.read(example), observers=[watching]).images([find(chip)])
    assert watching.last is LEVELS["kernels"], "all levels were reached, and it began anew"


def test_several_chips_in_turn():
    chips = [find(chip) for chip in CHIPS]
    Compilation(Source.read(SOFTMAX), observers=[VerifyLevels()]).images(chips)


def at(stage: str):
    """The softmax of the examples at a stage, for one chip."""
    compilation, chip = Compilation(Source.read(SOFTMAX)), find("nvptx:sm_80")
    if stage in ("claw", "linalg", "kernels"):
        return compilation.shared(stage)
    module = compilation.for_chip(compilation.shared(), chip, stage if stage != "llvm" else "simt")
    return compilation.lower(module, chip) if stage == "llvm" else module


@pytest.mark.parametrize("stage", LEVELS)
def test_a_module_is_at_its_level_and_at_no_earlier_one(stage):
    module = at(stage)
    order = list(LEVELS)
    assert not list(violations(module, LEVELS[stage]))
    earlier = order[: order.index(stage)]
    if stage == "linalg":  # programs may be written at this level: nothing in it is new
        earlier.remove("claw")
    # Layouts may be written by hand before, here none is changed; and no loop reads ahead.
    alike = ["vector", "layouts", "pipelined"]
    if stage in alike:
        earlier = [level for level in earlier if level not in alike]
    for level in earlier:
        assert list(violations(module, LEVELS[level])), level


def test_what_is_left_of_an_earlier_level_is_seen():
    assert any("claw.softmax" == v.op.name for v in violations(at("claw"), LEVELS["linalg"]))


def test_a_pass_that_leaves_its_level_is_named(monkeypatch):
    class Stray(Pass):
        """Puts a vector where tensors are."""

        name = "stray"

        def run(self, module):
            from mlir import ir
            from mlir.dialects import vector

            block = module.body.operations[0].regions[0].blocks[0]
            with ir.InsertionPoint(block.operations[0]), ir.Location.unknown():
                vector.step(ir.VectorType.get([4], ir.IndexType.get()))

    module = at("linalg")
    watching = VerifyLevels()
    watching.reached("claw", module)
    with pytest.raises(Exception, match="may not stand .* after stray, on the way to .*'linalg'"):
        Pipeline([Stray()]).run(module, [watching])


def test_parts_have_names():
    with pytest.raises(ValueError, match="unknown parts: cellar"):
        Level("claw", {"cellar": Rule.of("arith.*", "scalar")})


@pytest.mark.parametrize("level", LEVELS.values(), ids=list(LEVELS))
def test_the_page_names_every_operation(level):
    text = markdown(level)
    for rule in level.parts.values():
        for operation in rule.operations:
            assert f"`{operation}`" in text


def test_the_error_has_a_place():
    source = Source(
        "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {\n  return %x : tensor<4xf32>\n}"
    )
    with pytest.raises(CompileError) as caught:
        watching = VerifyLevels()
        watching.next = LEVELS["kernels"]
        Compilation(source, observers=[watching]).shared("claw")
    assert caught.value.diagnostics[0].line == 1
