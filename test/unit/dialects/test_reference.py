"""The NumPy reference against formulas written out element by element.

Covers: dialects/reference_elementwise.py, reference_tensor.py.
"""

from __future__ import annotations

import itertools
import math

import ml_dtypes
import numpy as np
import pytest

from clawc.dialects import reference
from clawc.dialects import reference_elementwise as elementwise
from clawc.dialects import reference_tensor as tensors

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("groups", [1, 2])
def test_conv2d_is_its_definition(groups: int) -> None:
    x, w = RANDOM.standard_normal((1, 4, 6, 7)), RANDOM.standard_normal((2, 4 // groups, 3, 2))
    stride, (top, bottom, left, right), dilation = (2, 1), (1, 0, 2, 1), (1, 2)
    found = tensors.conv2d(x, w, stride, (top, bottom, left, right), dilation, groups)
    height = (6 + top + bottom - 3) // 2 + 1
    width = (7 + left + right - 3) + 1
    assert found.shape == (1, 2, height, width)
    for f, y, column in itertools.product(range(2), range(height), range(width)):
        total = 0.0
        for c, i, j in itertools.product(range(4 // groups), range(3), range(2)):
            row, at = y * 2 + i - top, column + j * 2 - left
            if 0 <= row < 6 and 0 <= at < 7:
                total += x[0, f * (4 // groups) * (groups - 1) + c, row, at] * w[f, c, i, j]
        assert found[0, f, y, column] == pytest.approx(total)


@pytest.mark.parametrize("inside", [False, True])
def test_mean_pooling_is_its_definition(inside: bool) -> None:
    x = RANDOM.standard_normal((1, 1, 5, 5))
    found = tensors.pool2d(x, "avg", (3, 3), (2, 2), (1, 1), count_include_pad=not inside)
    for y, column in itertools.product(range(3), range(3)):
        window = [
            x[0, 0, row, at]
            for row, at in itertools.product(
                range(2 * y - 1, 2 * y + 2), range(2 * column - 1, 2 * column + 2)
            )
            if 0 <= row < 5 and 0 <= at < 5
        ]
        assert found[0, 0, y, column] == pytest.approx(sum(window) / (len(window) if inside else 9))


def test_attention_is_its_definition() -> None:
    q, k = RANDOM.standard_normal((1, 2, 3, 4)), RANDOM.standard_normal((1, 1, 5, 4))
    v, mask = RANDOM.standard_normal((1, 1, 5, 2)), RANDOM.standard_normal((3, 5))
    found = tensors.attention(q, k, v, mask, causal=True)
    for head, row in itertools.product(range(2), range(3)):
        scores = [q[0, head, row] @ k[0, 0, j] / 2.0 + mask[row, j] for j in range(row + 1)]
        powers = [math.exp(score) for score in scores]
        expected = sum(p * v[0, 0, j] for j, p in enumerate(powers)) / sum(powers)
        np.testing.assert_allclose(found[0, head, row], expected)


def test_layer_norm_is_its_definition() -> None:
    x = RANDOM.standard_normal((3, 8))
    scale, bias = RANDOM.standard_normal(8), RANDOM.standard_normal(8)
    expected = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-3)
    found = tensors.layer_norm(x, scale, bias, eps=1e-3)
    np.testing.assert_allclose(found, expected * scale + bias)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("div", [2, -2, -2, 2, 0]),
        ("floor_div", [2, -3, -3, 2, 0]),
        ("rem", [1, -1, 1, -1, 0]),
        ("mod", [1, 2, -2, -1, 0]),
    ],
)
def test_integer_division(kind: str, expected: list[int]) -> None:
    lhs, rhs = np.array([7, -7, 7, -7, 5]), np.array([3, 3, -3, -3, 0])
    np.testing.assert_array_equal(elementwise.binary(lhs, rhs, kind), expected)


def test_programs_are_evaluated_in_float64_and_rounded_once() -> None:
    text = """
    func.func @f(%x: tensor<2xf16>) -> (tensor<2xf16>, tensor<2xi8>) {
      %0 = claw.unary %x {kind = "exp"} : (tensor<2xf16>) -> tensor<2xf16>
      %1 = claw.unary %0 {kind = "log"} : (tensor<2xf16>) -> tensor<2xf16>
      %2 = claw.cast %x : (tensor<2xf16>) -> tensor<2xi8>
      return %1, %2 : tensor<2xf16>, tensor<2xi8>
    }"""
    x = np.array([1.5, -2.25], np.float16)
    floats, integers = reference.evaluate(text, [x])
    assert floats.dtype == np.float16 and integers.dtype == np.int8
    np.testing.assert_array_equal(floats, x)
    np.testing.assert_array_equal(integers, [1, -2])


def test_integers_wrap() -> None:
    text = """
    func.func @f(%x: tensor<1xi8>) -> tensor<1xi8> {
      %0 = claw.binary %x, %x {kind = "mul"} : (tensor<1xi8>, tensor<1xi8>) -> tensor<1xi8>
      return %0 : tensor<1xi8>
    }"""
    (found,) = reference.evaluate(text, [np.array([100], np.int8)])
    np.testing.assert_array_equal(found, [16])


def test_bf16_results() -> None:
    text = """
    func.func @f(%x: tensor<1xbf16>) -> tensor<1xbf16> {
      %0 = claw.unary %x {kind = "reciprocal"} : (tensor<1xbf16>) -> tensor<1xbf16>
      return %0 : tensor<1xbf16>
    }"""
    (found,) = reference.evaluate(text, [np.array([3.0], ml_dtypes.bfloat16)])
    assert found.dtype == ml_dtypes.bfloat16
    assert float(found[0]) == 0.333984375


@pytest.mark.parametrize("value", ["true", "false"])
def test_truth_values_that_are_all_alike(value: str) -> None:
    text = f"""
    func.func @f() -> tensor<40x70xi1> {{
      %0 = claw.constant {{value = dense<{value}> : tensor<40x70xi1>}} : () -> tensor<40x70xi1>
      return %0 : tensor<40x70xi1>
    }}"""
    (result,) = reference.evaluate(text, [])
    assert result.shape == (40, 70) and (result == (value == "true")).all()


@pytest.mark.parametrize("value", ["dense<[1.5, -2.0]>", "dense<0.25>"])
@pytest.mark.parametrize("name", ["f16", "bf16", "f32", "f64"])
def test_constants(value: str, name: str) -> None:
    type_ = f"tensor<2x{name}>"
    text = f"""
    func.func @f() -> {type_} {{
      %0 = claw.constant {{value = {value} : {type_}}} : () -> {type_}
      return %0 : {type_}
    }}"""
    (found,) = reference.evaluate(text, [])
    assert found.astype(float).tolist() == ([1.5, -2.0] if "," in value else [0.25, 0.25])


def test_programs_that_break_a_rule_are_refused() -> None:
    text = """
    func.func @f(%x: tensor<2xf32>) -> tensor<3xf32> {
      %0 = claw.unary %x {kind = "exp"} : (tensor<2xf32>) -> tensor<3xf32>
      return %0 : tensor<3xf32>
    }"""
    with pytest.raises(ValueError, match="out axis 0 must be 2"):
        reference.evaluate(text, [np.zeros(2, np.float32)])


def test_other_operations_are_named() -> None:
    text = """
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = math.exp %x : tensor<2xf32>
      return %0 : tensor<2xf32>
    }"""
    with pytest.raises(reference.NotInReference, match="math.exp"):
        reference.evaluate(text, [np.zeros(2, np.float32)])
