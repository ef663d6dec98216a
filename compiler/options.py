"""What a user may choose about a compilation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """The defaults are what the tools do without a word."""

    schedules: str = ""  # the text of a schedule file
    opt_level: int = 3  # of LLVM's pipeline, 0 to 3
    debug: bool = False  # line tables in PTX, HSACO and host objects
    explain: bool = False  # find out all facts about the kernels, even if it takes an assembler
    unchecked_indices: bool = False  # trust that indices which are data are in range
    verify_levels: bool = False  # hold the module against its level's specification at each step
    schedule_file: str = "<schedules>"  # what messages call the file of schedules
    cubin: bool = False  # for NVIDIA's chips a cubin beside the PTX, which takes ptxas
