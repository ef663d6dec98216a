"""Bundles after accidents and after edits that make no sense: an error of ours, or right numbers.

An edit whose sum was made right can leave another sound program (two buffers of one size
exchanged): its numbers are its own.  Nothing else may come out, and no device may be harmed.
"""

from __future__ import annotations

import random

import harness
import numpy as np
import pytest
from bundle_damage import damaged, edited, misedit

import clawc
from clawc.runtime.artifact import Artifact
from clawc.runtime.errors import ArtifactError, RunError
from clawc.runtime.executable import load

WEIGHTS = np.linspace(-1, 1, 16, dtype=np.float32)
PROGRAM = f"""
func.func @main(%a: tensor<?x24xf32>, %b: tensor<24x16xf32>, %i: tensor<?xi32>)
    -> (tensor<?x16xf32>, tensor<?xi32>) {{
  %w = arith.constant dense<"0x{WEIGHTS.tobytes().hex()}"> : tensor<16xf32>
  %0 = claw.matmul %a, %b : (tensor<?x24xf32>, tensor<24x16xf32>) -> tensor<?x16xf32>
  %c0 = arith.constant 0 : index
  %d = tensor.dim %0, %c0 : tensor<?x16xf32>
  %e = tensor.empty(%d) : tensor<?x16xf32>
  %1 = linalg.broadcast ins(%w : tensor<16xf32>) outs(%e : tensor<?x16xf32>) dimensions = [0]
  %2 = arith.addf %0, %1 : tensor<?x16xf32>
  %3 = claw.softmax %2 {{axis = 1 : i64}} : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %j = arith.addi %i, %i : tensor<?xi32>
  return %3, %j : tensor<?x16xf32>, tensor<?xi32>
}}
"""
DEVICES = {"host": 150, "opencl": 10, "vulkan": 60, "emulator:sm_80": 15, "emulator:gfx1100": 40}
GENERATOR = np.random.default_rng(0)
INPUTS = (
    GENERATOR.standard_normal((5, 24)).astype(np.float32),
    GENERATOR.standard_normal((24, 16)).astype(np.float32),
    np.arange(7, dtype=np.int32),
)


@pytest.fixture(scope="module")
def bundle() -> bytes:
    specs = [harness.chip(name).spec for name in DEVICES]
    return clawc.compile(PROGRAM, specs).to_bytes()


def is_right(results: object) -> bool:
    a, b, i = (x.astype(np.float64) for x in INPUTS)
    y = np.exp(a @ b + WEIGHTS)
    expected = (y / y.sum(axis=1, keepdims=True), 2 * i)
    return isinstance(results, tuple) and all(
        x.shape == y.shape and np.allclose(x, y, atol=1e-4)
        for x, y in zip(results, expected, strict=True)
    )


@pytest.mark.parametrize("name", DEVICES)
def test_edits_with_right_sums(name, bundle):
    device, chance = harness.device(name), random.Random(name)
    image = list(DEVICES).index(name)
    assert is_right(load(Artifact.from_bytes(bundle), device)(*INPUTS))
    refused = 0
    for _ in range(DEVICES[name]):
        wrong = edited(bundle, lambda plan: misedit(plan, chance), image)
        try:
            load(Artifact.from_bytes(wrong), device)(*INPUTS)
        except RunError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > DEVICES[name] // 2
    assert is_right(load(Artifact.from_bytes(bundle), device)(*INPUTS)), "the device is as before"


def test_accidents(bundle):
    device, chance = harness.device("host"), random.Random(7)
    refused = 0
    for _ in range(300):
        try:
            results = load(Artifact.from_bytes(damaged(bundle, chance)), device)(*INPUTS)
        except ArtifactError as error:
            assert "\n" not in str(error)
            refused += 1
        else:
            assert is_right(results)
    assert refused > 250
