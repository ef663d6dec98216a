"""Control flow, shared memory, vectors and grids in SPIR-V kernels, run by OpenCL and Vulkan."""

from __future__ import annotations

import numpy as np
import pytest
from spirv_kernels import CHIPS, DTYPES, SHARED, Program, kernel, module

from clawc.chips.known import find

every_chip = pytest.mark.parametrize("chip", CHIPS)
RNG = np.random.default_rng(1)


def shared(name: str, count: int, type_: str) -> str:
    memory = f"memref<{count}x{type_}, {SHARED}>"
    return f'memref.global "private" @{name} : {memory} {{alignment = 16}}'


@pytest.mark.parametrize("type_", DTYPES)
@every_chip
def test_reverse_through_shared_memory(chip: str, type_: str) -> None:
    memory = f"memref<64x{type_}, {SHARED}>"
    body = f"""
    %s = memref.get_global @s : {memory}
    %v = memref.load %x[%i] : memref<?x{type_}>
    memref.store %v, %s[%t] : {memory}
    gpu.barrier
    %last = arith.constant 63 : index
    %j = arith.subi %last, %t : index
    %again = memref.get_global @s : {memory}
    %w = memref.load %again[%j] : {memory}
    memref.store %w, %o[%i] : memref<?x{type_}>"""
    buffers = f"%x: memref<?x{type_}>, %o: memref<?x{type_}>"
    program = Program(module(shared("s", 64, type_), kernel("k", buffers, body)), chip)
    x = (RNG.standard_normal((5, 64)) * 50).astype(DTYPES[type_])
    out = program("k", [x, np.zeros_like(x)], grid=5)[1]
    np.testing.assert_array_equal(out, x[:, ::-1])
    assert program.emitted.facts["k"]["shared"] == 64 * DTYPES[type_].itemsize


@pytest.mark.parametrize("width", (1, 2, 4, 8, 16))
@pytest.mark.parametrize("type_", ("f32", "bf16", "i8"))
@every_chip
def test_vector_operations(chip: str, type_: str, width: int) -> None:
    if width > find(chip).vector_width:
        pytest.skip("longer than this chip's vectors")
    half, permutation = max(width // 2, 1), RNG.permutation(width).tolist()
    vector, part = f"vector<{width}x{type_}>", f"vector<{half}x{type_}>"
    extracts = "\n".join(
        f"%e{k} = vector.extract %v[{width - 1 - k}] : {type_} from {vector}" for k in range(width)
    )
    elements = ", ".join(f"%e{k}" for k in range(width))
    bytes_ = DTYPES[type_].itemsize
    body = f"""
    %width = arith.constant {width} : index
    %at = arith.muli %i, %width : index
    %v = vector.load %x[%at] {{alignment = {bytes_} : i64}} : memref<?x{type_}>, {vector}
    {extracts}
    %r = vector.from_elements {elements} : {vector}
    vector.store %r, %reversed[%at] : memref<?x{type_}>, {vector}
    %b = vector.broadcast %e0 : {type_} to {vector}
    %p = vector.shuffle %v, %b {permutation} : {vector}, {vector}
    vector.store %p, %permuted[%at] : memref<?x{type_}>, {vector}
    %h = vector.extract_strided_slice %v
        {{offsets = [{width - half}], sizes = [{half}], strides = [1]}} : {vector} to {part}
    %w = vector.insert_strided_slice %h, %b {{offsets = [0], strides = [1]}} : {part} into {vector}
    vector.store %w, %moved[%at] : memref<?x{type_}>, {vector}
    %which = arith.remui %t, %width : index
    %d = vector.extract %v[%which] : {type_} from {vector}
    memref.store %d, %dynamic[%i] : memref<?x{type_}>"""
    names = ("x", "reversed", "permuted", "moved", "dynamic")
    buffers = ", ".join(f"%{name}: memref<?x{type_}>" for name in names)
    program = Program(module(kernel("k", buffers, body)), chip)
    x = (RNG.standard_normal((64, width)) * 20).astype(DTYPES[type_])
    outputs = [np.zeros_like(x)] * 3 + [np.zeros(64, x.dtype)]
    _, backward, permuted, moved, dynamic = program("k", [x, *outputs])
    np.testing.assert_array_equal(backward, x[:, ::-1])
    np.testing.assert_array_equal(permuted, x[:, permutation])
    np.testing.assert_array_equal(moved[:, :half], x[:, width - half :])
    np.testing.assert_array_equal(moved[:, half:], np.repeat(x[:, -1:], width - half, 1))
    np.testing.assert_array_equal(dynamic, x[np.arange(64), np.arange(64) % width])


@every_chip
def test_nested_loops_with_many_results(chip: str) -> None:
    """Loops that run no time, values that are exchanged, a boolean that is carried."""
    body = """
    %n32 = memref.load %x[%i] : memref<?xi32>
    %n = arith.index_cast %n32 : i32 to index
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    %true = arith.constant true
    %r:4 = scf.for %k = %c0 to %n step %c1
        iter_args(%a = %zero, %q = %one, %flag = %true, %w = %i) -> (i32, i32, i1, index) {
      %kk = arith.index_cast %k : index to i32
      %s:2 = scf.for %l = %k to %n step %c1 iter_args(%e = %a, %f = %q) -> (i32, i32) {
        %g = arith.addi %e, %kk : i32
        scf.yield %g, %e : i32, i32
      }
      %other = arith.xori %flag, %true : i1
      %h = scf.if %other -> (i32) {
        scf.yield %s#0 : i32
      } else {
        %u = arith.addi %s#1, %one : i32
        scf.yield %u : i32
      }
      scf.yield %h, %s#0, %other, %k : i32, i32, i1, index
    }
    %flag = arith.extui %r#2 : i1 to i32
    %w = arith.index_cast %r#3 : index to i32
    %first = arith.addi %r#0, %flag : i32
    %second = arith.addi %r#1, %w : i32
    memref.store %first, %o[%i] : memref<?xi32>
    memref.store %second, %p[%i] : memref<?xi32>"""
    buffers = "%x: memref<?xi32>, %o: memref<?xi32>, %p: memref<?xi32>"
    x = RNG.integers(0, 9, 64, dtype=np.int32)
    wanted = []
    for i, n in enumerate(x.tolist()):
        a, q, flag, w = 0, 1, True, i
        for k in range(n):
            e, f = a, q
            for _ in range(k, n):
                e, f = e + k, e
            flag = not flag
            a, q, w = e if flag else f + 1, e, k
        wanted.append((a + flag, q + w))
    _, first, second = Program(module(kernel("k", buffers, body)), chip)("k", [x, x * 0, x * 0])
    np.testing.assert_array_equal(np.stack([first, second], 1), wanted)


@every_chip
def test_while(chip: str) -> None:
    body = """
    %v = memref.load %x[%i] : memref<?xi32>
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    %two = arith.constant 2 : i32
    %three = arith.constant 3 : i32
    %r:2 = scf.while (%a = %v, %n = %zero) : (i32, i32) -> (i32, i32) {
      %more = arith.cmpi ne, %a, %one : i32
      %next = arith.addi %n, %one : i32
      scf.condition(%more) %next, %a : i32, i32
    } do {
    ^bb0(%n: i32, %a: i32):
      %rest = arith.remui %a, %two : i32
      %odd = arith.cmpi eq, %rest, %one : i32
      %next = scf.if %odd -> (i32) {
        %p = arith.muli %a, %three : i32
        %q = arith.addi %p, %one : i32
        scf.yield %q : i32
      } else {
        %h = arith.divui %a, %two : i32
        scf.yield %h : i32
      }
      scf.yield %next, %n : i32, i32
    }
    memref.store %r#0, %o[%i] : memref<?xi32>"""
    x = RNG.integers(1, 1000, 64, dtype=np.int32)
    program = Program(module(kernel("k", "%x: memref<?xi32>, %o: memref<?xi32>", body)), chip)

    def steps(a: int) -> int:
        return 1 if a == 1 else 1 + steps(3 * a + 1 if a % 2 else a // 2)

    out = program("k", [x, x * 0])[1]
    np.testing.assert_array_equal(out, [steps(a) for a in x.tolist()])


@every_chip
def test_reduction_with_barriers_in_a_loop(chip: str) -> None:
    """Rows shorter and longer than a workgroup: some threads' loops run no time."""
    memory = f"memref<64xf32, {SHARED}>"
    body = f"""
    %s = memref.get_global @s : {memory}
    %zero = arith.constant 0.0 : f32
    %base = arith.muli %block, %n : index
    %sum = scf.for %k = %t to %n step %threads iter_args(%a = %zero) -> (f32) {{
      %j = arith.addi %base, %k : index
      %v = memref.load %x[%j] : memref<?xf32>
      %q = arith.addf %a, %v : f32
      scf.yield %q : f32
    }}
    memref.store %sum, %s[%t] : {memory}
    %c32 = arith.constant 32 : index
    %c2 = arith.constant 2 : index
    %last = scf.while (%reach = %c32) : (index) -> index {{
      gpu.barrier
      %more = arith.cmpi ugt, %reach, %c0 : index
      scf.condition(%more) %reach : index
    }} do {{
    ^bb0(%reach: index):
      %active = arith.cmpi ult, %t, %reach : index
      scf.if %active {{
        %j = arith.addi %t, %reach : index
        %p = memref.load %s[%j] : {memory}
        %q = memref.load %s[%t] : {memory}
        %r = arith.addf %p, %q : f32
        memref.store %r, %s[%t] : {memory}
      }}
      %next = arith.divui %reach, %c2 : index
      scf.yield %next : index
    }}
    %first = arith.cmpi eq, %t, %c0 : index
    scf.if %first {{
      %r = memref.load %s[%c0] : {memory}
      memref.store %r, %o[%block] : memref<?xf32>
    }}"""
    text = kernel("k", "%x: memref<?xf32>, %o: memref<?xf32>, %n: index", body)
    program = Program(module(shared("s", 64, "f32"), text), chip)
    for length in (7, 300):
        x = RNG.standard_normal((7, length)).astype(np.float32)
        out = program("k", [x, np.zeros(7, np.float32)], [length], 7)[1]
        np.testing.assert_allclose(out, x.sum(1), rtol=1e-5, atol=1e-4)


@every_chip
def test_more_workgroups_than_a_row(chip: str) -> None:
    """65535 is the most that Vulkan's x takes; workgroups past the last one must do nothing."""
    count = 70001
    body = """
    %v = arith.index_cast %i : index to i32
    memref.store %v, %o[%i] : memref<?xi32>"""
    program = Program(module(kernel("k", "%o: memref<?xi32>", body, 1)), chip)
    out = program("k", [np.zeros(2 * count, np.int32)], grid=count, threads=1)[0]
    np.testing.assert_array_equal(out[:count], np.arange(count))
    assert not out[count:].any()


@every_chip
def test_bf16_carried_by_a_loop(chip: str) -> None:
    body = """
    %zero = arith.constant 0.0 : bf16
    %c4 = arith.constant 4 : index
    %at = arith.muli %i, %c4 : index
    %r = scf.for %k = %c0 to %c4 step %c1 iter_args(%a = %zero) -> (bf16) {
      %j = arith.addi %at, %k : index
      %v = memref.load %x[%j] : memref<?xbf16>
      %e = arith.extf %v : bf16 to f32
      %f = arith.extf %a : bf16 to f32
      %s = arith.addf %e, %f : f32
      %q = arith.truncf %s : f32 to bf16
      scf.yield %q : bf16
    }
    memref.store %r, %o[%i] : memref<?xbf16>"""
    program = Program(module(kernel("k", "%x: memref<?xbf16>, %o: memref<?xbf16>", body)), chip)
    x = RNG.standard_normal((64, 4)).astype(DTYPES["bf16"])
    wanted = np.zeros(64, x.dtype)
    for k in range(4):
        wanted = (wanted.astype(np.float32) + x[:, k].astype(np.float32)).astype(x.dtype)
    out = program("k", [x, np.zeros_like(wanted)])[1]
    np.testing.assert_array_equal(out, wanted)


@every_chip
def test_as_many_scalars_as_push_constants_hold(chip: str) -> None:
    scalars = ", ".join(f"%s{i}: index" for i in range(31))
    body = "\n".join(
        f"""%k{i} = arith.constant {i} : index
        %v{i} = arith.index_cast %s{i} : index to i32
        memref.store %v{i}, %o[%k{i}] : memref<?xi32>"""
        for i in range(31)
    )
    program = Program(module(kernel("k", f"%o: memref<?xi32>, {scalars}", body, 1)), chip)
    out = program("k", [np.zeros(31, np.int32)], range(100, 131), threads=1)[0]
    np.testing.assert_array_equal(out, np.arange(100, 131))
