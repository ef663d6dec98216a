"""Programs in other dialects and files of other formats: what to run first, or who is asked to.

StableHLO and the torch dialect are lowered here where torch-mlir is installed, by its `torch-mlir-
opt` in a process of its own; for the rest the table below says what has to be run.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.dialects.guard import SyntaxIssue, blank

TOOL = "torch-mlir-opt"
SECONDS = 600  # after which it is taken to have no end
INSTALL = "pip install clawc[stablehlo]"


@dataclass(frozen=True)
class Foreign:
    """What a dialect is called, and the passes of torch-mlir-opt, or another command, that lead
    from it to what clawc takes."""

    called: str
    passes: str = ""
    command: str = ""

    @property
    def advice(self) -> str:
        if self.command:
            return f"run first: {self.command}"
        return f"{INSTALL} and clawc lowers it, or run first: {TOOL} {self.passes} FILE"


STABLEHLO = Foreign("StableHLO", "--stablehlo-legalize-to-linalg --stablehlo-convert-to-signless")
_TO_LINALG = "--torch-backend-to-linalg-on-tensors-backend-pipeline"
TORCH = Foreign("the torch dialect", f"--torchdynamo-export-to-torch-backend-pipeline {_TO_LINALG}")
IMPORTED_ONNX = Foreign(
    "ONNX in the torch dialect", f"--torch-onnx-to-torch-backend-pipeline {_TO_LINALG}"
)
DIALECTS = {
    "stablehlo": STABLEHLO,
    "torch": TORCH,
    "torch_c": TORCH,
    "chlo": Foreign("CHLO", command="stablehlo-opt --chlo-legalize-to-stablehlo FILE"),
    "vhlo": Foreign("StableHLO as it is stored", command="stablehlo-translate --deserialize FILE"),
    "mhlo": Foreign("MHLO", command="mlir-hlo-opt --hlo-legalize-to-stablehlo FILE"),
    "onnx": Foreign(
        "onnx-mlir's dialect", command="onnx-mlir-opt --shape-inference --convert-onnx-to-tosa FILE"
    ),
    "tfl": Foreign("TensorFlow Lite's dialect", command="tf-opt --tfl-to-tosa-pipeline FILE"),
    "tf": Foreign("TensorFlow's dialect", command="tf-opt --tf-to-tosa-pipeline FILE"),
}
# By what a file of the format begins with.
FILES = {
    b"PK\x03\x04": (
        "a zip archive, as torch.save writes it; export the model with "
        'torch_mlir.fx.export_and_import(model, *inputs, output_type="linalg-on-tensors")'
    ),
    b"\x89HDF": "an HDF5 file, as Keras writes it; export the model to StableHLO or TOSA",
}

_NAMES = "|".join(DIALECTS)
_WRITTEN = re.compile(
    rf"(?:^|=)[ \t]*(?P<op>(?P<name>{_NAMES})\.\w)|(?P<type>!(?P<of>{_NAMES})\.)", re.M
)
_QUOTED = re.compile(rf'"(?P<name>{_NAMES})\.[\w.]+"\s*\(')
_OPERATION = re.compile(r'["!]?([\w.]+)')
_PLACE = re.compile(r'loc\((?:"-":(\d+):(\d+)|(#loc\d*))\)')
_SAID = re.compile(r"^<stdin>:(\d+):(\d+): error: (.*)$", re.M)
_NOT_LOWERED = re.compile(r"failed to legalize operation '(?P<op>[\w.]+)'")
_OPERATOR = re.compile(r'"torch\.operator".*?\bname = "(?P<op>[\w.]+)"')


def format_of(data: bytes) -> str:
    """What the file is and what to do with it; empty where that is not known."""
    return next((said for start, said in FILES.items() if data.startswith(start)), "")


def lowered(text: str, file: str) -> str:
    """`text`, or if it is in another dialect what that is lowered to.  Raises SyntaxIssue at its
    first operation where that cannot be done here, and CompileError where it failed."""
    found = foreign_place(text)
    if found is None:
        return text
    name, offset = found
    imported = name == "torch" and "torch.onnx_meta.opset_version" in text
    foreign, tool = IMPORTED_ONNX if imported else DIALECTS[name], find_tool()
    if not foreign.passes or tool is None:
        message = f"this is {foreign.called}, which clawc does not read; {foreign.advice}"
        raise SyntaxIssue.at(text, offset, message)
    return run_tool(tool, foreign, text, file)


def foreign_place(text: str) -> tuple[str, int] | None:
    """The first dialect of the table that an operation or type is of, and where that stands."""
    if not any(f"{name}." in text for name in DIALECTS):
        return None
    code = blank(text)
    places: list[tuple[int, str]] = []
    if written := _WRITTEN.search(code):
        start = max(written.start("op"), written.start("type"))
        places.append((start, written["name"] or written["of"]))
    for match in _QUOTED.finditer(text):
        if code[match.start()] == '"':  # neither in a string nor in a comment
            places.append((match.start(), match["name"]))
            break
    if not places:
        return None
    offset, name = min(places)
    return name, offset


def find_tool(name: str = TOOL) -> str | None:
    """A program of torch-mlir's, beside this Python or on the path."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def run_tool(tool: str, foreign: Foreign, text: str, file: str) -> str:
    """The program that torch-mlir-opt makes of `text`, with the places that it came from."""
    command = [tool, *foreign.passes.split(), "--mlir-print-debuginfo", "-"]
    try:
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        message = f"{TOOL} did not end within {SECONDS} seconds"
        raise CompileError([Diagnostic(message, file)]) from None
    if done.returncode == 0:
        made = done.stdout.decode().replace('loc("<stdin>":', 'loc("-":')
        left = foreign_place(made)
        if left is None:
            return made
        op = _OPERATION.match(made, left[1])
        message = f"{TOOL} cannot lower {op[1] if op else left[0]}, of {foreign.called}"
        raise CompileError([Diagnostic(message, file, *written_place(made, left[1]))], text)
    said = done.stderr.decode(errors="replace")
    errors = [
        Diagnostic(
            f"{_shortened(message)} (by {TOOL}, lowering {foreign.called})",
            file,
            int(line),
            int(column),
        )
        for line, column, message in _SAID.findall(said)
    ]
    ended = f"{TOOL} could not lower {foreign.called}: it ended with {done.returncode}"
    raise CompileError(errors or [Diagnostic(ended, file)], text)


def _shortened(message: str) -> str:
    """What the tool said, without the operation in its generic form."""
    found = _NOT_LOWERED.match(message)
    if not found:
        return message
    return f"no lowering of {(_OPERATOR.search(message) or found)['op']}"


def written_place(made: str, offset: int) -> tuple[int, int]:
    """The line and column that an operation of printed text came from; 0 where it does not say."""
    end = made.find("\n", offset)
    places = _PLACE.findall(made[offset:end])
    line, column, alias = places[-1] if places else ("", "", "")
    if alias:
        named = re.search(rf'^{alias} = loc\("-":(\d+):(\d+)\)', made, re.M)
        line, column = named.groups() if named else ("", "")
    return int(line or 0), int(column or 0)
