"""ONNX models as a source: torch-mlir's importer, in a process of its own, writes them as text."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.foreign import find_tool

MAGIC = b"\x08"  # the field `ir_version` of a ModelProto, which writers put first
TOOL = "torch-mlir-import-onnx"
SECONDS = 600  # after which it is taken to have no end
# The key of a tensor's entry that says in which other file its values are.
_ELSEWHERE = b"\x0a\x08location"
_ENTRY = re.compile(rb'func\.func @(?:"[^"]*"|[\w.$-]+)\(')


def is_whole(data: bytes) -> bool:
    """Whether all of a model's values are in its file."""
    return _ELSEWHERE not in data


def text_of_onnx(data: bytes, path: Path | None, file: str) -> bytes:
    """The model in `data`, which is the file at `path` if it is in one, as text whose function is
    called main.  Raises CompileError."""
    with tempfile.TemporaryDirectory(prefix="clawc-") as folder:
        if path is None:
            path = Path(folder, "model.onnx")
            path.write_bytes(data)
        made = Path(folder, "model.mlir")
        command = [_tool(file), str(path), "-o", str(made), "--data-dir", str(path.parent)]
        try:
            run = subprocess.run(
                [*command, "--temp-dir", folder], capture_output=True, check=False, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            raise _error(f"{TOOL} did not end within {SECONDS} seconds", file) from None
        if run.returncode:
            raise _error(_reason(run.stderr.decode(errors="replace")), file)
        text = made.read_bytes()
    return _ENTRY.sub(b"func.func @main(", text) if len(_ENTRY.findall(text)) == 1 else text


def _tool(file: str) -> str:
    found = find_tool(TOOL)
    if found is None:
        raise _error("is an ONNX model; pip install clawc[onnx] and clawc reads it", file)
    return found


def _reason(said: str) -> str:
    """What the importer's last words mean."""
    last = said.strip().rpartition("\n")[2].strip()
    if re.search(r"No module named '(onnx|torch_mlir)\b", last):
        return "is an ONNX model; pip install clawc[onnx] and clawc reads it"
    return f"{TOOL} cannot read the model: {last or 'it says nothing'}"


def _error(message: str, file: str) -> CompileError:
    return CompileError([Diagnostic(message, file)])
