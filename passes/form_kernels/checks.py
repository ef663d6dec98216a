"""Checks that the host makes of sizes before kernels rely on them."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, cf


def check_size(size: ir.Value, wanted: ir.Value, dim: int, value: int) -> None:
    """A cast says that a dimension is `value`."""
    same = arith.cmpi(arith.CmpIPredicate.eq, size, wanted)
    cf.AssertOp(same, f"dimension {dim} of a tensor is not {value}, as a cast has it")


def choose_size(
    wanted: ir.Value, sizes: list[ir.Value], numbers: list[ir.Value], rank: ir.Value
) -> ir.Value:
    """The size whose number is `wanted`, after a check that there is one."""
    inside = arith.cmpi(arith.CmpIPredicate.ult, wanted, rank)
    cf.AssertOp(inside, f"a dimension is asked for of a tensor of rank {len(sizes)} that lacks it")
    size = sizes[-1]
    for dim in reversed(range(len(sizes) - 1)):
        here = arith.cmpi(arith.CmpIPredicate.eq, wanted, numbers[dim])
        size = arith.select(here, sizes[dim], size)
    return size
