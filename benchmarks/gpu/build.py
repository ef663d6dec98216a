"""Compile a kit for machines with a GPU: programs, what is expected of them, and the runtime.

python benchmarks/gpu/build.py OUT --chip sm_90 [--chip gfx942 ...] [--small] [--jobs 2]

OUT then holds everything that `python OUT/run.py` needs beside Python and NumPy.  A chip is a name
of `chips/` (sm_90, gfx942, vulkan, opencl, opencl-cpu), or `host`.
"""

from __future__ import annotations

import argparse
import datetime
import os
import shutil
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from importlib import metadata
from multiprocessing import get_context
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parents[1] / "test" / "support")]
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the processes share the machine

import numpy as np  # noqa: E402
from kit.case import Case, Given, Kit  # noqa: E402
from kit.expected import to_arrays  # noqa: E402
from kit.numbers import Seeded  # noqa: E402
from programs.order import all_programs, small_programs  # noqa: E402
from programs.program import Program, name_of  # noqa: E402

from clawc.chips.known import UnknownChip, find, known  # noqa: E402
from clawc.compiler.compile import ArtifactJob  # noqa: E402
from clawc.compiler.diagnostics import CompileError  # noqa: E402
from clawc.compiler.options import Options  # noqa: E402
from clawc.compiler.source import Source  # noqa: E402
from clawc.compiler.worker import run_isolated  # noqa: E402
from clawc.runtime.artifact import Artifact  # noqa: E402

ROOMS = ("runtime", "chips", "emulators")  # of clawc, which the kit carries
LARGEST = 60e6  # bytes of a kit
ENTRY_POINTS = "[clawc.devices]\nemulator = clawc.emulators.device\n"


@dataclass(frozen=True)
class Task:
    """What a process of the build does: a program, for some chips, into files."""

    number: int
    program: Program
    chips: tuple[str, ...]
    folder: Path

    def run(self) -> Case:
        program = self.program
        inputs, stored = inputs_of(program)
        answers = program.answer(program)
        for number, (_, expected) in enumerate(answers):
            stored |= to_arrays(number, expected)
        results = tuple(result for result, _ in answers)
        case = Case(self.number, program.name, program.text, inputs, results, program.speed)
        np.savez_compressed(case.file(self.folder, ".npz"), **stored)
        images, refused = [], {}
        for chip in self.chips:
            try:
                images += compiled(program, chip).images
            except CompileError as error:
                refused[chip] = str(error.diagnostics[0].message)
        if images:
            Artifact(images).save(case.file(self.folder, ".claw"))
        return replace(case, refused=refused)


_tasks: list[Task] = []  # of a process of the build


def start_with(tasks: list[Task]) -> None:
    _tasks[:] = tasks


def run_task(number: int) -> Case:
    return _tasks[number].run()


def inputs_of(program: Program) -> tuple[tuple[Seeded | Given, ...], dict[str, np.ndarray]]:
    """The inputs as a kit names them, and the arrays that it has to carry."""
    named: list[Seeded | Given] = []
    stored = {}
    for number, value in enumerate(program.inputs):
        if isinstance(value, Seeded):
            named.append(value)
            continue
        name = f"input.{number}"
        named.append(Given(name_of(value.dtype), value.shape, name))
        stored[name] = np.frombuffer(value.tobytes(), np.uint8)
    return tuple(named), stored


def compiled(program: Program, chip: str) -> Artifact:
    """For one chip, in a process whose end is an error of this program alone.  Where time is taken,
    the registers are found out, and a cubin lies beside PTX, if there is an assembler."""
    source = Source.of(program.text)
    if program.speed is None:
        return run_isolated(ArtifactJob(source, (chip,), Options()))
    try:
        options = Options(explain=True, cubin=True)
        return run_isolated(ArtifactJob(source, (chip,), options))
    except CompileError:  # perhaps for lack of the assembler; what else it is, is said again
        return run_isolated(ArtifactJob(source, (chip,), Options(explain=True)))


def spec_of(name: str) -> str:
    """`nvptx:sm_90` of `sm_90`; what has a colon or is a target stays."""
    for target, chips in known().items():
        if target == name or name in (chip.name for chip in chips):
            return find(target if target == name else f"{target}:{name}").spec
    return find(name).spec


def build(
    folder: Path, programs: Sequence[Program], chips: Sequence[str], jobs: int, small: bool
) -> Kit:
    """Write a kit of these programs; an old one in the folder is replaced."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "kit.json").exists():
        raise SystemExit(f"build.py: error: {folder} holds something that is no kit")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "cases").mkdir(parents=True)
    tasks = [
        Task(number, program, tuple(chips), folder / "cases")
        for number, program in enumerate(programs)
    ]
    # Forked, as programs hold functions, which no other kind of process could be sent.
    with ProcessPoolExecutor(jobs, get_context("fork"), start_with, (tasks,)) as pool:
        cases = list(pool.map(run_task, range(len(tasks))))
    made = {
        "clawc": metadata.version("clawc"),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "chips": list(chips),
        "small": small,
    }
    kit = Kit(made, cases)
    carry_runtime(folder)
    kit.save(folder)
    return kit


def carry_runtime(folder: Path) -> None:
    """The runner, and of clawc what runs without a compiler; emulators are found as devices are
    that a package adds."""
    for name in ("run.py", "show.py"):
        shutil.copy(HERE / name, folder)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(HERE / "kit", folder / "kit", ignore=ignore)
    source = HERE.parents[1]
    (folder / "clawc").mkdir()
    shutil.copy(source / "src" / "clawc" / "__init__.py", folder / "clawc")
    for room in ROOMS:
        shutil.copytree(source / room, folder / "clawc" / room, ignore=ignore)
    named = folder / "clawc_kit-1.dist-info"
    named.mkdir()
    (named / "METADATA").write_text("Metadata-Version: 2.1\nName: clawc-kit\nVersion: 1\n")
    (named / "entry_points.txt").write_text(ENTRY_POINTS)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compile a kit for machines with a GPU.")
    parser.add_argument("folder", type=Path, metavar="OUT")
    parser.add_argument("--chip", action="append", required=True, help="sm_90, gfx942, host, ...")
    parser.add_argument("--small", action="store_true", help="few programs, of small sizes")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes that compile")
    given = parser.parse_args()
    try:
        chips = [spec_of(chip) for chip in given.chip]
    except UnknownChip as error:
        parser.error(str(error))
    start = time.perf_counter()
    programs = small_programs() if given.small else all_programs()
    kit = build(given.folder, programs, chips, given.jobs, given.small)
    size = sum(path.stat().st_size for path in given.folder.rglob("*") if path.is_file())
    for case in kit.cases:
        for chip, why in case.refused.items():
            print(f"refused for {chip}: {case.name}: {why}")
    minutes = (time.perf_counter() - start) / 60
    print(
        f"{given.folder}: {len(kit.cases)} programs for {', '.join(chips)}, {size / 1e6:.0f} MB, "
        f"built in {minutes:.1f} minutes by {given.jobs} processes"
    )
    if size > LARGEST:
        raise SystemExit(f"build.py: error: more than {LARGEST / 1e6:.0f} MB are hard to carry")


if __name__ == "__main__":
    main()
