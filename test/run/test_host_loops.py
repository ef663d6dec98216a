"""Loops and branches of the host around kernels.

Expected values are NumPy's, written down beside each program.
"""

from __future__ import annotations

import numpy as np
import pytest
from host_programs import DEVICES, loaded, mapped

import clawc
from clawc.runtime.errors import CheckFailed


def loop_program(rounds: str = "%n") -> str:
    body = "%q = arith.mulf %a, %s : f32 %t = arith.addf %q, %f : f32"
    return f"""
func.func @main(%x: tensor<?xf32>, %n: index) -> (tensor<?xf32>, f32, i64) {{
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %half = arith.constant 0.5 : f32
  %z = arith.constant 0 : i64
  %d = tensor.dim %x, %c0 : tensor<?xf32>
  %r:3 = scf.for %i = %c0 to {rounds} step %c1 iter_args(%v = %x, %s = %one, %k = %z)
      -> (tensor<?xf32>, f32, i64) {{
    %j = arith.index_cast %i : index to i64
    %f = arith.sitofp %j : i64 to f32
    {mapped("b", "v", "%d", body)}
    %s2 = arith.mulf %s, %half : f32
    %k2 = arith.addi %k, %j : i64
    scf.yield %b, %s2, %k2 : tensor<?xf32>, f32, i64
  }}
  return %r#0, %r#1, %r#2 : tensor<?xf32>, f32, i64
}}"""


@pytest.mark.parametrize("name", DEVICES)
def test_loops_carry_tensors_and_scalars(name):
    run = loaded(loop_program(), name)
    for n in (0, 1, 5):
        x = np.arange(6, dtype=np.float32)
        found = run(x, n)
        want, scale, total = x, np.float32(1), 0
        for i in range(n):
            want, scale, total = want * scale + np.float32(i), scale / 2, total + i
        np.testing.assert_array_equal(found[0], want)
        assert found[1:] == (scale, total)
    np.testing.assert_array_equal(x, range(6))


def test_a_loop_uses_two_buffers():
    run = loaded(loop_program())
    opened = run.device
    x = np.ones(1 << 16, np.float32)
    run(x, 100)
    opened.pool.trim()
    taken: list[int] = []
    alloc = opened.alloc
    opened.alloc = lambda size: taken.append(size) or alloc(size)
    try:
        run(x, 100)
    finally:
        del opened.alloc
    assert len([size for size in taken if size >= x.nbytes]) <= 3


@pytest.mark.parametrize("name", ("host", "vulkan", "emulator:gfx942"))
def test_tensors_grow_in_a_loop(name):
    """The Fibonacci sequence: the size is carried with the buffer."""
    run = loaded(
        """
func.func @main(%x: tensor<?xi64>, %n: index) -> tensor<?xi64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> tensor<?xi64> {
    %d = tensor.dim %a, %c0 : tensor<?xi64>
    %m = arith.subi %d, %c1 : index
    %l = arith.subi %m, %c1 : index
    %one = tensor.extract %a[%m] : tensor<?xi64>
    %two = tensor.extract %a[%l] : tensor<?xi64>
    %next = arith.addi %one, %two : i64
    %new = tensor.from_elements %next : tensor<1xi64>
    %b = tensor.concat dim(0) %a, %new : (tensor<?xi64>, tensor<1xi64>) -> tensor<?xi64>
    scf.yield %b : tensor<?xi64>
  }
  return %r : tensor<?xi64>
}""",
        name,
    )
    found = run(np.array([1, 1], np.int64), 8)
    np.testing.assert_array_equal(found, [1, 1, 2, 3, 5, 8, 13, 21, 34, 55])


@pytest.mark.parametrize("name", DEVICES)
def test_a_loop_until_data_says_so(name):
    """Newton's square root: a while loop whose condition is read from the device."""
    run = loaded(
        """
func.func @main(%x: tensor<f32>) -> (tensor<f32>, i32) {
  %half = arith.constant 0.5 : f32
  %eps = arith.constant 1.0e-5 : f32
  %z = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %r:2 = scf.while (%y = %x, %n = %z) : (tensor<f32>, i32) -> (tensor<f32>, i32) {
    %e = tensor.empty() : tensor<f32>
    %g = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>,
        affine_map<() -> ()>], iterator_types = []}
        ins(%x, %y : tensor<f32>, tensor<f32>) outs(%e : tensor<f32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %q = arith.divf %a, %b : f32
      %s = arith.addf %q, %b : f32
      %t = arith.mulf %s, %half : f32
      linalg.yield %t : f32
    } -> tensor<f32>
    %old = tensor.extract %y[] : tensor<f32>
    %new = tensor.extract %g[] : tensor<f32>
    %d = arith.subf %old, %new : f32
    %m = math.absf %d : f32
    %more = arith.cmpf ogt, %m, %eps : f32
    scf.condition(%more) %g, %n : tensor<f32>, i32
  } do {
  ^bb0(%y: tensor<f32>, %n: i32):
    %n2 = arith.addi %n, %one : i32
    scf.yield %y, %n2 : tensor<f32>, i32
  }
  return %r#0, %r#1 : tensor<f32>, i32
}""",
        name,
    )
    root, rounds = run(np.float32(9.0))
    assert abs(root - 3) < 1e-6 and 2 < rounds < 10
    assert run(np.float32(1.0)) == (1.0, 0)


@pytest.mark.parametrize("name", DEVICES)
def test_branches_on_data_inside_of_loops(name):
    """Collatz: nested control flow, one branch with a kernel, one without."""
    half = "%t = arith.shrui %a, %i1 : i64"
    triple = "%u = arith.muli %a, %i3 : i64 %t = arith.addi %u, %i1 : i64"
    run = loaded(
        f"""
func.func @main(%x: tensor<?xi64>, %rounds: i32) -> (tensor<?xi64>, i64) {{
  %c0 = arith.constant 0 : index
  %z = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %i0 = arith.constant 0 : i64
  %i1 = arith.constant 1 : i64
  %i3 = arith.constant 3 : i64
  %d = tensor.dim %x, %c0 : tensor<?xi64>
  %r:2 = scf.for %i = %z to %rounds step %one iter_args(%v = %x, %n = %i0)
      -> (tensor<?xi64>, i64) : i32 {{
    %e = tensor.extract %v[%c0] : tensor<?xi64>
    %odd = arith.trunci %e : i64 to i1
    %w = scf.if %odd -> tensor<?xi64> {{
      {mapped("b", "v", "%d", triple, "i64")}
      scf.yield %b : tensor<?xi64>
    }} else {{
      %done = arith.cmpi eq, %e, %i0 : i64
      %c = scf.if %done -> tensor<?xi64> {{
        scf.yield %v : tensor<?xi64>
      }} else {{
        {mapped("h", "v", "%d", half, "i64")}
        scf.yield %h : tensor<?xi64>
      }}
      scf.yield %c : tensor<?xi64>
    }}
    %n2 = arith.addi %n, %e : i64
    scf.yield %w, %n2 : tensor<?xi64>, i64
  }}
  return %r#0, %r#1 : tensor<?xi64>, i64
}}""",
        name,
    )
    found, total = run(np.array([7, 7], np.int64), 5)
    np.testing.assert_array_equal(found, [52, 52])
    assert total == 7 + 22 + 11 + 34 + 17
    np.testing.assert_array_equal(run(np.array([0, 3], np.int64), 5)[0], [0, 3])


def nested(depth: int) -> str:
    """Loops in loops, the innermost of which doubles."""
    heads = "\n".join(
        f"%r{i} = scf.for %i{i} = %c0 to %n step %c1 "
        f"iter_args(%a{i} = {f'%a{i - 1}' if i else '%x'}) -> tensor<3xf32> {{"
        for i in range(depth)
    )
    given = ["%q", *(f"%r{i}" for i in reversed(range(1, depth)))]
    ends = "\n".join(f"scf.yield {value} : tensor<3xf32> }}" for value in given)
    return f"""
func.func @main(%x: tensor<3xf32>, %n: index) -> tensor<3xf32> {{
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  {heads}
  %q = arith.addf %a{depth - 1}, %a{depth - 1} : tensor<3xf32>
  {ends}
  return %r0 : tensor<3xf32>
}}"""


def test_loops_nest_a_hundred_deep():
    x = np.ones(3, np.float32)
    np.testing.assert_array_equal(loaded(nested(3))(x, 2), np.full(3, 2.0**8))
    np.testing.assert_array_equal(loaded(nested(100))(x, 1), [2, 2, 2])
    with pytest.raises(clawc.CompileError, match="nests more than 100 deep in loops and branches"):
        clawc.compile(nested(101))


def test_many_branches_after_each_other():
    """What one makes, kernels of the next ones read."""
    conditions = ("%c", "%d")
    steps = "\n".join(
        f"%a{i + 1} = scf.if {conditions[i % 2]} -> tensor<3xf32> {{ "
        f"%b{i} = arith.addf %a{i}, %x : tensor<3xf32> scf.yield %b{i} : tensor<3xf32> }} "
        f"else {{ scf.yield %a{i} : tensor<3xf32> }}"
        for i in range(40)
    )
    run = loaded(f"""
func.func @main(%x: tensor<3xf32>, %c: i1, %d: i1) -> tensor<3xf32> {{
  %a0 = arith.addf %x, %x : tensor<3xf32>
  {steps}
  return %a40 : tensor<3xf32>
}}""")
    x = np.ones(3, np.float32)
    for c, d in ((True, True), (True, False), (False, False)):
        np.testing.assert_array_equal(run(x, c, d), np.full(3, 2 + 20 * c + 20 * d))


def test_loops_that_would_not_end_are_refused():
    run = loaded(loop_program().replace("step %c1", "step %n"))
    with pytest.raises(CheckFailed, match="a loop's step is 0; expected above 0"):
        run(np.ones(2, np.float32), 0)


def test_products_in_a_loop_have_packed_operands():
    """The host packs a matrix for its caches, in the loop too."""
    run = loaded("""
func.func @main(%x: tensor<40x64xf32>, %w: tensor<64x64xf32>, %n: index) -> tensor<40x64xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %z = arith.constant 0.0 : f32
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> tensor<40x64xf32> {
    %e = tensor.empty() : tensor<40x64xf32>
    %f = linalg.fill ins(%z : f32) outs(%e : tensor<40x64xf32>) -> tensor<40x64xf32>
    %p = linalg.matmul ins(%a, %w : tensor<40x64xf32>, tensor<64x64xf32>)
        outs(%f : tensor<40x64xf32>) -> tensor<40x64xf32>
    scf.yield %p : tensor<40x64xf32>
  }
  return %r : tensor<40x64xf32>
}""")
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal(shape).astype(np.float32) / 8 for shape in ((40, 64), (64, 64)))
    want = x.astype(np.float64) @ w @ w @ w
    np.testing.assert_allclose(run(x, w, 3), want, rtol=0, atol=1e-5 * np.abs(want).max())
    assert any(name.endswith("_pack") for name in run.image.kernels)
