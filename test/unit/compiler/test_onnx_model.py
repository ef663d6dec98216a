"""ONNX models are programs: by name or as bytes, with sizes that are open and values elsewhere."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

import clawc
from clawc.compiler import onnx_model
from clawc.compiler.cache.request import Request
from clawc.compiler.diagnostics import CompileError
from clawc.compiler.source import Source

if not os.environ.get("CLAWC_REQUIRE_DRIVERS"):
    for module in ("onnx", "torch_mlir"):
        pytest.importorskip(module, reason=f"needs {module}")

import onnx  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

WEIGHTS = np.random.default_rng(0).standard_normal((3, 2)).astype(np.float32)
X = np.random.default_rng(1).standard_normal((5, 3)).astype(np.float32)


def model(name: str = "a graph", weights: np.ndarray = WEIGHTS) -> onnx.ModelProto:
    """relu(x w + 1) of x with as many rows as there are."""
    one = numpy_helper.from_array(np.ones(2, np.float32), "one")
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["product"]),
        helper.make_node("Add", ["product", "one"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 2])],
        [numpy_helper.from_array(weights, "w"), one],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def expected(x: np.ndarray, weights: np.ndarray = WEIGHTS) -> np.ndarray:
    return np.maximum(x.astype(np.float64) @ weights + 1, 0)


def near(found: np.ndarray, right: np.ndarray) -> None:
    np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-6)


def test_a_file_and_its_bytes(tmp_path):
    path = tmp_path / "model.onnx"
    onnx.save(model(), path)
    for source in (path, str(path), path.read_bytes()):
        run = clawc.load(clawc.compile(source))  # whose function is main, whatever the graph is
        for rows in (5, 1, 0):
            near(run(X[:rows]), expected(X[:rows]))
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]


def test_values_in_another_file_are_read_and_not_kept_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAWC_CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "model.onnx"
    for weights in (WEIGHTS, 2 * WEIGHTS):
        settings = {"save_as_external_data": True, "location": "values", "size_threshold": 0}
        (tmp_path / "values").unlink(missing_ok=True)
        onnx.save(model(weights=weights), path, **settings)
        assert not Source.read(path).is_self_contained
        near(clawc.load(clawc.compile(path))(X), expected(X, weights))
    Request(Source.read(path), ("host",), "bundle").keep(b"never")
    assert not (tmp_path / "cache").exists()


def test_what_is_no_model_is_an_error(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x08\x07\x12\x07pytorch\x1a")
    with pytest.raises(CompileError, match="model.onnx: error: torch-mlir-import-onnx cannot read"):
        clawc.compile(path)


def test_an_operator_that_there_is_not_is_named():
    changed = model()
    changed.graph.node[2].op_type = "Unheard"
    with pytest.raises(CompileError, match="cannot read the model: .*Unheard"):
        clawc.compile(changed.SerializeToString())


@pytest.mark.parametrize("lacking", ["tool", "onnx"])
def test_without_it_what_to_install_is_said(lacking, monkeypatch, tmp_path):
    tool = tmp_path / "tool"
    tool.write_text(f"#!{sys.executable}\nraise ModuleNotFoundError(\"No module named 'onnx'\")")
    tool.chmod(0o755)
    found = None if lacking == "tool" else str(tool)
    monkeypatch.setattr(onnx_model, "find_tool", lambda _: found)
    with pytest.raises(CompileError, match=r"is an ONNX model; pip install clawc\[onnx\]"):
        clawc.compile(model().SerializeToString())


def test_an_importer_without_an_end(monkeypatch, tmp_path):
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\nexec sleep 5\n")
    tool.chmod(0o755)
    monkeypatch.setattr(onnx_model, "find_tool", lambda _: str(tool))
    monkeypatch.setattr(onnx_model, "SECONDS", 0.05)
    with pytest.raises(CompileError, match="did not end within 0.05 seconds"):
        clawc.compile(model().SerializeToString())
