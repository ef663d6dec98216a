"""Workgroups of a launch that are executed together: their memories, findings and counts."""

from __future__ import annotations

import numpy as np

from clawc.chips.transactions import bank_passes, fewest_sectors, sectors
from clawc.emulators.checks import _EPOCH, Checks, RaceShadow
from clawc.emulators.gcn.decoder import Instruction
from clawc.emulators.gcn.entry import entry_scalars, entry_vectors, start_of
from clawc.emulators.gcn.memory import Access, Space, buffer_limits
from clawc.emulators.gcn.program import Program, text_of
from clawc.emulators.gcn.waves import EXEC, SCALAR, SCALARS, Waves
from clawc.emulators.gcn.windows import ARGUMENTS_BASE, IMAGE_BASE
from clawc.emulators.interface import Counts, EmulationError, Launch, Options
from clawc.emulators.memory import BASE, POISON, GlobalMemory


class Run:
    """One launch: what its batches share."""

    def __init__(
        self,
        program: Program,
        image: np.ndarray,
        launch: Launch,
        memory: GlobalMemory,
        options: Options,
    ) -> None:
        self.program, self.launch, self.memory, self.options = program, launch, memory, options
        self.checks = Checks(program.kernel.name)
        self.counts = Counts()
        self.texts: dict[int, str] = {}  # of instructions that findings name, by address
        self.lanes = program.kernel.lanes
        self.waves_per_group = -(-launch.workgroup // self.lanes)
        limits = buffer_limits(memory.limits(list(launch.buffers)))
        granule = program.global_granule
        shadow = None
        if options.check:
            threads = self.waves_per_group * self.lanes
            shadow = RaceShadow(-(-memory.end // granule), threads, self.lanes)
        # Where a workgroup's waves share no cache, AMD's memory model wants a release before a
        # barrier to wait for stores: LLVM's "AMDGPU Usage", "Memory Model GFX10-GFX11", "GFX12".
        late = "store" if program.generation.rdna and program.kernel.two_compute_units else ""
        self.spaces = (
            Space(
                *("global", memory.data, memory.initialised, limits, BASE, shadow, granule),
                counted=True,
                granules=True,
                late=late,
            ),
            Space("constant", image, None, lambda offsets: len(image), IMAGE_BASE),
        )
        self.arguments = self._arguments()

    def _arguments(self) -> Space:
        """The bytes that the kernel's arguments are read from, as the metadata places them."""
        kernel, launch = self.program.kernel, self.launch
        values = [buffer.address for buffer in launch.buffers] + list(launch.scalars)
        rows = [row for row in kernel.arguments if not row[0].startswith("hidden_")]
        if len(values) != len(rows):
            raise EmulationError(
                f"kernel '{kernel.name}' takes {len(rows)} arguments, not {len(values)}"
            )
        # Arguments begin at a multiple of 64 in whole pages: code may read a little ahead.
        data = np.zeros(-(-max(kernel.kernarg, 1) // 64) * 64, np.uint8)
        hidden = {"hidden_block_count_x": launch.grid, "hidden_group_size_x": launch.workgroup}
        for axis in "yz":
            hidden |= {f"hidden_block_count_{axis}": 1, f"hidden_group_size_{axis}": 1}
        hidden |= {"hidden_grid_dims": 1, "hidden_dynamic_lds_size": launch.shared}
        given = list(zip(values, rows, strict=True))
        given += [(hidden[row[0]], row) for row in kernel.arguments if row[0] in hidden]
        for value, (kind, offset, size) in given:
            if kind not in ("global_buffer", "by_value", *hidden):
                raise EmulationError(f"kernel '{kernel.name}' wants an argument '{kind}'")
            whole = value if isinstance(value, int) else int.from_bytes(value, "little")
            raw = (whole & (1 << 8 * size) - 1).to_bytes(size, "little")
            data[offset : offset + size] = np.frombuffer(raw, np.uint8)
        return Space("argument", data, None, lambda offsets: len(data), ARGUMENTS_BASE)


class Batch:
    """The workgroups from `first` on, `groups` in all."""

    def __init__(self, run: Run, first: int, groups: int) -> None:
        self.run, self.first, self.groups = run, first, groups
        self.options = run.options
        self.image_base = IMAGE_BASE
        kernel = run.program.kernel
        self.local_bytes = -(-(kernel.shared + run.launch.shared) // 16) * 16
        self.local = self._local(groups * self.local_bytes)
        self.stamp = 0
        self.entered = {}

    def _local(self, size: int) -> Space:
        data = np.full(size, POISON, np.uint8)
        run = self.run
        shadow = None
        if self.options.check:
            granule = run.program.local_granule
            threads = run.waves_per_group * run.lanes
            shadow = RaceShadow(-(-size // granule), threads, run.lanes)
        known = np.zeros(size, np.uint8)
        return Space(
            *("shared", data, known, lambda offsets: size, 0, shadow, run.program.local_granule),
            counted=True,
        )

    def private(self, w: Waves) -> Space:
        """Scratch: each lane has its own."""
        data, known = w.scratch.reshape(-1), w.scratch_known.reshape(-1)
        return Space("private", data, known, lambda offsets: len(data), own=True)

    def described(self, space: Space, offset: int) -> str:
        """Where an offset is, for people."""
        if space.name == "global":
            before = [b for b in self.run.launch.buffers if b.offset <= offset]
            if not before:
                return f"address {offset + BASE:#x}, where no buffer is"
            nearest = max(before, key=lambda b: b.offset)
            number = list(self.run.launch.buffers).index(nearest)
            return f"byte {offset - nearest.offset} of buffer {number}, of {nearest.size} bytes"
        if space.name == "shared" and self.local_bytes:
            if offset >= len(space.data):
                return f"a place beyond the {self.local_bytes} bytes of shared memory"
            return f"byte {offset % self.local_bytes} of shared memory, of {self.local_bytes} bytes"
        return f"byte {offset} of {space.name} memory"

    def report(
        self, kind: str, one: Instruction, message: str, w: Waves, lanes: np.ndarray
    ) -> None:
        waves = lanes // w.lanes
        threads = w.number[waves] * w.lanes + lanes % w.lanes
        kernel = self.run.program.kernel
        if one.address not in self.run.texts:
            self.run.texts[one.address] = text_of(self.run.program, one, w.mode)
        place = f"{kernel.name}+{one.address - kernel.entry:#x}"
        text = f"{self.run.texts[one.address]} (at {place})"
        where = self.run.program.code.lines.find(one.address)
        self.run.checks.report(kind, text, where, message, w.group[waves] + self.first, threads)

    def report_early(self, w: Waves, one: Instruction) -> None:
        """A barrier that others may pass before this wave's writes to LDS are there."""
        message = "is reached with writes to shared memory under way; a wait must come first"
        self.report("unfinished", one, message, w, np.flatnonzero(w.exec))

    def thread_numbers(self, w: Waves, lanes: np.ndarray) -> np.ndarray:
        """Threads counted through the whole launch."""
        waves = lanes // w.lanes
        group = w.group[waves] + self.first
        return (group * self.run.waves_per_group + w.number[waves]) * w.lanes + lanes % w.lanes

    def next_stamp(self, epoch: int) -> int:
        """The time of an access: barriers passed, then instructions."""
        self.stamp += 1
        return epoch << _EPOCH | self.stamp & (1 << _EPOCH) - 1

    def note_access(self, w: Waves, access: Access) -> None:
        counts, size = self.run.counts, access.size
        what = f"{access.space.name} {'write' if access.writes else 'read'}"
        counts.memory_bytes[what] += size * len(access.lanes)
        wave, lane = access.lanes // w.lanes, access.lanes % w.lanes
        if not len(access.lanes):
            return
        if access.space.name == "global":
            counts.transactions[what] += sectors(wave, access.offsets, size)
            counts.ideal_transactions[what] += fewest_sectors(wave, access.offsets, size)
        else:
            taken, fewest = bank_passes(wave, lane, access.offsets, size)
            counts.transactions[what] += taken
            counts.ideal_transactions[what] += fewest

    def first_waves(self) -> Waves:
        """All waves of the batch at the kernel's entry."""
        run, kernel = self.run, self.run.program.kernel
        per_group, lanes = run.waves_per_group, run.lanes
        count = self.groups * per_group
        group = np.repeat(np.arange(self.groups), per_group)
        number = np.tile(np.arange(per_group), self.groups)
        vector = np.full((run.program.vectors, count, lanes), 0xFFFFFFFF, np.uint32)
        scalar = np.full((SCALARS, count), 0xFFFFFFFF, np.uint32)
        thread = number[:, None] * lanes + np.arange(lanes)
        active = np.packbits(thread < run.launch.workgroup, axis=1, bitorder="little")
        words = active.view(np.uint32)
        scalar[EXEC], scalar[EXEC + 1] = words[:, 0], words[:, -1] if lanes == 64 else 0
        defined = {SCALAR + EXEC, SCALAR + EXEC + 1}
        generation, data = run.program.generation, run.arguments.data
        for register, value in entry_vectors(kernel, generation, thread).items():
            vector[register] = value
            defined.add(register)
        found = entry_scalars(kernel, generation, group + self.first, number, data)
        for register, value in found.items():
            scalar[register] = value
            defined.add(SCALAR + register)
        scratch = np.full((count, lanes, -(-kernel.private // 4) * 4), POISON, np.uint8)
        everything = {*range(run.program.vectors), *range(SCALAR, SCALAR + SCALARS)}
        return Waves(
            *(vector, scalar, np.zeros(count, bool), group, number),
            *(scratch, np.zeros_like(scratch)),
            *(self, start_of(kernel)),
            mode=run.program.entry_mode,
            undefined=everything - defined,
        )
