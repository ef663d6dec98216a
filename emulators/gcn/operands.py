"""Read and write the operands of one instruction, whatever kind they are; note which registers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from clawc.emulators.gcn.decoder import LITERAL, Instruction
from clawc.emulators.gcn.generations import Generation
from clawc.emulators.gcn.waves import EXEC, SCALAR, Waves
from clawc.emulators.gcn.windows import PRIVATE_APERTURE, SHARED_APERTURE
from clawc.emulators.interface import EmulationError

T = TypeVar("T")
Reader = Callable[[Waves], np.ndarray]  # [waves, lanes], or [waves, 1], or [1, 1]
Writer = Callable[[Waves, np.ndarray], None]
DTYPES = {
    **{"u16": np.uint16, "i16": np.int16, "f16": np.float16, "u32": np.uint32, "i32": np.int32},
    **{"f32": np.float32, "u64": np.uint64, "i64": np.int64, "f64": np.float64},
}
FLOATS = {
    **{240: 0.5, 241: -0.5, 242: 1.0, 243: -1.0, 244: 2.0, 245: -2.0, 246: 4.0, 247: -4.0},
    **{248: 0.15915494309189532},
}
_APERTURES = {235: SHARED_APERTURE, 237: PRIVATE_APERTURE}  # src_shared_base, src_private_base
_SCC, VECTOR = 253, 256
_SIGN = {16: np.uint16(1 << 15), 32: np.uint32(1 << 31), 64: np.uint64(1 << 63)}
_UNSIGNED = {16: np.uint16, 32: np.uint32, 64: np.uint64}


def width(type: str) -> int:
    return int(type[1:])


class Operands:
    """The operands of `instruction`; `reads` and `writes` grow as readers and writers are made."""

    def __init__(
        self,
        instruction: Instruction,
        generation: Generation,
        lanes: int,
        vectors: int,
        accumulators: int,
        mode: int,
    ) -> None:
        self.instruction = instruction
        self.generation = generation
        self.lanes = lanes
        self.vectors = vectors  # registers of a thread
        self.accumulators = accumulators  # the first of them that is one
        self.mode = mode  # see `modes`
        self.must: set[int] = set()  # reads that must be defined
        self.flows: dict[int, set[int]] = {}  # what a result depends on, where not on all reads
        self.reads: set[int] = set()
        self.writes: set[int] = set()
        # Of vector registers of which less than all is meant: 1 the low half, 2 the high one.
        self.halves_read: dict[int, int] = {}
        self.widths: dict[int, int] = {}  # bits, by the first register; and the codes of sources
        self.codes: set[int] = set()
        self.masks: set[int] = set()  # scalar registers read as a bit of each lane
        self.halves_written: dict[int, int] = {}

    @property
    def rdna(self) -> bool:
        return self.generation.rdna

    @property
    def clamp_keeps_nan(self) -> bool:
        """Whether the mode's DX10_CLAMP is off."""
        return not self.mode >> 8 & 1

    @property
    def uses(self) -> dict[int, int]:
        """The registers that are read, and of each the halves: 1 low, 2 high, 3 both."""
        return {register: self.halves_read.get(register, 3) for register in self.reads}

    @property
    def fills(self) -> dict[int, int]:
        """The registers that are written, and of each the halves."""
        return {register: self.halves_written.get(register, 3) for register in self.writes}

    def gathered(self, make: Callable[[], T]) -> tuple[T, set[int]]:
        """What `make` gives, and the registers that it reads."""
        before, self.reads = self.reads, set()
        made, own = make(), self.reads
        self.reads = before | own
        return made, own

    def upper(self, code: int) -> set[int]:
        """The second register of a 64-bit source."""
        return {code - VECTOR + 1 if code >= VECTOR else code + 1 + SCALAR}

    # Vector registers
    def vector_read(self, register: int, type: str, high: int = 0) -> Reader:
        """A vector register, or two, or a half of one."""
        bits = width(type)
        self.note(self.reads, register, bits, 1 << high if bits == 16 else 3)
        if bits == 32:
            return {
                "u32": lambda w: w.u32[register],
                "i32": lambda w: w.i32[register],
                "f32": lambda w: w.f32[register],
            }[type]
        if bits == 16:
            return {
                "u16": lambda w: w.u16[register][..., high],
                "i16": lambda w: w.i16[register][..., high],
                "f16": lambda w: w.f16[register][..., high],
            }[type]
        dtype, second = DTYPES[type], register + 1

        def read(w: Waves) -> np.ndarray:
            both = np.empty((*w.u32[register].shape, 2), np.uint32)
            both[..., 0] = w.u32[register]
            both[..., 1] = w.u32[second]
            return both.view(dtype)[..., 0]

        return read

    def vector_write(self, register: int, type: str, high: int = 0, keep: bool = True) -> Writer:
        """To the lanes that EXEC has; a half of a register clears the other one unless `keep`."""
        bits = width(type)
        self.note(self.writes, register, bits, 1 << high if bits == 16 and keep else 3)
        if bits == 32:
            file = type[0] + "32"

            def write(w: Waves, value: np.ndarray) -> None:
                to = getattr(w, file)[register]
                if w.full:
                    to[...] = value
                else:
                    np.copyto(to, value, where=w.exec)

            return write
        if bits == 16:
            file = type[0] + "16"

            def write_half(w: Waves, value: np.ndarray) -> None:
                to = getattr(w, file)[register]
                np.copyto(to[..., high], value, where=w.exec)
                if not keep:
                    np.copyto(to[..., 1 - high], 0, where=w.exec)

            return write_half

        def write_pair(w: Waves, value: np.ndarray) -> None:
            halves = np.ascontiguousarray(value).view(np.uint32).reshape(*value.shape, 2)
            for part in range(2):
                np.copyto(w.u32[register + part], halves[..., part], where=w.exec)

        return write_pair

    def note(self, registers: set[int], first: int, bits: int, halves: int = 3) -> None:
        """`registers` are `self.reads` or `self.writes`; halves count where code names them."""
        count = max(bits // 32, 1)
        if first + count > self.vectors:
            raise EmulationError(
                f"'{self.instruction}' uses v{first + count - 1}, but the kernel's descriptor "
                f"allocates {self.vectors} vector registers"
            )
        registers.update(range(first, first + count))
        self.widths[first] = max(bits, self.widths.get(first, 0))
        known = self.halves_written if registers is self.writes else self.halves_read
        for register in range(first, first + count):
            known[register] = known.get(register, 0) | (halves if self.generation.true16 else 3)

    # Scalar registers
    def scalar_read(self, code: int, type: str) -> Reader:
        """A scalar source or a constant as [waves] (or [1])."""
        bits, dtype = width(type), DTYPES[type]
        self.codes.add(code)
        if code >= 128:
            if code == _SCC:
                return lambda w: w.scc.astype(dtype)
            value = self.constant(code, type)
            return lambda w: value
        if code == self.generation.null:
            zero = np.zeros(1, dtype)
            return lambda w: zero
        self.note_scalars(self.reads, code, bits)
        if bits == 64:

            def read(w: Waves) -> np.ndarray:
                return np.stack((w.s[code], w.s[code + 1]), 1).view(dtype)[:, 0]

            return read
        if bits == 16:
            return lambda w: w.s[code].astype(np.uint16).view(dtype)
        if dtype is np.uint32:
            return lambda w: w.s[code]
        return lambda w: w.s[code].view(dtype)

    def scalar_write(self, code: int, type: str) -> Writer:
        bits = width(type)
        if code == self.generation.null:
            return lambda w, value: None
        self.note_scalars(self.writes, code, bits)
        executing = code >= EXEC or code == EXEC - 1 and bits == 64

        def write(w: Waves, value: np.ndarray) -> None:
            if bits == 64:
                halves = np.ascontiguousarray(value).view(np.uint32).reshape(-1, 2)
                w.s[code][...] = halves[:, 0]
                w.s[code + 1][...] = halves[:, 1]
            else:
                w.s[code][...] = value.view(np.uint32)
            if executing:
                w.refresh_exec()

        return write

    def note_scalars(self, registers: set[int], code: int, bits: int) -> None:
        registers.update(SCALAR + code + i for i in range(max(bits // 32, 1)))
        self.widths[SCALAR + code] = max(bits, self.widths.get(SCALAR + code, 0))

    def mask_read(self, code: int) -> Reader:
        """The bits of a scalar register (or a pair) over the lanes."""
        self.note_scalars(self.reads, code, self.lanes)
        self.masks.add(code)
        return lambda w: w.mask(code)

    def mask_write(self, code: int) -> Writer:
        if code == self.generation.null:
            return lambda w, bits: None
        self.note_scalars(self.writes, code, self.lanes)
        return lambda w, bits: w.set_mask(code, bits)

    # Any source
    def constant(self, code: int, type: str) -> np.ndarray:
        """An inline constant or the literal, as [1] of that type."""
        bits, dtype = width(type), DTYPES[type]
        if code == LITERAL:
            raw = self.instruction.literal
            if bits == 64 and type == "f64":
                raw <<= 32
            elif bits == 64 and type == "i64" and raw >> 31:
                raw |= 0xFFFFFFFF << 32
        elif 128 <= code <= 208:
            raw = code - 128 if code <= 192 else 192 - code
        elif code in _APERTURES and bits == 64:
            raw = _APERTURES[code]
        elif code in FLOATS:
            float_type = {16: np.float16, 32: np.float32, 64: np.float64}[bits]
            return np.array([FLOATS[code]], float_type).view(dtype)
        else:
            raise EmulationError(f"'{self.instruction}' has operand code {code}, not emulated")
        return np.array([raw & (1 << bits) - 1], _UNSIGNED[bits]).view(dtype)

    def source(
        self, code: int, type: str, neg: int = 0, abs: int = 0, high: int | None = None
    ) -> Reader:
        """A source of a vector instruction; `high` names the half where 16 bits are read."""
        self.codes.add(code)
        if code >= VECTOR:
            register = code - VECTOR
            if width(type) == 16 and high is None and self.generation.true16:
                register, high = register & 127, register >> 7
            read = self.vector_read(register, type, high or 0)
        elif width(type) == 16 and high:
            whole = self.scalar_read(code, "u32")
            dtype = DTYPES[type]
            read = _column(lambda w: (whole(w) >> np.uint32(16)).astype(np.uint16).view(dtype))
        else:
            read = _column(self.scalar_read(code, type))
        return modified(read, type, neg, abs)


def _column(read: Reader) -> Reader:
    return lambda w: read(w)[:, None]


def modified(read: Reader, type: str, neg: int, abs: int) -> Reader:
    """`read` with the modifiers |x| and -x, which change the sign bit and nothing else."""
    if not neg and not abs:
        return read
    dtype, plain, sign = DTYPES[type], _UNSIGNED[width(type)], _SIGN[width(type)]

    def run(w: Waves) -> np.ndarray:
        bits = np.ascontiguousarray(read(w)).view(plain)
        if abs:
            bits = bits & ~sign
        return (bits ^ sign if neg else bits).view(dtype)

    return run
