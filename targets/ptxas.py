"""Run NVIDIA's assembler: PTX to a cubin, and what it says about registers and spills."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from importlib import util
from pathlib import Path

from clawc.targets.emission import EmissionError, KernelFacts

_FACTS = {
    "registers": r"Used (\d+) registers",
    "spills": r"(\d+) bytes spill stores",
    "stack": r"(\d+) bytes stack frame",
    "shared": r"(\d+) bytes smem",
}


def find_ptxas() -> str | None:
    """ptxas from `PTXAS`, the path, or the package nvidia-cuda-nvcc."""
    named = os.environ.get("PTXAS") or shutil.which("ptxas")
    if named:
        return named
    for package, place in (("nvidia.cuda_nvcc", "bin/ptxas"), ("nvidia.cu13", "bin/ptxas")):
        spec = _spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            if (Path(folder) / place).exists():
                return str(Path(folder) / place)
    return None


def _spec(package: str):
    try:
        return util.find_spec(package)
    except ModuleNotFoundError:
        return None


def assemble(ptx: str, chip: str) -> tuple[bytes, dict[str, KernelFacts]]:
    """The cubin of `ptx` for `chip`, and the resources of each kernel.  Raises EmissionError."""
    tool = find_ptxas()
    if tool is None:
        raise EmissionError(
            "a cubin needs NVIDIA's ptxas, which was not found; install it with "
            "`pip install nvidia-cuda-nvcc`, name it in PTXAS, or emit PTX, which drivers load too"
        )
    with tempfile.TemporaryDirectory(prefix="clawc-") as folder:
        source, cubin = Path(folder, "kernels.ptx"), Path(folder, "kernels.cubin")
        source.write_text(ptx)
        command = [tool, "-v", "-O3", f"-arch={chip}", str(source), "-o", str(cubin)]
        run = subprocess.run(command, capture_output=True, text=True)
        log = run.stdout + run.stderr
        if run.returncode != 0:
            raise EmissionError(_failure(log, chip))
        return cubin.read_bytes(), resources(log)


def _failure(log: str, chip: str) -> str:
    if "is not defined for option 'gpu-name'" in log:
        return f"this ptxas does not know {chip}; use another CUDA release, or emit PTX"
    return f"ptxas rejects the PTX for {chip}: {log.strip()}"


def resources(log: str) -> dict[str, KernelFacts]:
    """The resources of each kernel, from what `ptxas -v` says."""
    facts: dict[str, KernelFacts] = {}
    parts = re.split(r"Compiling entry function '([^']+)'", log)
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        found = {fact: re.search(pattern, text) for fact, pattern in _FACTS.items()}
        facts[name] = {fact: int(match[1]) for fact, match in found.items() if match}
    return facts
