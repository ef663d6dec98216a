"""The report's estimates against what the emulators count.

At sizes that tiles divide they are equal, unless a case says what may be less and why; at others
they count whole tiles, so that they are more by no more than the tiles are larger than the data.
"""

from dataclasses import dataclass, field
from math import prod

import numpy as np
import pytest
from harness import EMULATORS, chip, single, tensor, values

import clawc
from clawc.compiler.estimates import run_estimates
from clawc.emulators.device import EmulatedDevice
from clawc.emulators.interface import Options
from clawc.runtime.executable import load

CHIPS = EMULATORS
# What LLVM makes of a kernel may take less than the kernel says:
SUNK = "a load is moved into the branch that alone uses its result"
MERGED = "neighbouring loads of a thread become one"
UNIFORM = "AMD reads an address that all lanes share once for the wave"
DEAD = "matrix products whose results the mask drops whatever the data are not computed"
PADDED = "elements of the padding are not read"
DATA = "addresses that depend on data tell no transactions"


@dataclass(frozen=True)
class Case:
    """An operation, the types of its arguments and result as functions of sizes, sizes that its
    tiles divide, and sizes that they do not."""

    op: str
    arguments: tuple[tuple[str, str], ...]  # (element type, sizes by letter)
    result: tuple[str, str]
    whole: dict[str, int]
    odd: dict[str, int]
    attributes: str = ""
    less: dict[str, str] = field(default_factory=dict)  # kind -> why
    loops: str = ""  # the dimensions of the one kernel's tile

    def program(self, sizes, dynamic: bool) -> str:
        types = [tensor(dtype, [sizes[d] for d in dims], dynamic) for dtype, dims in self.arguments]
        dtype, dims = self.result
        result = tensor(dtype, [sizes[d] for d in dims], dynamic)
        return single(self.op, types, result, self.attributes)


def matmul(op: str, dtype: str, dims: str) -> Case:
    batch = dims.removesuffix("mn")
    sizes = {"b": 2, "m": 128, "n": 128, "k": 64}
    odd = {"b": 3, "m": 77, "n": 70, "k": 45}
    arguments = ((dtype, f"{batch}mk"), (dtype, f"{batch}kn"))
    return Case(op, arguments, ("f32", dims), sizes, odd, loops=f"{dims}k")


ROWS, ODD_ROWS = {"m": 64, "n": 1024}, {"m": 61, "n": 243}
MAP = ({"m": 64, "n": 256}, {"m": 61, "n": 243})
SINKS = {"shared read": SUNK, "shared read transactions": SUNK}
CASES = {
    "add": Case(
        *("binary", (("f32", "mn"), ("f32", "mn")), ("f32", "mn"), *MAP, '{kind = "add"}'),
        loops="mn",
    ),
    "cast": Case("cast", (("f32", "mn"),), ("f16", "mn"), *MAP, loops="mn"),
    "transpose": Case(
        *("transpose", (("f32", "mn"),), ("f32", "nm"), *MAP, "{permutation = array<i64: 1, 0>}"),
        loops="nm",
    ),
    "softmax": Case(
        *("softmax", (("f32", "mn"),), ("f32", "mn"), ROWS, ODD_ROWS, "{axis = 1 : i64}"),
        loops="mn",
    ),
    "sum-rows": Case(
        *("reduce", (("f32", "mn"),), ("f32", "m"), ROWS, ODD_ROWS),
        *('{kind = "sum", axes = array<i64: 1>}', SINKS, "mn"),
    ),
    "sum-columns": Case(
        *("reduce", (("f32", "mn"),), ("f32", "n"), ROWS, ODD_ROWS),
        *('{kind = "sum", axes = array<i64: 0>}', SINKS, "nm"),
    ),
    "layer-norm": Case(
        *("layer_norm", (("f32", "mn"), ("f32", "n"), ("f32", "n")), ("f32", "mn")),
        *(ROWS, ODD_ROWS, "{eps = 1.0e-05 : f64}"),
        loops="mn",
    ),
    "matmul-f32": matmul("matmul", "f32", "mn"),
    "matmul-f16": matmul("matmul", "f16", "mn"),
    "batch-matmul-f16": matmul("batch_matmul", "f16", "bmn"),
}
STATIC_CASES = {
    "attention-f32": Case(
        *("attention", (("f32", "bhmd"),) * 3, ("f32", "bhmd")),
        *({"b": 1, "h": 4, "m": 64, "d": 32}, {"b": 1, "h": 3, "m": 50, "d": 20}, "{causal}"),
    ),
    "attention-f16": Case(
        *("attention", (("f16", "bhmd"),) * 3, ("f16", "bhmd")),
        *({"b": 1, "h": 4, "m": 64, "d": 32}, {"b": 1, "h": 3, "m": 50, "d": 24}, "{causal}"),
        {"matrix flop": DEAD},
    ),
    "conv2d": Case(
        *("conv2d", (("f32", "bcxx"), ("f32", "fcww")), ("f32", "bfxx")),
        *({"b": 1, "c": 3, "x": 16, "f": 16, "w": 3}, {"b": 1, "c": 3, "x": 9, "f": 5, "w": 3}),
        "{padding = array<i64: 1, 1>}",
        {"global read": f"{PADDED}; {UNIFORM}", "global write": PADDED},
    ),
    "pool2d": Case(
        *("pool2d", (("f32", "bcxx"),), ("f32", "bcyy")),
        *({"b": 1, "c": 4, "x": 16, "y": 8}, {"b": 1, "c": 3, "x": 10, "y": 5}),
        '{kind = "max", kernel = array<i64: 2, 2>}',
        {"global read transactions": MERGED},
    ),
}
BYTES = ("global read", "global write", "shared read", "shared write")


def measured(text: str, chip_name: str, arguments: tuple):
    """What a run counts, what was estimated, and the loaded program."""
    emulator = EmulatedDevice(chip_name, Options(count=True))
    artifact = clawc.compile(text, target=chip(f"emulator:{chip_name}").spec)
    run = load(artifact, emulator)
    inputs = [values(dtype, shape, seed=i) for i, (dtype, shape) in enumerate(arguments)]
    _, launches = run.profile(*inputs)
    counted = {}
    for kernel, counts in emulator.counts.items():
        counted[kernel] = dict(counts.memory_bytes) | {"matrix flop": counts.matrix_flop}
        for kind, number in counts.transactions.items():
            counted[kernel][f"{kind} transactions"] = number
        instructions = counts.thread_instructions
        pairs = 2 * instructions["f32x2 arithmetic"]
        counted[kernel]["arithmetic"] = instructions["f32 arithmetic"] + pairs
    return counted, run_estimates(run.image, launches), run


def of(case: Case, chip_name: str, sizes, dynamic: bool):
    arguments = tuple((dtype, tuple(sizes[d] for d in dims)) for dtype, dims in case.arguments)
    return measured(case.program(sizes, dynamic), chip_name, arguments)


PROGRAMS = [
    *((name, False) for name in CASES | STATIC_CASES),
    *((name, True) for name in CASES),
]
IDS = [f"{name}-{'dynamic' if dynamic else 'static'}" for name, dynamic in PROGRAMS]


@pytest.mark.parametrize("chip_name", CHIPS)
@pytest.mark.parametrize("program", PROGRAMS, ids=IDS)
def test_equal_where_tiles_divide(program, chip_name):
    name, dynamic = program
    case = (CASES | STATIC_CASES)[name]
    counted, estimated, *_ = of(case, chip_name, case.whole, dynamic)
    assert counted.keys() == estimated.keys()
    for kernel, counts in counted.items():
        for kind in {*BYTES, "matrix flop", *(f"{k} transactions" for k in BYTES)}:
            count, estimate = counts.get(kind, 0), estimated[kernel].get(kind, 0)
            if "transactions" in kind and name == "conv2d":
                continue  # windows start elsewhere in every round
            if kind in case.less:
                assert count <= estimate, (kernel, kind)
            else:
                assert count == estimate, (kernel, kind)


@pytest.mark.parametrize("chip_name", CHIPS)
@pytest.mark.parametrize("program", PROGRAMS, ids=IDS)
def test_bounded_elsewhere(program, chip_name):
    name, dynamic = program
    case = (CASES | STATIC_CASES)[name]
    counted, estimated, run = of(case, chip_name, case.odd, dynamic)
    for kernel, counts in counted.items():
        for kind in (*BYTES, "matrix flop"):
            count, estimate = counts.get(kind, 0), estimated[kernel].get(kind, 0)
            assert count <= estimate, (kernel, kind)
            if case.loops and kind not in case.less:
                assert estimate <= padding(case, run.image.kernels[kernel]) * count, (kernel, kind)


def padding(case: Case, facts) -> float:
    """By how much the tiles of a kernel are larger than the odd sizes."""
    tile = facts["schedule"]["tile"]
    sizes = [case.odd[d] for d in case.loops]
    if len(tile) == 1:
        sizes = [prod(sizes)]
    return prod(-(-n // t) * t / n for n, t in zip(sizes, tile, strict=True))


@pytest.mark.parametrize("chip_name", [c for c in CHIPS if c.startswith("sm_")])
@pytest.mark.parametrize("name, each", [("add", 1), ("matmul-f32", 2)])  # FLOP an instruction
def test_vector_operations(name, each, chip_name):
    """PTX has an instruction for each, or for two (f32x2), which its class tells from others."""
    case = CASES[name]
    counted, estimated, _ = of(case, chip_name, case.whole, dynamic=False)
    ((kernel, counts),) = counted.items()
    assert estimated[kernel]["flop"] == each * counts["arithmetic"]
    assert estimated[kernel]["flop"] == each * prod(case.whole[d] for d in case.loops)


@pytest.mark.parametrize("chip_name", CHIPS)
def test_a_gather(chip_name):
    """Bytes are known, though the addresses depend on data."""
    text = """#row = affine_map<(i, j) -> (i)>
#both = affine_map<(i, j) -> (i, j)>
func.func @main(%t: tensor<100x64xf32>, %k: tensor<32xi32>) -> tensor<32x64xf32> {
  %e = tensor.empty() : tensor<32x64xf32>
  %r = linalg.generic {indexing_maps = [#row, #both], iterator_types = ["parallel", "parallel"]}
      ins(%k : tensor<32xi32>) outs(%e : tensor<32x64xf32>) {
  ^bb0(%a: i32, %b: f32):
    %i = arith.index_cast %a : i32 to index
    %j = linalg.index 1 : index
    %v = tensor.extract %t[%i, %j] : tensor<100x64xf32>
    linalg.yield %v : f32
  } -> tensor<32x64xf32>
  return %r : tensor<32x64xf32>
}"""
    emulator = EmulatedDevice(chip_name, Options(count=True))
    run = load(clawc.compile(text, target=chip(f"emulator:{chip_name}").spec), emulator)
    inputs = [values("f32", (100, 64)), np.arange(32, dtype=np.int32) * 3]
    _, launches = run.profile(*inputs)
    ((kernel, counts),) = emulator.counts.items()
    estimated = run_estimates(run.image, launches)[kernel]
    assert counts.memory_bytes["global write"] == estimated["global write"] == 32 * 64 * 4
    loads = 32 * 64 // 4  # of four neighbours, and an index for each
    assert counts.memory_bytes["global read"] == estimated["global read"] == loads * (16 + 4)
    assert estimated["global read transactions"] is None
