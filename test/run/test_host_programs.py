"""What the host of a program computes and decides: scalars, reads, loops, branches, variables.

Expected values are NumPy's, written down beside each program.
"""

from __future__ import annotations

import threading

import ml_dtypes
import numpy as np
import pytest
from harness import chip, device

import clawc
from clawc.runtime.errors import ArgumentError, CheckFailed

DEVICES = ("host", "opencl", "vulkan", "emulator:sm_80", "emulator:gfx942")
MAPS = "#id = affine_map<(i) -> (i)>\n#none = affine_map<(i) -> ()>\n"


def loaded(text: str, name: str = "host", entry: str = "main"):
    device(name)
    artifact = clawc.compile(MAPS + text, target=chip(name).spec, verify_levels=name == "host")
    return clawc.load(artifact, name, entry)


def mapped(result: str, operand: str, size: str, body: str, type_: str = "f32") -> str:
    """A computation on each element %a of a vector with `size` elements; the body makes %t."""
    return f"""
  %{result}_e = tensor.empty({size}) : tensor<?x{type_}>
  %{result} = linalg.generic {{indexing_maps = [#id, #id], iterator_types = ["parallel"]}}
      ins(%{operand} : tensor<?x{type_}>) outs(%{result}_e : tensor<?x{type_}>) {{
  ^bb0(%a: {type_}, %o: {type_}):
    {body}
    linalg.yield %t : {type_}
  }} -> tensor<?x{type_}>"""


def summed(result: str, operand: str) -> str:
    """The sum of a vector of i64, of rank 0."""
    return f"""
  %{result}_z = arith.constant dense<0> : tensor<i64>
  %{result} = linalg.generic {{indexing_maps = [#id, #none], iterator_types = ["reduction"]}}
      ins(%{operand} : tensor<?xi64>) outs(%{result}_z : tensor<i64>) {{
  ^bb0(%a: i64, %o: i64):
    %t = arith.addi %a, %o : i64
    linalg.yield %t : i64
  }} -> tensor<i64>"""


# Scalars as arguments and results
TYPES = {
    "i1": np.bool_,
    "i8": np.int8,
    "i32": np.int32,
    "i64": np.int64,
    "f16": np.float16,
    "bf16": ml_dtypes.bfloat16,
    "f32": np.float32,
    "f64": np.float64,
}


@pytest.mark.parametrize("name", DEVICES)
def test_scalars_of_every_type_go_into_kernels(name):
    """Each is an argument, what a kernel fills a tensor with, and a result."""
    types = [t for t in TYPES if t in chip(name).types]
    arguments = ", ".join(f"%{t}: {t}" for t in types)
    fills = "\n".join(
        f"  %e_{t} = tensor.empty(%n) : tensor<?x{t}>\n"
        f"  %r_{t} = linalg.fill ins(%{t} : {t}) outs(%e_{t} : tensor<?x{t}>) -> tensor<?x{t}>"
        for t in types
    )
    returned = ", ".join([f"%r_{t}" for t in types] + [f"%{t}" for t in types])
    results = ", ".join([f"tensor<?x{t}>" for t in types] + types)
    run = loaded(
        f"func.func @main(%n: index, {arguments}) -> ({results}) {{\n{fills}\n"
        f"  return {returned} : {results}\n}}",
        name,
    )
    given = [TYPES[t](1 if t == "i1" else -3) for t in types]
    for size in (0, 5):
        found = run(size, *given)
        for array, scalar, value in zip(found, found[len(types) :], given, strict=False):
            np.testing.assert_array_equal(array, np.full(size, value))
            assert array.dtype == value.dtype and type(scalar) is type(value) and scalar == value


def test_what_may_be_given_for_a_scalar():
    run = loaded("func.func @main(%k: f32, %n: i8) -> (f32, i8) { return %k, %n : f32, i8 }")
    assert run(np.float32(0.5), 7) == run(0.5, np.array(7, np.int8)) == (0.5, 7)
    assert run(2, -128)[0].dtype == np.float32
    for arguments, message in [
        ((1.0, 200), "argument 1 of main is 200, which is no int8"),
        ((1.0, 2.5), "argument 1 of main is 2.5, which is no int8"),
        ((np.ones(3, np.float32), 1), "argument 0 of main has shape .3.; expected a scalar"),
        ((np.float16(1), 1), "argument 0 of main is an array of float16; expected float32"),
        ((1.0,), r"main takes 2 arguments \(f32, i8\); 1 were given"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            run(*arguments)


def test_a_double_is_rounded_by_the_host():
    """So that a chip without f64 multiplies by it."""
    body = "%s = arith.truncf %k : f64 to f32 %t = arith.mulf %a, %s : f32"
    text = (
        "func.func @main(%x: tensor<?xf32>, %k: f64) -> tensor<?xf32> {"
        " %c0 = arith.constant 0 : index %d = tensor.dim %x, %c0 : tensor<?xf32>"
        f"{mapped('r', 'x', '%d', body)} return %r : tensor<?xf32> }}"
    )
    x = np.arange(7, dtype=np.float32)
    np.testing.assert_array_equal(loaded(text, "vulkan")(x, 0.1), x * np.float32(0.1))
    kernels = clawc.compile(MAPS + text, "host").kernels
    assert len(kernels) == 1


# What the host computes
def test_arithmetic_of_the_host():
    run = loaded("""
func.func @main(%a: i64, %b: i64, %f: f64) -> (i64, i64, i64, f32, i1, i8, index) {
  %q = arith.remsi %a, %b : i64
  %d = arith.floordivsi %a, %b : i64
  %m = index.constant 3
  %g = math.floor %f : f64
  %h = arith.fptosi %g : f64 to i64
  %t = arith.truncf %f : f64 to f32
  %s = math.sqrt %t : f32
  %c = arith.cmpf ult, %f, %g : f64
  %w = arith.trunci %a : i64 to i8
  %e = arith.extui %w : i8 to i64
  %x = index.castu %e : i64 to index
  %y = index.mul %x, %m
  return %q, %d, %h, %s, %c, %w, %y : i64, i64, i64, f32, i1, i8, index
}""")
    expected = (-1, -3, 2, np.sqrt(np.float32(2.7)), False, -5, 251 * 3)
    assert run(-5, 2, 2.7) == expected
    assert np.isnan(run(7, -2, np.nan)[3]) and run(7, -2, np.nan)[4]
    assert run(-(1 << 63), -1, 1.0)[1] == -(1 << 63)
    assert run(5, 0, 1.0)[:2] == (0, 0)


def test_a_dimension_by_a_computed_number():
    run = loaded("""
func.func @main(%x: tensor<?x7x?xf32>, %n: index) -> index {
  %d = tensor.dim %x, %n : tensor<?x7x?xf32>
  return %d : index
}""")
    x = np.zeros((2, 7, 5), np.float32)
    assert [run(x, n) for n in range(3)] == [2, 7, 5]
    for n in (3, -1):
        with pytest.raises(CheckFailed, match="asked for of a tensor of rank 3"):
            run(x, n)


# Reads
COUNTED = f"""
func.func @main(%x: tensor<?xi64>, %y: tensor<4xf32>, %k: index) -> (tensor<?xf32>, i64, f32) {{
  {summed("s", "x")}
  %n = tensor.extract %s[] : tensor<i64>
  %i = arith.index_cast %n : i64 to index
  %f = arith.sitofp %n : i64 to f32
  %c = tensor.extract %y[%k] : tensor<4xf32>
  %p = arith.mulf %c, %f : f32
  %e = tensor.empty(%i) : tensor<?xf32>
  %r = linalg.fill ins(%p : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %r, %n, %c : tensor<?xf32>, i64, f32
}}"""


@pytest.mark.parametrize("name", DEVICES)
def test_sizes_and_results_that_are_read(name):
    run = loaded(COUNTED, name)
    y = np.array([0.5, 1.5, 2.5, 3.5], np.float32)
    for x in ([3, 4, -2], [0], []):
        n = sum(x)
        filled, count, element = run(np.array(x, np.int64), y, 2)
        np.testing.assert_array_equal(filled, np.full(n, 2.5 * n, np.float32))
        assert (count, element) == (n, 2.5)
    with pytest.raises(CheckFailed, match="a tensor's size is -3"):
        run(np.array([-3], np.int64), y, 2)
    assert [run(np.array([1], np.int64), y, k)[2] for k in (4, -1)] == [3.5, 0.5]  # the nearest


@pytest.mark.parametrize("dtype", ["i32", "i64", "index"])
def test_reshapes_by_a_tensor_of_sizes(dtype):
    text = """
func.func @main(%x: tensor<?xf32>, %s: tensor<2xT>) -> (tensor<?x?xf32>, tensor<2x?xf32>) {
  %r = tensor.reshape %x(%s) : (tensor<?xf32>, tensor<2xT>) -> tensor<?x?xf32>
  %t = tensor.reshape %x(%s) : (tensor<?xf32>, tensor<2xT>) -> tensor<2x?xf32>
  return %r, %t : tensor<?x?xf32>, tensor<2x?xf32>
}"""
    if dtype == "index":  # no argument's type
        made = "%m = arith.constant 2 : index %s = tensor.from_elements %m, %n : tensor<2xindex>"
        text = text.replace("%s: tensor<2xT>", "%n: index").replace("{\n", f"{{\n  {made}\n", 1)
    run = loaded(text.replace("T", dtype))
    x = np.arange(6, dtype=np.float32)

    def sizes(*given: int):
        return given[1] if dtype == "index" else np.array(given, f"int{dtype[1:]}")

    for found in run(x, sizes(2, 3)):
        np.testing.assert_array_equal(found, x.reshape(2, 3))
    for wrong in ((2, 4), (-2, -3)):
        with pytest.raises(CheckFailed, match="reshaped to another number of elements"):
            run(x, sizes(*wrong))


def test_reshapes_by_constants():
    run = loaded("""
func.func @main(%x: tensor<?xf32>) -> (tensor<3x2xf32>, tensor<?x1xf32>) {
  %s = arith.constant dense<[3, 2]> : tensor<2xi32>
  %t = arith.constant dense<[6, 1]> : tensor<2xi64>
  %r = tensor.reshape %x(%s) : (tensor<?xf32>, tensor<2xi32>) -> tensor<3x2xf32>
  %u = tensor.reshape %x(%t) : (tensor<?xf32>, tensor<2xi64>) -> tensor<?x1xf32>
  return %r, %u : tensor<3x2xf32>, tensor<?x1xf32>
}""")
    x = np.arange(6, dtype=np.float32)
    for found, shape in zip(run(x), ((3, 2), (6, 1)), strict=True):
        np.testing.assert_array_equal(found, x.reshape(shape))


# Results that no kernel makes
@pytest.mark.parametrize("name", ("host", "opencl", "vulkan", "emulator:sm_80"))
def test_results_that_are_constants_or_arguments(name):
    run = loaded(
        """
func.func @main(%x: tensor<2x3xf32>, %k: i64)
    -> (tensor<2xf32>, tensor<2xf32>, tensor<6xf32>, tensor<i64>, tensor<3xi1>, tensor<2x3xf32>) {
  %c = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %s = tensor.extract_slice %c[1] [2] [1] : tensor<3xf32> to tensor<2xf32>
  %p = arith.constant dense<[4.0, 5.0]> : tensor<2xf32>
  %v = tensor.collapse_shape %x [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  %t = tensor.from_elements %k : tensor<i64>
  %b = arith.constant dense<true> : tensor<3xi1>
  %d = arith.addf %x, %x : tensor<2x3xf32>
  return %s, %p, %v, %t, %b, %d : tensor<2xf32>, tensor<2xf32>, tensor<6xf32>, tensor<i64>,
    tensor<3xi1>, tensor<2x3xf32>
}""",
        name,
    )
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    expected = ([2, 3], [4, 5], x.reshape(6), 1 << 40, [True] * 3, 2 * x)
    for _ in range(2):
        for found, want in zip(run(x, 1 << 40), expected, strict=True):
            np.testing.assert_array_equal(found, want)
            found[...] = 0  # the caller's own
    np.testing.assert_array_equal(x.ravel(), range(6))


# Loops and branches
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


# Variables
COUNTER = """
ml_program.global private mutable @state(dense<[1, 2]> : tensor<2xi64>) : tensor<2xi64>
ml_program.global private mutable @calls(0 : i32) : i32
func.func @main(%x: tensor<2xi64>) -> (tensor<2xi64>, i32) {
  %one = arith.constant 1 : i32
  %s = ml_program.global_load @state : tensor<2xi64>
  %n = arith.addi %s, %x : tensor<2xi64>
  ml_program.global_store @state = %n : tensor<2xi64>
  %c = ml_program.global_load @calls : i32
  %c1 = arith.addi %c, %one : i32
  ml_program.global_store @calls = %c1 : i32
  return %s, %c1 : tensor<2xi64>, i32
}
func.func @keep(%x: tensor<2xi64>) -> tensor<2xi64> {
  %s = ml_program.global_load @state : tensor<2xi64>
  ml_program.global_store @state = %x : tensor<2xi64>
  return %s : tensor<2xi64>
}"""


@pytest.mark.parametrize("name", DEVICES)
def test_variables_are_kept_between_calls(name):
    run = loaded(COUNTER, name)
    x = np.array([10, 20], np.int64)
    for call in range(3):
        before, calls = run(x)
        np.testing.assert_array_equal(before, [1 + 10 * call, 2 + 20 * call])
        assert calls == call + 1
        before[:] = 0  # the caller's own
    other = loaded(COUNTER, name)  # with variables of its own
    np.testing.assert_array_equal(other(x)[0], [1, 2])


def test_a_variable_keeps_a_copy_of_an_argument():
    run = loaded(COUNTER, entry="keep")
    memory = run.device.alloc(16).memory.view(np.int64)  # aligned: the device reads it in place
    memory[:] = (5, 6)
    np.testing.assert_array_equal(run(memory), [1, 2])
    memory[:] = 0
    np.testing.assert_array_equal(run(np.zeros(2, np.int64)), [5, 6])


def test_calls_that_change_variables_take_turns():
    run = loaded(COUNTER)
    x = np.ones(2, np.int64)
    seen: list[int] = []

    def work() -> None:
        for _ in range(25):
            seen.append(int(run(x)[1]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 101))
    np.testing.assert_array_equal(run(x)[0], [101, 102])


# Names
@pytest.mark.parametrize("name", ("host", "opencl", "vulkan", "emulator:sm_80", "emulator:gfx942"))
def test_names_that_collide_or_are_no_identifiers(name):
    functions = ("main", "main_map_0", "kernels", "a b.c", "main_map_0_1", "x\\22y", "5", "é")
    text = "\n".join(
        f'func.func @"{f}"(%x: tensor<3xf32>) -> tensor<3xf32> {{ '
        f"%c = arith.constant dense<[1.0, 2.0, {i}.0]> : tensor<3xf32> "
        f"%0 = arith.addf %x, %c : tensor<3xf32> return %0 : tensor<3xf32> }}"
        for i, f in enumerate(functions)
    )
    device(name)
    artifact = clawc.compile(text, target=chip(name).spec)
    artifact = type(artifact).from_bytes(artifact.to_bytes())
    x = np.zeros(3, np.float32)
    for i, function in enumerate(functions):
        run = clawc.load(artifact, name, function.replace("\\22", '"'))
        np.testing.assert_array_equal(run(x), [1, 2, i])
