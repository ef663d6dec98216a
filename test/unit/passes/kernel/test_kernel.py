"""Typed access to what a kernel's attributes say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mlir import ir

from clawc.passes.kernel.attributes import STATIC_SHARED
from clawc.passes.kernel.kernel import Kernel, kernels_of, seen_type, with_seen_type
from clawc.passes.kernel.schedule import BadSchedule, Schedule

TEXT = """
func.func @host() { return }
func.func private @a() attributes {claw.kernel} { return }
func.func private @b() attributes {claw.kernel, claw.lane = "generic", claw.reason = "why"} {
  return
}
"""


@pytest.fixture
def module() -> Iterator[ir.Module]:
    with ir.Context(), ir.Location.unknown():
        yield ir.Module.parse(TEXT)


def test_which_functions_are_kernels_and_of_which_lane(module: ir.Module) -> None:
    assert [Kernel.of(op) is None for op in module.body.operations] == [True, False, False]
    assert [kernel.name for kernel in kernels_of(module)] == ["a", "b"]
    assert [kernel.name for kernel in kernels_of(module, "generic")] == ["b"]
    assert kernels_of(module, "vector") == []


def test_what_is_not_there_is_none(module: ir.Module) -> None:
    kernel = kernels_of(module)[0]
    assert kernel.lane is kernel.kind is kernel.reason is kernel.schedule is kernel.access is None
    assert kernel.entry is None and kernel.number(STATIC_SHARED) is None
    assert kernel.grid_symbols == [] and not kernel.has_dynamic_shared


def test_what_is_written_is_read(module: ir.Module) -> None:
    kernel = kernels_of(module)[0]
    kernel.mark("reduction")
    assert (kernel.lane, kernel.kind, kernel.reason) == ("vector", "reduction", None)
    with pytest.raises(ValueError, match="kernel a goes to the generic lane for no reason"):
        kernel.mark("generic")
    kernel.move_to_generic("no form")
    assert (kernel.lane, kernel.reason) == ("generic", "no form")
    kernel.set_schedule(Schedule((64, 16), 4, (2, 2), (1, 0)))
    assert kernel.schedule == Schedule((64, 16), 4, (2, 2), (1, 0))
    counts = ir.AffineMap.get(0, 1, [ir.AffineExpr.get_ceil_div(ir.AffineExpr.get_symbol(0), 4)])
    kernel.set_grid(counts, [(0, 1)])
    assert (kernel.grid, kernel.grid_symbols) == (counts, [(0, 1)])
    kernel.set_access(["read", "write"])
    assert kernel.access == ["read", "write"]
    kernel.set_number(STATIC_SHARED, 64)
    assert kernel.number(STATIC_SHARED) == 64
    assert module.operation.verify()


def test_a_kernel_takes_its_lane_reason_kind_and_schedule_on(module: ir.Module) -> None:
    plain, generic = kernels_of(module)
    generic.set_access(["read"])
    plain.inherit(generic.op)
    assert (plain.lane, plain.reason, plain.access) == ("generic", "why", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [("4 : i64", "must be a dictionary"), ("{tiles = [4]}", "has no 'tiles'")],
)
def test_a_wrong_schedule_is_refused(module: ir.Module, text: str, message: str) -> None:
    kernel = kernels_of(module)[0]
    kernel.op.attributes["claw.schedule"] = ir.Attribute.parse(text)
    with pytest.raises(BadSchedule, match=message):
        _ = kernel.schedule


def test_the_type_that_callers_see_stands_beside_other_notes(module: ir.Module) -> None:
    notes = ir.DictAttr.parse("{other = 1 : i64}")
    bit = ir.IntegerType.get_signless(1)
    assert seen_type(ir.DictAttr(notes)) is None
    marked = with_seen_type(ir.DictAttr(notes), bit)
    assert seen_type(marked) == bit and "other" in marked
