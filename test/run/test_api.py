"""clawc as a library: sources, errors, isolation, threads, bundles."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from harness import single, tensor, values
from mlir import ir

import clawc

NEGATE = single("unary", [tensor("f32", (3, 5))], tensor("f32", (3, 5)), '{kind = "neg"}')
EXAMPLES = Path(__file__).parents[2] / "examples"


def runs(artifact):
    x = values("f32", (3, 5))
    np.testing.assert_array_equal(clawc.load(artifact)(x), -x)


def test_a_string():
    runs(clawc.compile(NEGATE))


def test_a_path(tmp_path):
    path = tmp_path / "k.mlir"
    path.write_text(NEGATE)
    runs(clawc.compile(path))
    runs(clawc.compile(str(path)))


def test_a_module():
    """A foreign module, of linalg: it is not changed, and its context is not needed."""
    text = """#id = affine_map<(i, j) -> (i, j)>
    func.func @main(%x: tensor<3x5xf32>) -> tensor<3x5xf32> {
      %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
          ins(%x : tensor<3x5xf32>) outs(%x : tensor<3x5xf32>) {
      ^bb0(%a: f32, %b: f32):
        %1 = arith.negf %a : f32
        linalg.yield %1 : f32
      } -> tensor<3x5xf32>
      return %0 : tensor<3x5xf32>
    }"""
    module = ir.Module.parse(text, ir.Context())
    before = str(module)
    runs(clawc.compile(module))
    assert str(module) == before


def test_another_kind_of_source():
    with pytest.raises(
        TypeError, match="expected a path, a string of MLIR, bytes of it or an mlir.ir.Module"
    ):
        clawc.compile(3)  # type: ignore


@pytest.mark.parametrize("isolate", [False, True])
def test_an_error_has_a_place(isolate):
    wrong = NEGATE.replace('"neg"', '"negate"')
    with pytest.raises(clawc.CompileError) as caught:
        clawc.compile(wrong, isolate=isolate)
    diagnostic = caught.value.diagnostics[0]
    assert (diagnostic.line, diagnostic.column, diagnostic.severity) == (2, 9, "error")
    assert "negate" in diagnostic.message and "relu" in diagnostic.message
    assert wrong.splitlines()[1] in str(caught.value)


def test_isolated():
    runs(clawc.compile(NEGATE, isolate=True))


def test_several_targets_in_one_file(tmp_path):
    targets = ["nvptx:sm_80", "nvptx:sm_90", "amdgpu:gfx942", "spirv:vulkan", "host"]
    artifact = clawc.compile(NEGATE, target=targets)
    artifact.save(tmp_path / "k.claw")
    loaded = clawc.Artifact.load(tmp_path / "k.claw")
    found = [f"{image.target}:{image.chip}" for image in loaded.images]
    assert found == [*targets[:-1], "host:native"]
    assert [i.kind for i in loaded.images] == ["ptx", "ptx", "hsaco", "spv", "object"]
    assert list(loaded.kernels) == ["main_map_0"]
    runs(loaded)


def test_an_unknown_target():
    with pytest.raises(clawc.CompileError, match="unknown target 'cuda'; known: nvptx"):
        clawc.compile(NEGATE, target="cuda")


def test_from_many_threads():
    """Compilations and calls at once, of different programs and of the same executable."""
    shared = clawc.load(clawc.compile(NEGATE))

    def work(size):
        text = NEGATE.replace("3x5", f"{size}x5")
        x = values("f32", (size, 5))
        np.testing.assert_array_equal(clawc.load(clawc.compile(text))(x), -x)
        y = values("f32", (3, 5), seed=size)
        np.testing.assert_array_equal(shared(y), -y)
        return size

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(1, 25))) == list(range(1, 25))


def test_running_needs_no_compiler(tmp_path):
    clawc.compile(NEGATE).save(tmp_path / "k.claw")
    program = (
        "import sys, numpy, clawc\n"
        f"f = clawc.load({str(tmp_path / 'k.claw')!r})\n"
        "assert (f(numpy.ones((3, 5), numpy.float32)) == -1).all()\n"
        "assert not any(name.partition('.')[0] == 'mlir' for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_compiling_stays_small():
    """A 1024x1024 matmul for NVIDIA, with all that is imported, in less than 400 MB."""
    # VmHWM, not ru_maxrss, which a child inherits from the process that started it.
    program = (
        "import clawc, pathlib\n"
        "t = 'tensor<1024x1024xf32>'\n"
        "clawc.compile(f'func.func @main(%a: {t}, %b: {t}) -> {t} {{ %0 = claw.matmul %a, %b : "
        "({t}, {t}) -> {t}\\n return %0 : {t} }}', target='nvptx')\n"
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "print(status.partition('VmHWM:')[2].split()[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert int(done.stdout) < 400 << 10
