"""Every instruction of the examples and of the kernel kinds is known to AMD's emulator, and is
decoded as LLVM's disassembler decodes it, where that is installed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from harness import single, tensor

import clawc
from clawc.emulators.gcn.decoder import decode_one
from clawc.emulators.gcn.generations import CHIPS, generation
from clawc.emulators.gcn.machine import load

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.mlir"))
DISASSEMBLER = shutil.which("llvm-objdump-22")
ROWS = {dtype: tensor(dtype, (7, 600)) for dtype in ("f32", "f16")}
CASES = {
    "matmul": single("matmul", [tensor("f16", (40, 40))] * 2, tensor("f32", (40, 40)), ""),
    **{f"softmax-{d}": single("softmax", [of], of, "{axis = 1 : i64}") for d, of in ROWS.items()},
}
_LINE = re.compile(r"^\t(\S+).*// ([0-9A-F]+): ((?:[0-9A-F]{8} ?)+)")
_SUFFIX = re.compile(r"(_e64_dpp|_e64_dpp8|_e32|_e64|_dpp|_dpp8|_sdwa)$")


def code(source: str, chip: str) -> bytes:
    return clawc.compile(source, target=f"amdgpu:{chip}").images[0].data


@pytest.mark.parametrize("chip", ["gfx1100", "gfx942"])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_all_instructions_are_known(path, chip):
    for kernel in load(code(path.read_text(), chip), chip).values():
        for block in kernel.program.blocks.values():
            assert block.steps is not None


@pytest.mark.skipif(DISASSEMBLER is None, reason="needs llvm-objdump-22")
@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("case", CASES)
def test_decoded_as_by_llvm(chip, case, tmp_path):
    text = CASES[case]
    path = tmp_path / "k.hsaco"
    path.write_bytes(code(text, chip))
    command = [DISASSEMBLER, "-d", f"--mcpu={chip}", str(path)]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    known = generation(chip)
    assert known is not None
    lines = [found for line in listing.splitlines() if (found := _LINE.match(line))]
    assert lines
    for found in lines:
        words = b"".join(int(word, 16).to_bytes(4, "little") for word in found[3].split())
        one = decode_one(words.ljust(16, b"\0"), int(found[2], 16), known)
        assert one.size == len(words), found[0]
        assert one.format == "VOPD" or one.mnemonic == _SUFFIX.sub("", found[1]), found[0]
