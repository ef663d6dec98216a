"""Launch plans: how expressions evaluate, JSON and back, and what they are made from.

Covers: targets/plan/expressions.py, launch_plan.py.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlir import ir

from clawc.passes.framework.base import PassFailure
from clawc.runtime import plan
from clawc.runtime.checksums import name_of
from clawc.runtime.plan import Plan, evaluate, holds
from clawc.targets.plan.expressions import combine, negate
from clawc.targets.plan.launch_plan import build_plan

SHAPES = ((3, 5), (7,))
LEAVES = st.one_of(
    st.integers(-20, 20), st.sampled_from([("dim", 0, 0), ("dim", 0, 1), ("dim", 1, 0)])
)
TOTAL = ("add", "sub", "mul", "max", "min")
EXPRS = st.recursive(
    LEAVES, lambda part: st.tuples(st.sampled_from(TOTAL), part, part), max_leaves=12
)
COMPARED = st.tuples(st.sampled_from(sorted(plan.COMPARISONS)), EXPRS, EXPRS)


def reference(expr) -> int:
    if isinstance(expr, int):
        return expr
    name, a, b = expr
    if name == "dim":
        return SHAPES[a][b]
    signs = {"add": "+", "sub": "-", "mul": "*"}
    if name in signs:
        return eval(f"({reference(a)}) {signs[name]} ({reference(b)})")
    return {"max": max, "min": min}[name](reference(a), reference(b))


@given(EXPRS)
def test_expressions_evaluate_as_python_does(expr):
    assert evaluate(expr, SHAPES) == reference(expr)


@given(st.sampled_from(sorted(plan.OPERATORS)), EXPRS, EXPRS)
def test_combining_folds_without_changing_the_value(name, left, right):
    if name in ("floordiv", "ceildiv", "quotient", "mod") and evaluate(right, SHAPES) == 0:
        return
    expected = evaluate((name, left, right), SHAPES)
    assert evaluate(combine(name, left, right), SHAPES) == expected


@given(COMPARED, COMPARED)
def test_conditions(one, other):
    a, b = holds(one, SHAPES), holds(other, SHAPES)
    assert holds(("and", one, other), SHAPES) == (a and b)
    assert holds(("or", one, other), SHAPES) == (a or b)
    assert holds(negate(one), SHAPES) == (not a)
    assert holds(negate(("or", one, other)), SHAPES) == (not (a or b))
    assert evaluate(("select", one, 1, 0), SHAPES) == int(a)


@given(EXPRS, COMPARED)
def test_plans_survive_json(expr, condition):
    entry = plan.Entry(
        "f",
        (plan.TensorType("f32", (("dim", 0, 0), 4)),),
        (plan.TensorType("i1", (expr,)),),
        (plan.ConstantData("bf16", (2,), b"\x00\xff\x80\x7f"),),
        (
            plan.Constant(1, 0),
            plan.Assert(condition, "sizes differ"),
            plan.Alloc(2, "f32", (expr, 8)),
            plan.Launch("k", expr, (0, 1, 2), (expr, 7)),
            plan.Free(1),
        ),
        (2,),
    )
    whole = Plan({"f": entry}, {"k": {"threads": 32, "schedule": {"tile": [4, 4]}}})
    stored = {name_of(c.data): c.data for c in entry.constants}
    assert Plan.from_json(json.loads(json.dumps(whole.to_json())), stored) == whole


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        (("floordiv", -7, 2), -4),
        (("quotient", -7, 2), -3),
        (("quotient", 7, 2), 3),
        (("ceildiv", 7, 2), 4),
        (("ceildiv", 0, 2), 0),
        (("mod", 7, 4), 3),
    ],
)
def test_divisions(expr, value):
    assert evaluate(expr, ()) == value


HOST = """
module attributes {gpu.container_module} {
  memref.global "private" constant @c : memref<2xbf16> = dense<[1.0, 2.0]>
  memref.global "private" constant @w : memref<2xf32> = dense_resource<w>
  func.func @f(%x: memref<?x4xf32>, %y: memref<?xi8> {claw.type = i1})
      -> (memref<?x4xf32>, memref<4x?xf32>) {
    %c = memref.get_global @c : memref<2xbf16>
    %w = memref.get_global @w : memref<2xf32>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %d = memref.dim %x, %c0 : memref<?x4xf32>
    %e = memref.dim %y, %c0 : memref<?xi8>
    %same = arith.cmpi eq, %d, %e : index
    %some = arith.cmpi ugt, %d, %c1 : index
    %both = arith.andi %same, %some : i1
    cf.assert %both, "batch sizes differ"
    %o = memref.alloc(%d) : memref<?x4xf32>
    %t = memref.alloc(%d) : memref<?x4xf32>
    %of = memref.collapse_shape %o [[0, 1]] : memref<?x4xf32> into memref<?xf32>
    %n = arith.muli %d, %c4 : index
    %tf = memref.reinterpret_cast %t to offset: [0], sizes: [%n], strides: [1]
      : memref<?x4xf32> to memref<?xf32>
    %g = arith.ceildivui %n, %c4 : index
    gpu.launch_func @kernels::@k blocks in (%g, %c1, %c1) threads in (%c4, %c1, %c1)
      args(%w : memref<2xf32>, %c : memref<2xbf16>, %tf : memref<?xf32>, %d : index)
    gpu.launch_func @kernels::@l blocks in (%g, %c1, %c1) threads in (%c4, %c1, %c1)
      args(%tf : memref<?xf32>, %of : memref<?xf32>, %n : index)
    %z = memref.expand_shape %of [[0, 1]] output_shape [4, %d] : memref<?xf32> into memref<4x?xf32>
    return %o, %z : memref<?x4xf32>, memref<4x?xf32>
  }
  gpu.module @kernels {
    gpu.func @k(%a: memref<2xf32>, %b: memref<2xbf16>, %c: memref<?xf32>, %d: index) kernel
        attributes {known_block_size = array<i32: 64, 1, 1>, claw.lane = "vector",
                    claw.access = ["read", "read", "write"],
                    claw.schedule = {tile = [1, 2], warps = 4 : i64}} {
      gpu.return
    }
    gpu.func @l(%a: memref<?xf32>, %b: memref<?xf32>, %d: index) kernel
        attributes {known_block_size = array<i32: 32, 1, 1>} {
      gpu.return
    }
  }
}

{-# dialect_resources: { builtin: { w: "0x040000000000803F00000040" } } #-}
"""


def test_a_host_function_becomes_steps():
    with ir.Context():
        built = build_plan(ir.Module.parse(HOST))
    entry = built.entries["f"]
    rows = ("dim", 0, 0)
    assert [t.dtype for t in entry.arguments] == ["f32", "i1"]
    assert [t.shape for t in entry.result_types] == [(rows, 4), (4, rows)]
    assert entry.constants[0].data == b"\x80\x3f\x00\x40"  # bf16 1, 2
    assert entry.constants[1].data == b"\x00\x00\x80\x3f\x00\x00\x00\x40"
    grid = ("ceildiv", ("mul", rows, 4), 4)
    assert entry.steps == (
        plan.Constant(2, 0),
        plan.Constant(3, 1),
        plan.Assert(("eq", rows, ("dim", 1, 0)), "batch sizes differ"),
        plan.Assert(("gt", rows, 1), "batch sizes differ"),
        plan.Alloc(4, "f32", (rows, 4)),
        plan.Alloc(5, "f32", (rows, 4)),
        plan.Launch("k", grid, (3, 2, 5), (rows,)),
        plan.Launch("l", grid, (5, 4), (("mul", rows, 4),)),
        plan.Free(5),
    )
    assert entry.results == (4, 4)
    assert built.kernels["k"] == {
        "threads": 64,
        "lane": "vector",
        "access": ["read", "read", "write"],
        "schedule": {"tile": [1, 2], "warps": 4},
    }


def test_what_no_step_can_say_is_an_error():
    text = """
    func.func @f(%x: memref<4xf32>) -> memref<4xf32> {
      %c0 = arith.constant 0 : index
      %v = memref.load %x[%c0] : memref<4xf32>
      return %x : memref<4xf32>
    }"""
    with ir.Context(), pytest.raises(PassFailure, match="memref.load has no step"):
        build_plan(ir.Module.parse(text))
