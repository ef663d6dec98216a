"""Estimates of kernels at L4: loops, branches, what depends on data, and bounds of indices.

Covers: targets/estimates/index_arithmetic.py, access_patterns.py, totals.py.
"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from mlir import ir

from clawc.compiler.context import make_context
from clawc.compiler.estimates import total
from clawc.passes.ir.operations import operations_in
from clawc.targets.estimates.index_arithmetic import IndexArithmetic
from clawc.targets.estimates.kernel_estimates import kernel_estimates

THREADS = 64
HEAD = """gpu.module @kernels {
gpu.func @k(%x: memref<?xf32>, %o: memref<?xf32>, %n: index, %m: index) kernel
    attributes {known_block_size = array<i32: 64, 1, 1>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %c16 = arith.constant 16 : index
  %c64 = arith.constant 64 : index
  %t = gpu.thread_id x
  %b = gpu.block_id x
  %start = arith.muli %b, %c64 : index
  %i = arith.addi %start, %t : index
"""


def parsed(body: str) -> ir.Module:
    context = make_context()
    return ir.Module.parse(f"{HEAD}{body}\n  gpu.return\n}}\n}}", context)


def figures(body: str, grid=1, scalars=(100, 10)):
    """The estimates of a launch, of a kernel with 64 threads, n = 100 and m = 10."""
    found = kernel_estimates(parsed(body), lanes=32)["k"]["estimates"]
    return {k: None if e is None else total(e, grid, scalars) for k, e in found.items()}


STORE = "memref.store %v, %o[%i] : memref<?xf32>"
LOAD = "%v = memref.load %x[%i] : memref<?xf32>"


def test_loops_multiply():
    body = f"scf.for %j = %c0 to %n step %c7 {{ scf.for %l = %c1 to %m step %c1 {{ {LOAD} }} }}"
    found = figures(body, grid=3)
    assert found["global read"] == 3 * 15 * 9 * THREADS * 4
    assert found["global read transactions"] == 3 * 15 * 9 * 8
    formula = figures(body, scalars=(("dim", 0, 0), 2))["global read"]
    assert formula == ("mul", ("ceildiv", ("dim", 0, 0), 7), 256)


def test_a_loop_from_a_thread_is_bounded_from_above():
    found = figures(f"scf.for %j = %i to %n step %c64 {{ {LOAD} }}")
    assert found["global read"] == 2 * THREADS * 4
    body = f"%e = arith.minui %i, %n : index scf.for %j = %c0 to %e step %c1 {{ {LOAD} }}"
    assert figures(body)["global read"] == 100 * THREADS * 4


def test_masks():
    some = f"%y = arith.cmpi ult, %t, %c7 : index scf.if %y {{ {LOAD} }}"
    assert figures(some)["global read"] == 7 * 4
    edge = f"%y = arith.cmpi ult, %i, %n : index scf.if %y {{ {LOAD} }}"
    assert figures(edge)["global read"] == THREADS * 4
    rows = f"""%left = arith.subi %n, %start : index
      %high = arith.minsi %left, %c16 : index
      %y = arith.cmpi slt, %t, %high : index scf.if %y {{ {LOAD} }}"""
    assert figures(rows)["global read"] == 16 * 4


def test_branches_on_sizes():
    both = """%y = arith.cmpi ult, %n, %m : index
      scf.if %y { %v = memref.load %x[%i] : memref<?xf32> } else {
        %v = vector.load %x[%i] : memref<?xf32>, vector<4xf32> }"""
    assert figures(both, scalars=(1, 2))["global read"] == THREADS * 4
    assert figures(both, scalars=(2, 2))["global read"] == THREADS * 16
    assert figures(both, scalars=(("dim", 0, 0), 2))["global read"][0] == "select"


def test_branches_on_the_workgroup_take_the_greater():
    both = """%y = arith.cmpi eq, %b, %c7 : index
      scf.if %y { %v = memref.load %x[%i] : memref<?xf32> } else {
        %v = vector.load %x[%i] : memref<?xf32>, vector<4xf32> }"""
    assert figures(both)["global read"] == THREADS * 16


def test_what_depends_on_data_is_unknown():
    data = f"""{LOAD}
      %h = arith.fptoui %v : f32 to i32
      %d = arith.index_cast %h : i32 to index
    """
    found = figures(data + "%w = memref.load %x[%d] : memref<?xf32>")
    assert found["global read"] == 2 * THREADS * 4
    assert found["global read transactions"] is None
    found = figures(data + f"scf.for %j = %c0 to %d step %c1 {{ {STORE} }}")
    assert found["global write"] is None and found["global read"] == THREADS * 4
    found = figures(data + f"%y = arith.cmpi ult, %d, %c7 : index scf.if %y {{ {STORE} }}")
    assert found["global write"] is None
    found = figures("""%r = scf.while (%a = %c0) : (index) -> index {
        %v = memref.load %x[%a] : memref<?xf32>
        %z = arith.constant 0.0 : f32
        %y = arith.cmpf olt, %v, %z : f32
        scf.condition(%y) %a : index
      } do {
      ^bb0(%a: index):
        scf.yield %a : index
      }""")
    assert found["global read"] is None
    found = figures("%p = memref.alloc() : memref<4xf32> memref.dealloc %p : memref<4xf32>")
    assert found["shared write"] is None


def test_patterns_of_addresses():
    for stride, sectors in (("%c1", 8), ("%c7", 32 * 7 * 4 // 32 * 2), ("%c16", 64), ("%c0", 2)):
        body = f"%a = arith.muli %t, {stride} : index %v = memref.load %x[%a] : memref<?xf32>"
        assert figures(body)["global read transactions"] == sectors


OPERATIONS = {
    "addi": lambda a, b: a + b,
    "subi": lambda a, b: a - b,
    "muli": lambda a, b: a * b,
    "minsi": np.minimum,
    "maxsi": np.maximum,
    "divui": lambda a, b: a // np.maximum(b, 1),
    "remui": lambda a, b: a % np.maximum(b, 1),
    "ceildivui": lambda a, b: -(-a // np.maximum(b, 1)),
    "andi": np.bitwise_and,
    "ori": np.bitwise_or,
}
ONLY_NOT_NEGATIVE = {"divui", "remui", "ceildivui", "andi", "ori"}
STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 40), st.integers(0, 40)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(STEPS)
def test_bounds_hold(steps):
    """Random arithmetic on threads, workgroups, sizes and numbers stays within its bounds."""
    names = ["%t", "%b", "%n", "%c7", "%c16", "%i"]
    threads = np.arange(THREADS)
    runs = [
        {"%t": threads, "%b": b, "%n": n, "%c7": 7, "%c16": 16, "%i": 64 * b + threads}
        for b, n in ((0, 1), (3, 100), (40, 4096))
    ]
    lines = []
    for number, (name, left, right) in enumerate(steps):
        a, b = names[left % len(names)], names[right % len(names)]
        values = [(run[a], run[b]) for run in runs]
        if name in ONLY_NOT_NEGATIVE and any(np.min(x) < 0 or np.min(y) < 0 for x, y in values):
            continue
        if name in ("divui", "remui", "ceildivui") and any(np.min(y) == 0 for _, y in values):
            continue
        lines.append(f"%r{number} = arith.{name} {a}, {b} : index")
        names.append(f"%r{number}")
        for run, (x, y) in zip(runs, values, strict=True):
            run[f"%r{number}"] = OPERATIONS[name](x, y)
    module = parsed("\n".join(lines))
    (kernel,) = [op for op in operations_in(module.operation) if op.name == "gpu.func"]
    arithmetic = IndexArithmetic(kernel, THREADS)
    results = [op for op in operations_in(kernel) if op.name.startswith("arith.")]
    for op, name in zip(results[-len(lines) :] if lines else [], names[6:], strict=True):
        index = arithmetic.index(op.results[0])
        for run in runs:
            assert np.all(index.low <= run[name]) and np.all(run[name] <= index.high), (name, lines)


def test_long_chains_of_computations_cost_no_more_than_their_length():
    """Squares of squares: what is no number of 64 bits, or too long to be read, is not known."""
    chain = "%x0 = arith.addi %n, %m : index\n"
    for i in range(5_000):
        chain += f"%y{i} = arith.muli %x{i}, %x{i} : index\n"
        chain += f"%x{i + 1} = arith.addi %y{i}, %x{i} : index\n"
    found = figures(f"{chain} scf.for %j = %c0 to %x5000 step %c1 {{ {LOAD} }}")
    assert found["global read"] is None
    short = "%y = arith.muli %n, %n : index\n"
    found = figures(f"{short} scf.for %j = %c0 to %y step %c1 {{ {LOAD} }}")
    assert found["global read"] == 100 * 100 * THREADS * 4
