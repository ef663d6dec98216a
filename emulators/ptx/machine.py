"""Executes PTX: the machine of `emulator:sm_80` and its like."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from clawc.emulators.interface import (
    Counts,
    EmulationError,
    Launch,
    Options,
    Outcome,
)
from clawc.emulators.memory import Buffer, GlobalMemory
from clawc.emulators.ptx.barrier_form import barrier_form
from clawc.emulators.ptx.classes import class_of
from clawc.emulators.ptx.flow import (
    Block,
    blocks_of,
    by_halves,
    is_barrier,
    is_cluster_barrier,
    is_wait,
    maybe_unset,
    read,
)
from clawc.emulators.ptx.kernel import FlatKernel, flatten
from clawc.emulators.ptx.layout import Layout, lay_out
from clawc.emulators.ptx.parser import parse
from clawc.emulators.ptx.progress import ReadyBlock
from clawc.emulators.ptx.scheduler import Scheduler, starts_collective
from clawc.emulators.ptx.steps import build_step
from clawc.emulators.ptx.syntax import Immediate, Instruction, PtxModule, Register
from clawc.emulators.ptx.tensor_map import encode_tiled
from clawc.emulators.ptx.threads import Reader, Threads, reader
from clawc.emulators.ptx.wait_form import wait_form
from clawc.emulators.ptx.watch import Watch
from clawc.runtime.errors import BadImage, Unsupported
from clawc.runtime.tensor_maps import TensorMap

TARGET = "nvptx"
_LARGEST_WORKGROUP = 1024
_SHARED_KB = {  # that a workgroup may have
    **{"sm_80": 163, "sm_70": 96, "sm_75": 64, "sm_86": 99, "sm_89": 99},
    **{"sm_90": 227, "sm_100": 227, "sm_120": 99},
}
CHIPS = tuple(_SHARED_KB)
_ELEMENTS = {"i8": "u8", "i16": "u16", "i32": "s32", "i64": "s64"}  # as tensor maps call them
_MASKED = (
    "shfl",
    "vote",
    "redux",
    "match",
    "elect",
)  # collectives whose last operand says who takes part


def fit(image_chip: str, chip: str) -> int | None:
    """PTX runs on its chip and all later ones; `sm_90a` on its own generation."""
    wanted, own = (re.fullmatch(r"sm_(\d+)([af]?)", name) for name in (image_chip, chip))
    if wanted is None or own is None:
        return None
    if wanted[2] and wanted[1] != own[1] or int(wanted[1]) > int(own[1]):
        return None
    return 2 * int(wanted[1]) + bool(wanted[2])


def load(data: bytes, chip: str) -> dict[str, PtxKernel]:
    try:
        module = parse(data.rstrip(b"\0").decode())
    except UnicodeDecodeError:
        raise BadImage("reading PTX", "failed", "the image is no text") from None
    code = LoadedPtx(module, chip)
    return {name: PtxKernel(name, code) for name, f in module.functions.items() if f.is_kernel}


def tensor_map(described: TensorMap, address: int, scalars: Sequence[int]) -> bytes:
    sizes, strides = described.at(scalars)
    element = _ELEMENTS.get(described.element, described.element)
    box = described.box
    return encode_tiled(address, element, sizes, strides, box, swizzle=described.swizzle)


class LoadedPtx:
    """An image, and where its global variables are in each memory."""

    def __init__(self, module: PtxModule, chip: str) -> None:
        self.module = module
        self.chip = chip
        self.placed: dict[int, dict[str, Buffer]] = {}

    def variables(self, memory: GlobalMemory, kernel: FlatKernel) -> dict[str, Buffer]:
        found = self.placed.setdefault(id(memory), {})
        for name, variable in kernel.variables.items():
            if variable.space in ("global", "const") and name not in found:
                found[name] = memory.alloc(variable.size)
                data = variable.data or bytes(variable.size)
                memory.write(found[name], np.frombuffer(data, np.uint8))
        return {name: found[name] for name in found if name in kernel.variables}


class PtxKernel:
    """A kernel of an image; what is found out about it is kept for its next launch."""

    def __init__(self, name: str, code: LoadedPtx) -> None:
        self.name = name
        self.code = code
        self.ready: list[ReadyBlock] | None = None

    @cached_property
    def flat(self) -> FlatKernel:
        return flatten(self.code.module, self.name)

    @cached_property
    def blocks(self) -> list[Block]:
        return blocks_of(self.flat)

    @cached_property
    def suspects(self) -> frozenset[int]:
        return frozenset(maybe_unset(self.flat, self.blocks))

    @cached_property
    def registers_read(self) -> frozenset[int]:
        return frozenset(r.number for each in self.flat.instructions for r in read(each))

    @cached_property
    def halves_only(self) -> frozenset[int]:
        return self.registers_read - frozenset(
            r.number for i in self.flat.instructions if not by_halves(i) for r in read(i)
        )

    def run(self, launch: Launch, memory: GlobalMemory, options: Options) -> Outcome:
        start = time.perf_counter()
        variables = self.code.variables(memory, self.flat)
        addresses = {name: buffer.address for name, buffer in variables.items()}
        known = self.suspects, self.registers_read, self.halves_only
        layout = lay_out(self.flat, *known, launch, memory, addresses)
        self.check_limits(layout)
        watch = Watch(layout, options, [*launch.buffers, *launch.indirect, *variables.values()])
        if self.ready is None:
            self.ready = [ready_block(block, layout) for block in self.blocks]
        for ready in self.ready:
            ready.warps = ready.lanes = 0
        clusters = options.lanes // (layout.lanes_per_workgroup * layout.cluster)
        together = max(1, clusters) * layout.cluster
        with np.errstate(all="ignore"):
            for first in range(0, launch.grid, together):
                count = min(together, launch.grid - first)
                threads = Threads(layout, watch, first, count)
                try:
                    Scheduler(threads, self.ready, options.order).run()
                except IndexError:
                    message = (
                        f"{self.name}: an access outside of memory; check with --emulate-check"
                    )
                    raise EmulationError(message) from None
        self.count_instructions(watch.counts)
        watch.counts.seconds = time.perf_counter() - start
        return Outcome(list(watch.checks.findings.values()), watch.counts)

    def check_limits(self, layout: Layout) -> None:
        if layout.grid % layout.cluster:
            raise Unsupported(
                f"{self.name} runs in clusters of {layout.cluster} workgroups; the launch has "
                f"{layout.grid}, which is no multiple"
            )
        if layout.workgroup > _LARGEST_WORKGROUP:
            raise Unsupported(f"{layout.workgroup} threads; a workgroup has {_LARGEST_WORKGROUP}")
        allowed = _SHARED_KB.get(self.code.chip, max(_SHARED_KB.values())) << 10
        if layout.shared_size > allowed:
            raise Unsupported(
                f"{self.name} needs {layout.shared_size} bytes of shared memory; "
                f"{self.code.chip} has {allowed}"
            )

    def count_instructions(self, counts: Counts) -> None:
        for ready in self.ready or []:
            block = ready.block
            all_of_it = [*block.plain, *([block.control] if block.control else [])]
            for name, number in Counter(class_of(each) for each in all_of_it).items():
                counts.warp_instructions[name] += number * ready.warps
                counts.thread_instructions[name] += number * ready.lanes


def ready_block(block: Block, layout: Layout) -> ReadyBlock:
    steps = [(instruction, build_step(instruction, layout)) for instruction in block.plain]
    members = member_reader(block.plain[0], layout) if starts_collective(block) else None
    selector = barrier = wait = None
    control = block.control
    if control is not None and is_barrier(control) and not is_cluster_barrier(control):
        barrier = barrier_form(control, layout)
    elif control is not None and is_wait(control):
        wait = wait_form(control, layout)
    elif control is not None and control.base == "brx":
        selector = reader(control.operands[0], "u32", layout)
    return ReadyBlock(block, steps, members, selector, barrier, wait, unsure(control, layout))


def unsure(control: Instruction | None, layout: Layout) -> list[Register]:
    """The registers that the end of a block reads, and that may be unset there."""
    if control is None:
        return []
    return [register for register in read(control) if register.number in layout.suspects]


def member_reader(instruction: Instruction, layout: Layout) -> Reader:
    if instruction.base in _MASKED or instruction.opcode == "bar.warp.sync":
        return reader(instruction.operands[-1], "u32", layout)
    if instruction.base == "activemask":
        return reader(Immediate(0), "u32", layout)
    return reader(Immediate(0xFFFFFFFF), "u32", layout)
