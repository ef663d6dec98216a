"""`clawc.compile`: a tensor program in, an artifact with an image for each target out.

What was compiled before is found in the cache without importing MLIR.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from clawc.compiler.cache.request import Request
from clawc.compiler.chip_specs import find_chips
from clawc.compiler.options import Options
from clawc.compiler.source import Source
from clawc.compiler.worker import run_isolated
from clawc.runtime.artifact import Artifact

if TYPE_CHECKING:
    from mlir import ir


@dataclass(frozen=True)
class ArtifactJob:
    """`compile` as a job for the worker."""

    source: Source
    targets: tuple[str, ...]
    options: Options

    def run(self) -> Artifact:
        """Raises CompileError."""
        from clawc.compiler.compilation import Compilation

        return Artifact(Compilation(self.source, self.options).images(find_chips(self.targets)))


def compile(
    source: str | os.PathLike[str] | ir.Module | Source,
    target: str | Sequence[str] = "host",
    *,
    schedules: str = "",
    opt_level: int = 3,
    debug: bool = False,
    isolate: bool = False,
    unchecked_indices: bool = False,
    verify_levels: bool = False,
    cubin: bool = False,
    cache: bool = True,
) -> Artifact:
    """Compile a tensor program for one or several targets.

    `source` is a path, a string of MLIR, or an `mlir.ir.Module`; `target` is `nvptx`, `amdgpu`,
    `spirv` or `host`, with an optional chip (`nvptx:sm_90`), or a list of these.  `schedules` is
    the text of a schedule file.  `debug` adds line tables.  `isolate` compiles in a worker process,
    so that not even a crash of the compiler reaches the caller: use it for programs that you do
    not trust.  `unchecked_indices` trusts that every index that is data is one of its tensor, where
    otherwise the nearest is taken.  `verify_levels` holds the program against the specification of
    its level after each step: for those who change the compiler.  `cubin` adds to the PTX for an
    NVIDIA chip what NVIDIA's `ptxas` makes of it, which has to be installed.  Without `cache`
    nothing is looked up on disk or kept there.

    Raises CompileError, whose `diagnostics` say what is wrong and where.
    """
    options = Options(
        schedules,
        opt_level,
        debug,
        unchecked_indices=unchecked_indices,
        verify_levels=verify_levels,
        cubin=cubin,
    )
    specs = tuple(chip.spec for chip in find_chips(target))
    job = ArtifactJob(Source.of(source), specs, options)
    request = Request(job.source, specs, "bundle", asdict(options))
    use_cache = cache and not verify_levels
    if use_cache and (kept := request.find()) is not None:
        return Artifact.from_bytes(kept)
    artifact = run_isolated(job) if isolate else job.run()
    if use_cache:
        request.keep(artifact.to_bytes())
    return artifact
