"""Elements of tables by computed indices: embeddings, gathers, slices, in every form they are read.

Covers: passes/form_kernels/tables.py, passes/vectorize/gather.py, passes/distribute/gather.py.
"""

import numpy as np
import pytest
from harness import run, tensor

import clawc
from clawc.runtime.errors import CheckFailed

SM = "emulator:sm_80"
DEVICES = ("host", "opencl", "vulkan", SM, "emulator:gfx942")
NUMPY = {"f32": np.float32, "f16": np.float16, "i1": np.bool_, "i32": np.int32, "i64": np.int64}


def elements(shape, reads, inputs, result, dynamic=False, body="", value="%v"):
    """A map over `shape`: `inputs` are (name, element type, shape, dimensions that it has; None: it
    is a table), `reads` the lines of the body that come first."""
    loops = [f"d{i}" for i in range(len(shape))]
    source, sizes = [], []
    for name, element, own, dims in inputs:
        source.append((name, tensor(element, own, dynamic), element, dims))
    lines, known = [], {}
    for name, type_, _, dims in source:
        for place, dim in enumerate(dims or ()):
            known.setdefault(dim, (name, type_, place))
    out = tensor(result, shape, dynamic)
    if dynamic:
        for dim in range(len(shape)):
            name, type_, place = known[dim]
            lines.append(f"  %k{dim} = arith.constant {place} : index")
            lines.append(f"  %n{dim} = tensor.dim {name}, %k{dim} : {type_}")
            sizes.append(f"%n{dim}")
    tiled = [s for s in source if s[3] is not None]
    names = ", ".join(s[0] for s in tiled)
    types = ", ".join(s[1] for s in tiled)
    maps = [[loops[d] for d in s[3]] for s in tiled] + [loops]
    maps = ", ".join(f"affine_map<({', '.join(loops)}) -> ({', '.join(m)})>" for m in maps)
    ins = f"ins({names} : {types}) " if tiled else ""
    arguments = ", ".join(f"{n}: {t}" for n, t, _, _ in source)
    given = "".join(f"{n}_in: {e}, " for n, _, e, _ in tiled)
    kinds = ", ".join(['"parallel"'] * len(shape))
    return f"""func.func @main({arguments}) -> {out} {{
{chr(10).join(lines)}
  %e = tensor.empty({", ".join(sizes)}) : {out}
  %r = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}}
      {ins}outs(%e : {out}) {{
  ^bb0({given}%o: {result}):
{reads}{body}
    linalg.yield {value} : {result}
  }} -> {out}
  return %r : {out}
}}
"""


def row(table, index="i64"):
    """%v, of a row of %x and a column."""
    return f"""    %p = arith.index_cast %i_in : {index} to index
    %j = linalg.index 1 : index
    %v = tensor.extract %x[%p, %j] : {table}
"""


def indices(count, rows, dtype="i64"):
    """Some of them out of range, on both sides."""
    return np.random.default_rng(0).integers(-3, rows + 3, count).astype(NUMPY[dtype])


@pytest.mark.parametrize(
    ("rows", "width", "count", "element", "index"),
    [
        (50, 384, 9, "f32", "i64"),
        (7, 33, 5, "f16", "i32"),
        (5, 1, 4, "i1", "i64"),
        (4, 8, 1, "i64", "i32"),
        (1, 20, 40, "f32", "i64"),
        (3, 4, 0, "f32", "i64"),
        (3, 0, 4, "f32", "i64"),
    ],
)
@pytest.mark.parametrize(
    ("device", "dynamic"), [("host", True), ("host", False), (SM, True), ("vulkan", False)]
)
def test_rows(device, rows, width, count, element, index, dynamic):
    """An embedding: whole rows."""
    x = (np.arange(rows * width).reshape(rows, width) % 7).astype(NUMPY[element])
    at, table = indices(count, rows, index), tensor(element, (rows, width), dynamic)
    inputs = [("%x", element, x.shape, None), ("%i", index, at.shape, [0])]
    if dynamic:
        inputs.append(("%w", "f32", (width,), [1]))  # says how wide the result is
    text = elements((count, width), row(table, index), inputs, element, dynamic)
    given = [x, at, *([np.zeros(width, np.float32)] if dynamic else [])]
    (got,) = run(text, given, device)
    np.testing.assert_array_equal(got, x[np.clip(at, 0, rows - 1)])


RNG = np.random.default_rng(1)
TABLE = RNG.standard_normal((21, 37)).astype(np.float32)
PLACES = RNG.integers(-2, 23, (21, 37))
INSIDE = np.clip(PLACES, 0, 20)
MASK = RNG.random((21, 37)) < 0.5
CAST = "    %p = arith.index_cast %i_in : i64 to index\n"
OWN = "    %h = linalg.index 0 : index\n    %j = linalg.index 1 : index\n"
AT = "    %v = tensor.extract %x[{}] : tensor<21x37xf32>\n"


def case(reads, result, *inputs, shape=(21, 37), body="", value="%v"):
    """Beside the table %x: each of `inputs` is an array and the dimensions that it has."""
    named = [("%x", "f32", TABLE.shape, None)]
    for name, (array, dims) in zip(("%i", "%m"), inputs, strict=False):
        element = next(e for e, t in NUMPY.items() if t == array.dtype.type)
        named.append((name, element, array.shape, dims))
    text = elements(shape, reads, named, "f32", body=body, value=value)
    return text, [TABLE, *(array for array, _ in inputs)], result


CASES = {
    "along the last dimension": case(
        CAST + OWN + AT.format("%h, %p"),
        np.take_along_axis(TABLE, np.clip(PLACES, 0, 36), 1),
        (PLACES, (0, 1)),
    ),
    "along the first": case(
        CAST + OWN + AT.format("%p, %j"), np.take_along_axis(TABLE, INSIDE, 0), (PLACES, (0, 1))
    ),
    "rows that become columns": case(
        CAST + OWN + AT.format("%p, %h"),
        TABLE[INSIDE[:, 3]].T,
        (PLACES[:, 3].copy(), (1,)),
        shape=(37, 21),
    ),
    "indices across threads": case(
        CAST + OWN + AT.format("%p, %h"),
        TABLE[INSIDE.T, np.arange(37)[:, None]],
        (PLACES, (1, 0)),
        shape=(37, 21),
    ),
    "parts of rows": case(
        "    %c5 = arith.constant 5 : index\n"
        + CAST
        + OWN
        + "    %k = arith.addi %j, %c5 : index\n"
        + AT.format("%p, %k"),
        TABLE[INSIDE[:, 0], 5:],
        (PLACES[:, 0].copy(), (0,)),
        shape=(21, 32),
    ),
    "backwards": case(
        "    %c20 = arith.constant 20 : index\n"
        + OWN
        + "    %k = arith.subi %c20, %h : index\n"
        + AT.format("%k, %j"),
        TABLE[::-1],
    ),
    "one element": case(
        "    %c3 = arith.constant 3 : index\n    %c7 = arith.constant 7 : index\n"
        + AT.format("%c3, %c7"),
        np.full((21, 37), TABLE[3, 7]),
    ),
    "twice, under a mask": case(
        CAST
        + OWN
        + AT.format("%p, %j")
        + """    %n = arith.fptosi %v : f32 to i32
    %q = arith.index_cast %n : i32 to index
    %u = tensor.extract %x[%q, %q] : tensor<21x37xf32>
    %zero = arith.constant 0.0 : f32
    %w = arith.select %m_in, %u, %zero : f32
""",
        np.where(
            MASK, TABLE[(np.clip(TABLE[INSIDE[:, :1], np.arange(37)].astype(int), 0, 20),) * 2], 0
        ),
        (PLACES[:, 0].copy(), (0,)),
        (MASK, (0, 1)),
        value="%w",
    ),
}


EVERYWHERE = ("indices across threads", "twice, under a mask")


@pytest.mark.parametrize(
    ("name", "device"),
    [
        *((name, d) for name in CASES if name not in EVERYWHERE for d in ("host", SM)),
        *((n, d) for n in EVERYWHERE for d in DEVICES),
    ],
)
def test_forms(name, device):
    text, given, expected = CASES[name]
    (got,) = run(text, given, device)
    np.testing.assert_array_equal(got, expected)
    if device == SM:
        kernels = clawc.compile(text, target="nvptx:sm_80").images[0].kernels
        assert {facts["lane"] for facts in kernels.values()} == {"vector"}


CHAIN = """#id = affine_map<(i) -> (i)>
func.func @main(%x: tensor<?xf32>, %i: tensor<?xi64>) -> (tensor<?xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %y = math.absf %x : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %g = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%i : tensor<?xi64>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: i64, %o: f32):
    %p = arith.index_cast %a : i64 to index
    %v = tensor.extract %y[%p] : tensor<?xf32>
    linalg.yield %v : f32
  } -> tensor<?xf32>
  %s = arith.addf %g, %y : tensor<?xf32>
  %z = math.absf %s : tensor<?xf32>
  %t = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%i, %z : tensor<?xi64>, tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: i64, %b: f32, %o: f32):
    %p = arith.index_cast %a : i64 to index
    %v = tensor.extract %z[%p] : tensor<?xf32>
    %w = arith.subf %v, %b : f32
    linalg.yield %w : f32
  } -> tensor<?xf32>
  return %s, %t : tensor<?xf32>, tensor<?xf32>
}
"""


@pytest.mark.parametrize("device", ["host", "vulkan", SM])
def test_of_what_was_just_made(device):
    """The table, of which a part is added too, is complete before elements of it are read."""
    for n in (0, 1, 3000):
        x = np.random.default_rng(n).standard_normal(n).astype(np.float32)
        at = (np.arange(n) * 7 + 5) % max(n, 1)
        found, difference = run(CHAIN, [x, at], device)
        expected = np.abs(x) + np.abs(x)[at]
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(difference, expected[at] - expected)


@pytest.mark.parametrize("device", ["host", "vulkan"])
def test_a_table_without_elements(device):
    with pytest.raises(CheckFailed, match="reads an element of a tensor that has none"):
        table = tensor("f32", (0, 4), True)
        inputs = [("%x", "f32", (0, 4), None), ("%i", "i64", (2,), [0]), ("%w", "f32", (4,), [1])]
        text = elements((2, 4), row(table), inputs, "f32", dynamic=True)
        none, at = np.zeros((0, 4), np.float32), np.zeros(2, np.int64)
        run(text, [none, at, np.zeros(4, np.float32)], device)
