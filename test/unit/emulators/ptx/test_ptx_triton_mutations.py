"""Triton's product of matrices for sm_90, broken on purpose: found, or the numbers are wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

pytest.importorskip("triton", reason="Triton is not installed")
import triton_kernels as kernels  # noqa: E402
from ptx_runner import kinds  # noqa: E402
from triton_compile import TritonKernel, compiled  # noqa: E402
from triton_runner import execute  # noqa: E402

SIZE = 256
TILE = {"BLOCK_M": 64, "BLOCK_N": 64, "BLOCK_K": 64, "a_column": 1, "b_column": 1}


@cache
def original() -> TritonKernel:
    types = "*fp16:16 *fp16:16 *fp32:16" + " i32:16" * 5
    return compiled(kernels.matmul, types, "sm_90", stages=3, **TILE)


def results(change) -> tuple[set[str], bool]:
    """The kinds of findings, and whether the numbers are right, after a change of the text."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(-4, 5, (2, SIZE, SIZE)).astype(np.float16)
    c = np.zeros((SIZE, SIZE), np.float32)
    text = original().code.decode()
    changed = replace(original(), code=change(text).encode())
    outcome = execute(changed, 16, [a, b, c, *[SIZE] * 5])
    right = np.array_equal(c, a.astype(np.float64) @ b.astype(np.float64))
    return kinds(outcome.findings), right


def without(pattern: str, which: int):
    """A change that drops one of the lines that have the pattern."""

    def change(text: str) -> str:
        found = list(re.finditer(rf"^\t{pattern}[^\n]*\n", text, re.M))[which]
        return text[: found.start()] + text[found.end() :]

    return change


def test_nothing_is_wrong_before():
    assert results(lambda text: text) == (set(), True)


@pytest.mark.parametrize(
    ("pattern", "which", "kind"),
    [
        (r"wgmma\.wait_group", 0, "race"),  # the copies overwrite what products still read
        (r"wgmma\.wait_group", -1, "unfinished"),
        (r"wgmma\.fence", 0, "unfinished"),
        (r"wgmma\.commit_group", 0, "unfinished"),
        (r"cp\.async\.wait_group", 0, "uninitialised"),
        (r"cp\.async\.commit_group", 1, "uninitialised"),
        (r"bar\.sync", 0, "race"),
    ],
)
def test_what_is_dropped_is_found(pattern, which, kind):
    found, _ = results(without(pattern, which))
    assert kind in found, found


@pytest.mark.parametrize("bit", [62, 63, 36, 37, 38])  # of the swizzle, and of the stride
def test_wrong_descriptors_give_wrong_numbers(bit):
    def change(text: str) -> str:
        constant = re.findall(r"or\.b64\s+%rd\d+, %rd\d+, (\d{16,});", text)[0]
        return text.replace(constant, str(int(constant) ^ 1 << bit))

    found, right = results(change)
    assert found or not right


def test_swapped_accumulators_give_wrong_numbers():
    def change(text: str) -> str:
        product = re.search(r"\twgmma\.mma_async[^\n]*\{(%r\d+),(%r\d+),", text)
        assert product is not None
        first, second = product.groups()
        line = text[product.start() : text.index("\n", product.start())]
        swapped = line.replace(f"{{{first},{second},", f"{{{second},{first},")
        return text.replace(line, swapped, 1)

    found, right = results(change)
    assert found or not right
