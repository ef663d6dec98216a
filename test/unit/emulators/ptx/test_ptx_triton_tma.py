"""Triton's kernels with descriptors of tensors, for sm_90: copies of boxes, against NumPy."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

pytest.importorskip("triton", reason="Triton is not installed")
import triton_kernels as kernels  # noqa: E402
from ptx_runner import kinds  # noqa: E402
from triton_compile import TritonKernel, compiled  # noqa: E402
from triton_runner import bits, execute  # noqa: E402

from clawc.emulators.interface import WARP_ORDERS, Options, Outcome  # noqa: E402
from clawc.emulators.ptx.tensor_map import encode_tiled  # noqa: E402

TYPES = {"fp16": "f16", "fp32": "f32", "i32": "s32", "u32": "u32", "bf16": "bf16"}
TILE = 64


def descriptor(array: np.ndarray, which: int, meta: dict, type_: str) -> list[Any]:
    """What the host passes for an array of two dimensions: a map, sizes, and strides."""
    rows, columns = array.shape
    block = meta["block_size"][::-1]
    swizzle = 32 << meta["swizzle"] - 1 if meta["swizzle"] else 0

    def map_of(addresses: list[int]) -> bytes:
        dims, strides = [columns, rows], [columns * array.itemsize]
        return encode_tiled(addresses[which], TYPES[type_], dims, strides, block, swizzle=swizzle)

    return [map_of, rows, columns, columns, 1]


def operands(m: int, n: int, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Small integers, whose product is exact in f16."""
    rng = np.random.default_rng(m + n + k)
    a, b = (rng.integers(-2, 3, size).astype(np.float16) for size in ((m, k), (k, n)))
    return a, b, np.full((m, n), np.nan, np.float16)


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a.astype(np.float64) @ b.astype(np.float64)).astype(np.float16)


def described(stages: int = 3, specialize: bool = False) -> TritonKernel:
    types = " ".join([f"tensordesc<fp16[{TILE},{TILE}]>"] * 3 + ["i32", "i32"])
    how: Any = dict.fromkeys(("BLOCK_M", "BLOCK_N", "BLOCK_K"), TILE)
    how |= {"SPECIALIZE": specialize, "stages": stages}
    return compiled(kernels.described_matmul, types, "sm_90", **how)


def run_described(
    kernel: TritonKernel, arrays: tuple[np.ndarray, ...], order: Any = "lockstep"
) -> Outcome:
    a, b, c = arrays
    meta = kernel.metadata.tensordesc_meta
    each = [descriptor(x, i, meta[i], "fp16") for i, x in enumerate(arrays)]
    grid = -(-c.shape[0] // TILE) * -(-c.shape[1] // TILE)
    given = [*each[0], *each[1], *each[2], c.shape[1], a.shape[1]]
    return execute(kernel, grid, given, Options(order=order), indirect=arrays)


@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize("stages", [1, 2, 3, 4])
@pytest.mark.parametrize("sizes", [(64, 64, 256), (72, 88, 200), (1, 8, 8)])
def test_a_product_by_the_hosts_descriptors(sizes, stages, order):
    arrays = operands(*sizes)
    kernel = described(stages)
    assert "cp.async.bulk.tensor.2d" in kernel.code.decode()
    outcome = run_described(kernel, arrays, order)
    assert not outcome.findings, outcome.findings
    np.testing.assert_array_equal(arrays[2], product(*arrays[:2]))


@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize("sizes", [(64, 64, 512), (72, 88, 200), (1, 8, 8)])
def test_a_product_of_specialised_warps(sizes, order):
    """One warpgroup copies, two compute; mbarriers say what is full and what is empty."""
    arrays, kernel = operands(*sizes), described(specialize=True)
    assert "setmaxnreg" in kernel.code.decode() and kernel.threads == 384
    outcome = run_described(kernel, arrays, order)
    assert not outcome.findings, outcome.findings
    np.testing.assert_array_equal(arrays[2], product(*arrays[:2]))


@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize("specialize", [False, True])
@pytest.mark.parametrize("length", [64, 192])
def test_attention(length, specialize, order):
    types = " ".join([f"tensordesc<fp16[{TILE},{TILE}]>"] * 4 + ["i32", "fp32"])
    how: Any = {"DIM": TILE, "BLOCK_M": TILE, "BLOCK_N": TILE, "SPECIALIZE": specialize}
    kernel = compiled(kernels.described_attention, types, "sm_90", stages=2, **how)
    rng = np.random.default_rng(length)
    q, k, v = (rng.standard_normal((length, TILE)).astype(np.float16) for _ in range(3))
    out, scale = np.zeros_like(q), 0.125
    arrays, meta = [q, k, v, out], kernel.metadata.tensordesc_meta
    each = [descriptor(x, i, meta[i], "fp16") for i, x in enumerate(arrays)]
    given = [*each[0], *each[1], *each[2], *each[3], length, bits(scale)]
    options = Options(order=order)
    outcome = execute(kernel, length // TILE, given, options, indirect=arrays)
    assert not outcome.findings, outcome.findings
    scores = q.astype(np.float64) @ k.astype(np.float64).T * scale
    powers = np.exp(scores - scores.max(1, keepdims=True))
    weights = powers / powers.sum(1, keepdims=True)
    # The weights are rounded to f16 before the product, and the result once more.
    bound = 2.0**-11 * (weights @ np.abs(v.astype(np.float64)) + np.abs(weights @ v)) * 1.1 + 1e-6
    assert (np.abs(out - weights @ v) <= bound).all()


@pytest.mark.parametrize("order", WARP_ORDERS)
def test_a_product_by_descriptors_that_the_kernel_makes(order):
    m, n, k = 72, 88, 136
    types = "*fp16:16 *fp16:16 *fp16:16" + " i32:8" * 3
    block = dict.fromkeys(("BLOCK_M", "BLOCK_N", "BLOCK_K"), TILE)
    kernel = compiled(kernels.describing_matmul, types, "sm_90", **block)
    assert "tensormap.replace" in kernel.code.decode()
    arrays = operands(m, n, k)
    outcome = execute(kernel, 4, [*arrays, m, n, k], Options(order=order))
    assert not outcome.findings, outcome.findings
    np.testing.assert_array_equal(arrays[2], product(*arrays[:2]))


@pytest.mark.parametrize(
    ("kind", "type_", "dtype"),
    [
        ("add", "fp32", np.float32),
        ("add", "fp16", np.float16),
        ("add", "i32", np.int32),
        ("min", "i32", np.int32),
        ("max", "u32", np.uint32),
        ("and", "i32", np.int32),
        ("xor", "u32", np.uint32),
    ],
)
def test_reductions_into_a_tensor(kind, type_, dtype):
    rows, columns, programs = 16, 32, 5
    rng = np.random.default_rng(0)
    out, x = (
        rng.integers(0 if dtype == np.uint32 else -50, 50, size).astype(dtype)
        for size in ((13, 24), (programs * rows, columns))
    )
    each = x.reshape(programs, rows, columns)[:, :13, :24]
    names = {"add": np.add, "min": np.minimum, "max": np.maximum}
    names |= {"and": np.bitwise_and, "xor": np.bitwise_xor}
    expected = names[kind].reduce([out, *each])
    types = f"tensordesc<{type_}[{rows},{columns}]> *{type_}:16"
    constants: Any = dict(KIND=kind, ROWS=rows, COLUMNS=columns)
    kernel = compiled(kernels.reduced, types, "sm_90", **constants)
    assert "cp.reduce.async.bulk.tensor" in kernel.code.decode()
    (meta,) = kernel.metadata.tensordesc_meta
    address = lambda addresses: addresses[1].to_bytes(8, "little")  # noqa: E731
    given = [*descriptor(out, 0, meta, type_), address]
    outcome = execute(kernel, programs, given, indirect=[out, x])
    assert not outcome.findings, outcome.findings
    np.testing.assert_array_equal(out, expected)


def without(pattern: str, which: int):
    """A change that drops one of the lines that have the pattern."""

    def change(text: str) -> str:
        found = list(re.finditer(rf"^\t[^\n]*{pattern}[^\n]*\n", text, re.M))[which]
        return text[: found.start()] + text[found.end() :]

    return change


def with_other(pattern: str, new: str):
    return lambda text: re.sub(pattern, new, text, count=1)


@pytest.mark.parametrize(
    ("change", "kinds_of"),
    [
        (without(r"mbarrier\.arrive\.expect_tx", 0), "deadlock mbarrier"),
        (without(r"mbarrier\.arrive\.expect_tx", -1), "deadlock mbarrier"),
        (without(r"fence\.proxy\.async", 0), "race"),
        (without(r"cp\.async\.bulk\.commit_group", 0), "unfinished"),
        (without(r"cp\.async\.bulk\.wait_group", 0), "unfinished"),
        (without(r"cp\.async\.bulk\.tensor\.2d\.shared", 0), "deadlock"),
        (without(r"wgmma\.wait_group", 0), "race"),
        (with_other(r"(expect_tx\S+ \S+ \[%r\d+\], )16384", r"\g<1>16400"), "deadlock"),
        (with_other(r"(expect_tx\S+ \S+ \[%r\d+\], )16384", r"\g<1>8192"), "uninitialised race"),
    ],
)
def test_what_is_broken_is_found(change, kinds_of):
    kernel = described()
    text = kernel.code.decode()
    changed = change(text)
    assert changed != text
    found: set[str] = set()
    for order in WARP_ORDERS:
        arrays = operands(64, 64, 512)
        broken = TritonKernel(**{**vars(kernel), "code": changed.encode()})
        found |= kinds(run_described(broken, arrays, order).findings)
    assert found & set(kinds_of.split()), found


# Everything that orders the copying warpgroup and the two computing ones.
ORDERING = (
    r"mbarrier\.arrive|mbarrier\.init|@!complete bra|fence\.proxy|wgmma\.fence|bulk\.wait_group"
)


def test_whatever_specialised_warps_are_ordered_by_is_needed():
    """Each place where the text has it is dropped in turn: found, in one order at least."""
    kernel = described(specialize=True)
    text = kernel.code.decode()
    places = list(re.finditer(rf"^[^\n]*(?:{ORDERING})[^\n]*\n", text, re.M))
    assert len(places) > 20
    unseen = []
    for place in places:
        changed = text[: place.start()] + text[place.end() :]
        broken = TritonKernel(**{**vars(kernel), "code": changed.encode()})
        runs = (run_described(broken, operands(64, 64, 512), s).findings for s in WARP_ORDERS)
        if not any(runs):
            unseen.append(place[0].strip())
    assert not unseen
