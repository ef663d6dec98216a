"""torch.compile(backend="clawc") and clawc.torch.compile give PyTorch's numbers and gradients.

Needs the extra `torch`, which is too large for every run of the tests.
"""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest

import clawc

for module in ("torch", "torch_mlir"):
    pytest.importorskip(module, reason="runs with the extra 'torch'")

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

import clawc.torch  # noqa: E402

DRIVERS = ("host", "opencl", "vulkan")


@pytest.fixture(autouse=True)
def afresh():
    torch._dynamo.reset()
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="clawc leaves a graph to PyTorch")
        yield


class Vision(nn.Module):
    """Convolutions, batch norm, pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 8, 3, padding=1, stride=2), nn.BatchNorm2d(8)
        self.second, self.last = nn.Conv2d(8, 16, 3, padding=1), nn.Linear(16, 5)

    def forward(self, x):
        x = F.relu(self.norm(self.first(x)))
        x = F.max_pool2d(F.relu(self.second(x)), 2)
        return self.last(x.mean((2, 3)))


class Transformer(nn.Module):
    """An embedding, attention, layer norm, GELU."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 32)
        self.layer = nn.TransformerEncoderLayer(32, 4, 64, 0.0, "gelu", batch_first=True)
        self.last = nn.Linear(32, 50)

    def forward(self, x):
        return self.last(self.layer(self.words(x)))


class Recurrent(nn.Module):
    """A cell in a loop that is unrolled."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(6, 7)

    def forward(self, x):
        state = torch.zeros(x.shape[0], 7)
        for word in x.unbind(1):
            state = self.cell(word, state)
        return state


MODELS = {
    "vision": (Vision, lambda: torch.randn(2, 3, 16, 16)),
    "transformer": (Transformer, lambda: torch.randint(0, 50, (2, 5))),
    "recurrent": (Recurrent, lambda: torch.randn(2, 3, 6)),
}


def near(found: torch.Tensor, right: torch.Tensor, terms: int = 100) -> None:
    """Equal but for the rounding of sums of so many terms."""
    assert found.dtype == right.dtype and found.shape == right.shape
    if not right.dtype.is_floating_point:
        torch.testing.assert_close(found, right, rtol=0, atol=0)
        return
    allowed = terms * torch.finfo(right.dtype).eps
    scale = max(1.0, right.detach().abs().max().item()) if right.numel() else 1.0
    torch.testing.assert_close(found, right, rtol=allowed, atol=allowed * scale)


@pytest.mark.parametrize(
    ("name", "device"),
    [*((name, device) for name in MODELS for device in DRIVERS), ("recurrent", "emulator:sm_80")],
)
def test_a_training_step(name, device):
    build, example = MODELS[name]
    eager = build().train()
    ours = copy.deepcopy(eager)
    compiled = torch.compile(ours, backend="clawc", options={"device": device})
    data = example()
    wanted, found = eager(data), compiled(data)
    near(found, wanted)
    weights = torch.randn_like(wanted)
    for result in (wanted, found):
        (result * weights).sum().backward()
    for right, parameter in zip(eager.parameters(), ours.parameters(), strict=True):
        assert right.grad is not None and parameter.grad is not None
        near(parameter.grad, right.grad, 1000)
    for right, buffer in zip(eager.buffers(), ours.buffers(), strict=True):
        near(buffer, right)


def test_optimizer_steps_of_a_small_network():
    eager = nn.Sequential(nn.Linear(8, 16), nn.LayerNorm(16), nn.GELU(), nn.Linear(16, 4))
    ours = copy.deepcopy(eager)
    compiled = torch.compile(ours, backend="clawc")
    for model, call in ((eager, eager), (ours, compiled)):
        generator = torch.Generator().manual_seed(1)
        optimizer = torch.optim.Adam(model.parameters(), 0.01)
        for _ in range(5):
            data = torch.randn(3, 8, generator=generator)
            labels = torch.randint(0, 4, (3,), generator=generator)
            optimizer.zero_grad()
            F.cross_entropy(call(data), labels).backward()
            optimizer.step()
    for right, parameter in zip(eager.parameters(), ours.parameters(), strict=True):
        near(parameter, right, 10000)


@pytest.mark.parametrize("name", ["vision", "recurrent"])
def test_inference(name):
    build, example = MODELS[name]
    model = build().eval()
    compiled = torch.compile(model, backend="clawc")
    with torch.no_grad():
        for _ in range(2):
            data = example()
            near(compiled(data), model(data))


def test_sizes_that_change_are_compiled_once(monkeypatch):
    made = []
    original = clawc.frontends.pytorch.backend.compiled_for

    def counted(*arguments):
        made.append(arguments)
        return original(*arguments)

    monkeypatch.setattr("clawc.frontends.pytorch.backend.compiled_for", counted)
    model = nn.Sequential(nn.Linear(4, 4), nn.Softmax(-1))
    compiled = torch.compile(model, backend="clawc", dynamic=True)
    with torch.no_grad():
        for rows in (2, 3, 7, 64):
            data = torch.randn(rows, 4)
            near(compiled(data), model(data))
    assert len(made) == 1


@pytest.mark.parametrize(
    "dtype",
    [torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8],
    ids=str,
)
def test_types(dtype):
    compiled = torch.compile(lambda x, y: (x + y, x > y, x), backend="clawc")
    x, y = torch.randint(0, 100, (5, 7)).to(dtype), torch.randint(0, 100, (7,)).to(dtype)
    added, greater, same = compiled(x, y)
    near(added, x + y)
    near(greater, x > y)
    assert same.data_ptr() == x.data_ptr()


def test_views_transposes_and_what_is_not_contiguous():
    x = torch.randn(6, 8)[::2, ::3].t()
    f = torch.compile(lambda x: (x.t() * 2, x.reshape(-1)[1:]), backend="clawc")
    for found, right in zip(f(x), (x.t() * 2, x.reshape(-1)[1:]), strict=True):
        near(found, right)


def test_arguments_that_are_written_to():
    def count(state, x):
        state.add_(x)
        return state * 2

    ours, eager, x = torch.zeros(3), torch.zeros(3), torch.ones(3)
    compiled = torch.compile(count, backend="clawc")
    for _ in range(3):
        near(compiled(ours, x), count(eager, x))
    near(ours, eager)


def test_empty_tensors_and_graph_breaks():
    def broken(x):
        y = x * 2
        if y.sum() > 0:
            return y - 1
        return y + 1

    compiled = torch.compile(broken, backend="clawc")
    for x in (torch.ones(3), -torch.ones(3), torch.zeros(0)):
        near(compiled(x), broken(x))


@torch.library.custom_op("clawc_test::twice", mutates_args=())
def twice(x: torch.Tensor) -> torch.Tensor:
    return x * 2


@twice.register_fake
def _(x):
    return torch.empty_like(x)


def test_what_cannot_be_exported_runs_in_pytorch_and_says_so_once():
    compiled = torch.compile(lambda x: twice(x) + 1, backend="clawc")
    with pytest.warns(UserWarning, match="leaves a graph to PyTorch: .*twice") as said:
        near(compiled(torch.ones(3)), torch.full((3,), 3.0))
        torch._dynamo.reset()
        near(compiled(torch.ones(3)), torch.full((3,), 3.0))
    assert len(said) == 1


def test_options_that_there_are_not():
    for settings in ({"options": {"devise": "host"}}, {"mode": "max-autotune"}):
        with pytest.raises(Exception, match="clawc has no (option 'devise'|mode 'max-autotune')"):
            torch.compile(lambda x: x + 1, backend="clawc", **settings)(torch.ones(2))


def test_a_bundle_ahead_of_time(tmp_path):
    model = Recurrent().eval()
    rows = torch.export.Dim("rows")
    bundle = clawc.torch.compile(
        model, (torch.randn(2, 3, 6),), ["host", "nvptx"], dynamic_shapes=({0: rows},), entry="step"
    )
    bundle.save(tmp_path / "model.claw")
    run = clawc.load(tmp_path / "model.claw", entry="step")
    for rows in (1, 2, 5):
        data = torch.randn(rows, 3, 6)
        near(torch.from_numpy(run(data.numpy())), model(data))


def test_a_module_that_cannot_be_exported():
    class Printing(nn.Module):
        def forward(self, x):
            return x + int(input())

    with pytest.raises(clawc.CompileError, match="the module cannot be exported"):
        clawc.torch.compile(Printing(), (torch.ones(2),))


def test_the_backend_is_found_by_its_name():
    assert "clawc" in torch.compiler.list_backends(exclude_tags=())


def test_no_array_is_copied_on_the_host():
    from clawc.frontends.pytorch.tensors import array_of, tensor_of

    for dtype in (torch.float32, torch.bfloat16, torch.uint8, torch.bool):
        tensor = torch.ones(4, dtype=dtype).requires_grad_(dtype.is_floating_point)
        array = array_of(tensor)
        assert array.ctypes.data == tensor.data_ptr()
        back = tensor_of(array, dtype, torch.device("cpu"))
        assert back.data_ptr() == tensor.data_ptr() and back.dtype == dtype
    assert array_of(3) == 3 and np.ndim(array_of(torch.tensor(1.0))) == 0
