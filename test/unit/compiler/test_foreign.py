"""Programs in other dialects: torch-mlir-opt lowers them where it is, else the command is said."""

from __future__ import annotations

import os

import numpy as np
import pytest

import clawc
from clawc.compiler import foreign
from clawc.compiler.diagnostics import CompileError

STABLEHLO = """module @jit_f attributes {mhlo.num_partitions = 1 : i32} {
  func.func public @main(%a: tensor<?x3xf32>, %b: tensor<3x2xf32>)
      -> (tensor<?xf32> {jax.result_info = "result"}) {
    %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0]
      : (tensor<?x3xf32>, tensor<3x2xf32>) -> tensor<?x2xf32>
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %1 = call @squared(%0) : (tensor<?x2xf32>) -> tensor<?x2xf32>
    %2 = stablehlo.reduce(%1 init: %zero) applies stablehlo.add across dimensions = [1]
      : (tensor<?x2xf32>, tensor<f32>) -> tensor<?xf32>
    return %2 : tensor<?xf32>
  }
  func.func private @squared(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
    %0 = stablehlo.multiply %x, %x : tensor<?x2xf32>
    return %0 : tensor<?x2xf32>
  }
}
"""
TORCH = """module {
  func.func @main(%a: !torch.vtensor<[4,3],f32>, %b: !torch.vtensor<[3,2],f32>)
      -> !torch.vtensor<[4,2],f32> {
    %0 = torch.aten.mm %a, %b : !torch.vtensor<[4,3],f32>, !torch.vtensor<[3,2],f32>
      -> !torch.vtensor<[4,2],f32>
    return %0 : !torch.vtensor<[4,2],f32>
  }
}
"""
IMPORTED = """module {
  func.func @main(%a: !torch.vtensor<[4,3],f32>) -> !torch.vtensor<[4,3],f32>
      attributes {torch.onnx_meta.opset_version = 17 : si64} {
    %0 = torch.operator "onnx.Relu"(%a)
      : (!torch.vtensor<[4,3],f32>) -> !torch.vtensor<[4,3],f32>
    return %0 : !torch.vtensor<[4,3],f32>
  }
}
"""
A = np.arange(12, dtype=np.float32).reshape(4, 3) - 5
B = np.arange(6, dtype=np.float32).reshape(3, 2)
TENSOR = "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {\n  OP\n}"


@pytest.fixture
def tool():
    if foreign.find_tool() is None:
        if os.environ.get("CLAWC_REQUIRE_DRIVERS"):
            pytest.fail("torch-mlir is not installed")
        pytest.skip("torch-mlir is not installed")


@pytest.mark.usefixtures("tool")
@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        (STABLEHLO, (A, B), ((A @ B) ** 2).sum(axis=1)),
        (TORCH, (A, B), A @ B),
        (IMPORTED, (A,), np.maximum(A, 0)),
    ],
)
def test_lowered(text, inputs, expected):
    result = clawc.load(clawc.compile(text))(*inputs)
    np.testing.assert_allclose(result, expected, rtol=1e-5)


@pytest.mark.usefixtures("tool")
@pytest.mark.parametrize(
    ("op", "message"),
    [
        (
            "%0 = stablehlo.custom_call @f(%x) : (tensor<4xf32>) -> tensor<4xf32>",
            "custom_call, of St",
        ),
        (
            '%1 = torch.operator "torch.my.op"() : () -> !torch.vtensor<[4],f32>\n'
            "  %0 = torch_c.to_builtin_tensor %1 : !torch.vtensor<[4],f32> -> tensor<4xf32>",
            "error: no lowering of torch.my.op .by torch-mlir-opt, lowering the torch dialect.",
        ),
        ("%0 = stablehlo.nothing %x : tensor<4xf32>", "custom op 'stablehlo.nothing' is unknown"),
    ],
)
def test_what_it_cannot_lower_is_said_in_the_sources_place(op, message):
    with pytest.raises(CompileError, match=message) as error:
        clawc.compile(TENSOR.replace("OP", f"{op}\n  return %0 : tensor<4xf32>"))
    assert error.value.diagnostics[0].line == 2


WITHOUT = {
    "stablehlo.add": r"StableHLO, .*pip install clawc\[stablehlo\] .*--stablehlo-legalize-to-",
    "torch.aten.tanh": r"torch dialect, .*pip install clawc\[stablehlo\] .*torch-mlir-opt --torch",
    "chlo.erf": "CHLO, .* run first: stablehlo-opt --chlo-legalize-to-stablehlo FILE",
    "vhlo.add_v1": "run first: stablehlo-translate --deserialize FILE",
    "mhlo.add": "run first: mlir-hlo-opt --hlo-legalize-to-stablehlo FILE",
    "onnx.Add": "run first: onnx-mlir-opt .*--convert-onnx-to-tosa FILE",
    "tfl.add": "run first: tf-opt --tfl-to-tosa-pipeline FILE",
    "tf.Add": "run first: tf-opt --tf-to-tosa-pipeline FILE",
}


@pytest.mark.parametrize("name", WITHOUT)
@pytest.mark.parametrize(
    "form", ["%0 = NAME %x : tensor<4xf32>", '%0 = "NAME"(%x) : (tensor<4xf32>) -> tensor<4xf32>']
)
def test_without_it_the_command_is_said(name, form, monkeypatch):
    monkeypatch.setattr(foreign, "find_tool", lambda: None)
    text = TENSOR.replace("OP", form.replace("NAME", name))
    with pytest.raises(CompileError, match=WITHOUT[name]) as error:
        clawc.compile(text)
    (said,) = error.value.diagnostics
    assert (said.line, said.column) == (2, 8)


def test_every_dialect_of_the_table_is_tried():
    assert {name.partition(".")[0] for name in WITHOUT} == foreign.DIALECTS.keys() - {"torch_c"}


@pytest.mark.parametrize(
    "text",
    [
        'module attributes {torch.debug_module_name = "M"} {}',
        "// %0 = torch.aten.mm\n",
        '// %0 = "torch.aten.mm"(%a) : () -> ()\n',
        'module attributes {a = "%0 = stablehlo.add", b = "torch.aten.mm"} {}',
        "%0 = linalg.generic {torch.x = 1}",
        "%tf.x = arith.constant 1 : i32",
    ],
)
def test_names_that_are_no_operations(text):
    assert foreign.foreign_place(text) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04\0\0", "is a zip archive, .*torch_mlir.fx.export_and_import"),
        (b"\x89HDF\r\n", "is an HDF5 file"),
    ],
)
def test_files_of_other_formats(data, message, tmp_path):
    (tmp_path / "model").write_bytes(data)
    with pytest.raises(CompileError, match=message):
        clawc.compile(tmp_path / "model")


def test_a_tool_without_an_end(monkeypatch, tmp_path):
    (tmp_path / "tool").write_text("#!/bin/sh\nexec sleep 5\n")
    (tmp_path / "tool").chmod(0o755)
    monkeypatch.setattr(foreign, "find_tool", lambda: str(tmp_path / "tool"))
    monkeypatch.setattr(foreign, "SECONDS", 0.05)
    with pytest.raises(CompileError, match="did not end within 0.05 seconds"):
        clawc.compile(TORCH)
