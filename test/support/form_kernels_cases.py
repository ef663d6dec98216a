"""Programs for form-kernels, the kernels that it should make, and what NumPy computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import l1_runner
import numpy as np

PRELUDE = """
#id = affine_map<(i, j) -> (i, j)>
#t = affine_map<(i, j) -> (j, i)>
#row = affine_map<(i, j) -> (i)>
#col = affine_map<(i, j) -> (j)>
#keep = affine_map<(i, j) -> (i, 0)>
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
"""


class Case(NamedTuple):
    name: str
    text: str
    kernels: list[tuple[str, int]]  # kind, generics
    shapes: list[list[tuple[int, ...]]]
    expected: Callable[..., object]
    dtype: type = np.float32


def rand(rng: np.random.Generator, shape: tuple[int, ...], dtype: type) -> np.ndarray:
    if np.issubdtype(dtype, np.integer):
        return rng.integers(-5, 6, shape).astype(dtype)
    return rng.standard_normal(shape).astype(dtype)


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True, initial=-np.inf))
    return powers / powers.sum(axis=-1, keepdims=True)


def check(case: Case) -> None:
    """Form the case's kernels, count them, and run them on arguments of each of its shapes."""
    module = l1_runner.form(PRELUDE + case.text)
    assert l1_runner.kernels(module) == case.kernels
    rng = np.random.default_rng(0)
    for shapes in case.shapes:
        arguments = [rand(rng, shape, case.dtype) for shape in shapes]
        expected = case.expected(*arguments)
        expected = expected if isinstance(expected, tuple) else (expected,)
        results = l1_runner.run(module, arguments)
        for found, wanted in zip(results, expected, strict=True):
            tolerance = 1e-2 if case.dtype == np.float16 else 1e-4
            np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=1e-5)
