"""Launch plans: JSON and back, and what they are made from.

Covers: targets/plan/entry.py, arithmetic.py, shapes.py, launch_plan.py, scalars.py, lifetimes.py;
runtime/steps.py.
"""

from __future__ import annotations

import json

import pytest
from mlir import ir

from clawc.passes.framework.base import PassFailure
from clawc.runtime import plan, steps
from clawc.runtime.checksums import name_of
from clawc.runtime.plan import Plan
from clawc.targets.plan.launch_plan import build_plan


def built(text: str) -> Plan:
    with ir.Context():
        return build_plan(ir.Module.parse(text))


INDEX = ("index", "index")
EVERYTHING = plan.Entry(
    "f",
    (plan.TensorType("f32", (("dim", 0, 0), 4)), plan.ScalarType("f64")),
    (plan.TensorType("i1", (("value", 9),)), plan.ScalarType("bf16")),
    (plan.ConstantData("bf16", (2,), b"\x00\xff\x80\x7f"),),
    (
        steps.Constant(2, 0),
        steps.Load(3, "state"),
        steps.Compute(4, "arith.addf", ("f64", "f64"), (("value", 1), 0.1)),
        steps.Assert(("value", 4), "sizes differ"),
        steps.Write(5, "f64", ("value", 4)),
        steps.Read(6, 5, "f64"),
        steps.Branch(
            ("value", 6),
            steps.Block((), (steps.Alloc(7, "f32", (("dim", 0, 0), 8)),), (("buffer", 7),)),
            steps.Block((), (), (("buffer", 0),)),
            (("buffer", 8),),
        ),
        steps.For(
            "i8",
            True,
            (0, 5, 1),
            (float("inf"),),
            steps.Block((("value", 11), ("value", 12)), (), (("value", 12),)),
            (("value", 9),),
        ),
        steps.While(
            (),
            steps.Block((), (steps.Launch("k", 1, (0, 5), (7,)),), (0, ("buffer", 0))),
            steps.Block((("buffer", 14),), (), ()),
            (("buffer", 10),),
        ),
        steps.Store("state", 3),
        steps.Free(8),
    ),
    (("buffer", 10), ("value", 1)),
    (plan.Variable("state", 0, True),),
)


def test_plans_survive_json():
    whole = Plan({"f": EVERYTHING}, {"k": {"threads": 32, "schedule": {"tile": [4, 4]}}})
    values = {name_of(c.data): c.data for c in EVERYTHING.constants}
    assert Plan.from_json(json.loads(json.dumps(whole.to_json())), values) == whole
    kinds = {type(step) for step in steps.all_steps(EVERYTHING.steps)}
    assert kinds == set(steps.STEPS)


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
    plan_ = built(HOST)
    entry = plan_.entries["f"]
    rows = ("dim", 0, 0)
    assert [t.dtype for t in entry.arguments] == ["f32", "i1"]
    assert [t.shape for t in entry.result_types] == [(rows, 4), (4, rows)]
    assert entry.constants[0].data == b"\x80\x3f\x00\x40"  # bf16 1, 2
    assert entry.constants[1].data == b"\x00\x00\x80\x3f\x00\x00\x00\x40"
    same, some, both, count, grid = (
        step for step in entry.steps if isinstance(step, steps.Compute)
    )
    assert same == steps.Compute(
        same.value, "arith.cmpi.eq", ("index", "i1"), (rows, ("dim", 1, 0))
    )
    assert some.operands == (rows, 1) and some.operation == "arith.cmpi.ugt"
    assert both.operands == (("value", same.value), ("value", some.value))
    assert count == steps.Compute(count.value, "arith.muli", INDEX, (rows, 4))
    assert grid.operands == (("value", count.value), 4)
    workgroups = ("value", grid.value)
    o, t = (step.buffer for step in entry.steps if isinstance(step, steps.Alloc))
    assert [step for step in entry.steps if not isinstance(step, steps.Compute)] == [
        steps.Constant(2, 0),
        steps.Constant(3, 1),
        steps.Assert(("value", both.value), "batch sizes differ"),
        steps.Alloc(o, "f32", (rows, 4)),
        steps.Alloc(t, "f32", (rows, 4)),
        steps.Launch("k", workgroups, (3, 2, t), (rows,)),
        steps.Launch("l", workgroups, (t, o), (("value", count.value),)),
        steps.Free(t),
    ]
    assert entry.results == (("buffer", o), ("buffer", o))
    assert plan_.kernels["k"] == {
        "threads": 64,
        "lane": "vector",
        "access": ["read", "read", "write"],
        "schedule": {"tile": [1, 2], "warps": 4},
        "needs": {
            "grid": ("ceildiv", ("mul", ("scalar", 0), 4), 4),
            "bytes": [8, 4, ("mul", ("scalar", 0), 16)],
            "scalars": 1,
        },
    }


def test_what_no_step_can_say_is_an_error():
    text = """
    func.func @f(%x: memref<4xf32>) -> memref<4xf32> {
      memref.copy %x, %x : memref<4xf32> to memref<4xf32>
      return %x : memref<4xf32>
    }"""
    with pytest.raises(PassFailure, match="memref.copy has no step"):
        built(text)
    text = text.replace(
        "memref.copy %x, %x", "%c3 = arith.constant 3 : index %v = memref.load %x[%c3]"
    )
    with pytest.raises(PassFailure, match="not the first"):
        built(text.replace(" to memref<4xf32>", ""))


def scalar_program(body: str, types: str = "index, index") -> plan.Entry:
    names = ", ".join(f"%{'abcd'[i]}: {t}" for i, t in enumerate(types.split(", ")))
    text = f"func.func @f({names}) -> index {{ {body} return %r : index }}"
    return built(text).entries["f"]


@pytest.mark.parametrize(
    "body, result",
    [
        ("%c = arith.constant 3 : index %r = arith.muli %c, %c : index", 9),
        ("%c = arith.constant 1 : index %r = arith.muli %c, %a : index", ("value", 0)),
        ("%c = arith.constant 0 : index %r = arith.addi %c, %a : index", ("value", 0)),
        ("%c = arith.constant 0 : index %r = arith.muli %a, %c : index", 0),
        ("%r = arith.maxsi %b, %b : index", ("value", 1)),
        ("%i = arith.index_cast %b : index to i64 %r = arith.index_cast %i : i64 to index",
         ("value", 1)),
        ("%c = arith.constant true %r = arith.select %c, %b, %a : index", ("value", 1)),
    ],
)  # fmt: skip
def test_what_is_known_is_not_computed(body, result):
    entry = scalar_program(body)
    assert (entry.steps, entry.results) == ((), (result,))


def test_computations_are_shared_and_unused_ones_go():
    entry = scalar_program(
        "%p = arith.divsi %a, %b : index %q = arith.divsi %a, %b : index "
        "%u = arith.remsi %a, %b : index %r = arith.addi %p, %q : index"
    )
    assert [step.operation for step in entry.steps] == ["arith.divsi", "arith.addi"]
    assert entry.steps[1].operands == (("value", entry.steps[0].value),) * 2


def test_what_a_branch_computes_is_not_known_after_it():
    product = "arith.muli %a, %b : index"
    entry = scalar_program(
        f"%t = scf.if %c -> index {{ %p = {product} scf.yield %p : index }} "
        f"else {{ scf.yield %a : index }} %q = {product} %r = arith.addi %t, %q : index",
        "index, index, i1",
    )
    branch, later, _ = entry.steps
    assert branch.then.steps[0].operation == later.operation == "arith.muli"
    assert branch.then.steps[0].value != later.value


def test_a_chain_of_ten_thousand_is_linear():
    chain = "".join(f"%x{i + 1} = arith.muli %x{i}, %x{i} : index " for i in range(10_000))
    entry = scalar_program(
        f"%x0 = arith.addi %a, %b : index {chain}%r = arith.addi %x10000, %a : index"
    )
    assert len(entry.steps) == 10_002
    whole = Plan({"f": entry}, {})
    assert Plan.from_json(json.loads(json.dumps(whole.to_json())), {}) == whole


LOOP = """
func.func @f(%x: memref<?xf32>, %n: index) -> memref<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> memref<?xf32> {
    %d = memref.dim %a, %c0 : memref<?xf32>
    %e = arith.addi %d, %i : index
    %b = memref.alloc(%e) : memref<?xf32>
    %t = memref.alloc(%e) : memref<?xf32>
    scf.yield %b : memref<?xf32>
  }
  return %r : memref<?xf32>
}"""


def test_a_loop_carries_buffers_with_their_sizes():
    entry = built(LOOP).entries["f"]
    (loop,) = entry.steps
    number, buffer, size = loop.body.arguments
    assert loop.starts == (("buffer", 0), ("dim", 0, 0)) and loop.bounds == (0, ("value", 1), 1)
    add, given, other, freed = loop.body.steps
    assert add.operands == (size, number) and given.shape == (("value", add.value),)
    assert freed == steps.Free(other.buffer)
    assert loop.body.gives == (("buffer", given.buffer), ("value", add.value))
    assert entry.result_types[0].shape == (loop.results[1],)
    assert buffer[0] == "buffer"
