"""The kernels that are measured: daily bread of networks, one program each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """A function `main`, and its main work in floating-point operations (0: it moves bytes)."""

    name: str
    source: str
    flop: int = 0


def _matmul(name: str, n: int, operand: str) -> Program:
    source = f"""!ab = tensor<{n}x{n}x{operand}>
!c = tensor<{n}x{n}xf32>
func.func @main(%a: !ab, %b: !ab) -> !c {{
  %0 = claw.matmul %a, %b : (!ab, !ab) -> !c
  return %0 : !c
}}"""
    return Program(name, source, 2 * n**3)


_BIAS_GELU = """!x = tensor<4096x4096xf16>
!row = tensor<4096xf32>
!y = tensor<4096x4096xf32>
func.func @main(%a: !x, %b: !x, %bias: !row) -> !x {
  %0 = claw.matmul %a, %b : (!x, !x) -> !y
  %rows = claw.broadcast %bias : (!row) -> !y
  %1 = claw.binary %0, %rows {kind = "add"} : (!y, !y) -> !y
  %2 = claw.unary %1 {kind = "gelu"} : (!y) -> !y
  %3 = claw.cast %2 : (!y) -> !x
  return %3 : !x
}"""
_CONV = """!x = tensor<8x56x56x64xf16>
!w = tensor<3x3x64x64xf16>
func.func @main(%x: !x, %w: !w) -> !x {
  %0 = claw.conv2d %x, %w {layout = "nhwc", padding = array<i64: 1, 1>} : (!x, !w) -> !x
  return %0 : !x
}"""
_ATTENTION = """!t = tensor<4x16x2048x64xf16>
func.func @main(%q: !t, %k: !t, %v: !t) -> !t {
  %0 = claw.attention %q, %k, %v {causal} : (!t, !t, !t) -> !t
  return %0 : !t
}"""
_SOFTMAX = """!t = tensor<4096x1024xf32>
func.func @main(%x: !t) -> !t {
  %0 = claw.softmax %x : (!t) -> !t
  return %0 : !t
}"""
_RMS_NORM = """!t = tensor<4096x4096xf16>
!row = tensor<4096xf16>
func.func @main(%x: !t, %scale: !row) -> !t {
  %0 = claw.rms_norm %x, %scale : (!t, !row) -> !t
  return %0 : !t
}"""
_TRANSPOSE = """!t = tensor<4096x4096xf32>
func.func @main(%x: !t) -> !t {
  %0 = claw.transpose %x {permutation = array<i64: 1, 0>} : (!t) -> !t
  return %0 : !t
}"""

PROGRAMS = (
    _matmul("matmul f16 4096", 4096, "f16"),
    _matmul("matmul f16 1000", 1000, "f16"),
    Program("matmul f16 + bias + gelu", _BIAS_GELU, 2 * 4096**3),
    Program("conv2d nhwc f16 3x3", _CONV, 2 * 8 * 56 * 56 * 64 * 64 * 9),
    Program("attention f16 causal", _ATTENTION, 2 * 4 * 16 * 2048 * 2048 * 64),
    _matmul("matmul f32 1024", 1024, "f32"),
    Program("softmax f32", _SOFTMAX),
    Program("rms_norm f16", _RMS_NORM),
    Program("transpose f32", _TRANSPOSE),
)
CHIPS = ("nvptx:sm_80", "nvptx:sm_90", "amdgpu:gfx942", "amdgpu:gfx1100")
