"""The threads that are executed together: their registers, and how operands are read and written.

Threads are lanes of arrays: those of the first workgroup, in whole warps, then those of the next.
`at` says which lanes take part: None for all of them, or their numbers in ascending order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from clawc.emulators.interface import EmulationError
from clawc.emulators.memory import POISON
from clawc.emulators.ptx.clocks import Clocks
from clawc.emulators.ptx.fragments import InFlight
from clawc.emulators.ptx.layout import SCALAR_SPECIALS, WARP, Layout
from clawc.emulators.ptx.mbarrier import Mbarriers
from clawc.emulators.ptx.syntax import (
    Immediate,
    Instruction,
    Inverted,
    Operand,
    Register,
    Sink,
    Special,
    Symbol,
)
from clawc.emulators.ptx.values import BITS, SIGNED, UNSIGNED, Array, dtype_of
from clawc.emulators.ptx.watch import Watch

Lanes = Array | None
Reader = Callable[["Threads", Lanes], Array]
Writer = Callable[["Threads", Lanes, Array], None]
Step = Callable[["Threads", Lanes], None]


class Threads:
    """Some workgroups of a launch."""

    def __init__(self, layout: Layout, watch: Watch, first_workgroup: int, workgroups: int) -> None:
        self.layout = layout
        self.watch = watch
        self.workgroups = workgroups
        self.per_workgroup = layout.lanes_per_workgroup
        self.count = workgroups * self.per_workgroup
        self.lanes = np.arange(self.count)
        self.thread = self.lanes % self.per_workgroup  # within its workgroup
        self.group = self.lanes // self.per_workgroup
        self.first_workgroup = first_workgroup
        self.number = self.lanes + first_workgroup * self.per_workgroup  # within the launch
        self.stamp = np.zeros(self.count, np.int64)  # see RaceShadow
        self.exists = self.thread < layout.workgroup
        self.registers = [
            np.zeros(self.count, np.bool_ if width == 1 else UNSIGNED[width])
            for width in layout.kernel.widths
        ]
        self.written = {number: np.zeros(self.count, np.uint8) for number in layout.suspects}
        self.special = self.special_values()
        self.asynchronous: list[Any] = []  # copies that nobody has waited for yet
        self.underway: list[Any] = []  # copies in bulk, and arrivals of others, for mbarriers
        self.serial = 0  # of the copies and arrivals that were started
        self.copy_groups = np.zeros(self.count, np.int64)  # that each lane has committed
        self.bulk_stores: list[Any] = []  # copies in bulk out of shared memory, not landed yet
        self.bulk_groups = np.zeros(self.count, np.int64)  # of these, that each has committed
        self.in_flight = InFlight(len(layout.fragments.numbers), self.count)
        self.bytes = {
            "global": layout.memory.data,
            "shared": np.full(workgroups * layout.shared_stride, POISON, np.uint8),
            "local": np.full(self.count * layout.local_size, POISON, np.uint8),
            "param": np.frombuffer(layout.parameters, np.uint8),
        }
        self.initialised: dict[str, Array] = {}
        clocked = watch.check and layout.has_clocks
        together = self.per_workgroup * layout.cluster  # threads that know of each other
        self.clocks = Clocks(self.number, together) if clocked else None
        self.shadows: dict[str, Any] = {}  # RaceShadow or ClockShadow; see watch.who
        if watch.check:
            self.initialised = {
                "shared": np.zeros(len(self.bytes["shared"]), np.uint8),
                "global": layout.memory.initialised,
            }
            self.shadows = {
                "global": watch.shadow,
                "shared": watch.new_shadow("shared", workgroups),
            }
        known, stride = self.initialised.get("shared"), layout.shared_stride
        self.mbarriers = Mbarriers(self.count, stride, self.clocks, known, self.report)

    def special_values(self) -> dict[str, Array]:
        groups = self.group + self.first_workgroup
        lane = (self.lanes % WARP).astype(np.uint64)
        one = np.uint64(1) << lane
        size, cluster = self.layout.workgroup, self.layout.cluster
        values: dict[str, Any] = {
            "tid.x": self.thread,
            "ctaid.x": groups,
            "ntid.x": size,
            "nctaid.x": self.layout.grid,
            "laneid": lane,
            "warpid": self.thread // WARP,
            "nwarpid": self.per_workgroup // WARP,
            "smid": groups % 100,
            "nsmid": 100,
            "lanemask_eq": one,
            "lanemask_lt": one - np.uint64(1),
            "lanemask_le": 2 * one - np.uint64(1),
            "lanemask_ge": np.uint64(0xFFFFFFFF) - (one - np.uint64(1)),
            "lanemask_gt": np.uint64(0xFFFFFFFF) - (2 * one - np.uint64(1)),
            "dynamic_smem_size": self.layout.dynamic_shared,
            "total_smem_size": self.layout.shared_size,
            "clusterid.x": groups // cluster,
            "nclusterid.x": self.layout.grid // cluster,
            "cluster_ctaid.x": groups % cluster,
            "cluster_nctaid.x": cluster,
            "cluster_ctarank": groups % cluster,
            "cluster_nctarank": cluster,
            "is_explicit_cluster": int(cluster > 1),
        }
        for dim in "yz":
            values |= {f"tid.{dim}": 0, f"ctaid.{dim}": 0, f"ntid.{dim}": 1, f"nctaid.{dim}": 1}
            values |= {f"clusterid.{dim}": 0, f"nclusterid.{dim}": 1}
            values |= {f"cluster_ctaid.{dim}": 0, f"cluster_nctaid.{dim}": 1}
        for clock in ("clock", "clock64", "clock_hi", "gridid"):
            values[clock] = 0
        for timer in ("globaltimer", "globaltimer_lo", "globaltimer_hi"):
            values[timer] = 0
        return {name: np.atleast_1d(value).astype(np.uint64) for name, value in values.items()}

    def taking_part(self, at: Lanes) -> Array:
        return self.lanes if at is None else at

    def next_serial(self) -> int:
        self.serial += 1
        return self.serial

    def order_warp(self, lanes: Array) -> None:
        """What threads of a warp did before comes before what they do next."""
        self.stamp[lanes] += 1
        if self.clocks is not None:
            self.clocks.join(lanes, lanes // WARP)

    def report(self, kind: str, instruction: Instruction, message: str, lanes: Array) -> None:
        """Note something wrong that these lanes did."""
        groups, threads = self.group[lanes] + self.first_workgroup, self.thread[lanes]
        text, location = instruction.text, instruction.location
        self.watch.checks.report(kind, text, location, message, groups, threads)


def reader(operand: Operand, type_: str, layout: Layout) -> Reader:
    """Reads values of the type: one a lane, or a single one where all lanes have the same."""
    dtype, bits = dtype_of(type_), BITS[type_]
    match operand:
        case Register(number=number):
            return _register_reader(number, layout.kernel.widths[number], bits, dtype)
        case Immediate():
            return _constant(immediate_bits(operand, type_), dtype)
        case Symbol(name=name, offset=offset):
            address = layout.address(name) + offset
            whole = np.array([address & ((1 << bits) - 1)], np.uint64)
            return _constant(whole.astype(UNSIGNED[bits]), dtype)
        case Special(name=name):
            key = name if "." in name or name in SCALAR_SPECIALS else f"{name}.x"
            unsigned: Any = np.bool_ if bits == 1 else UNSIGNED[bits]

            def read_special(t: Threads, at: Lanes) -> Array:
                value = t.special[key]
                chosen = value if at is None or len(value) == 1 else value[at]
                return chosen.astype(unsigned).view(dtype)

            return read_special
        case Inverted(operand=inner):
            read = reader(inner, "pred", layout)
            return lambda t, at: ~read(t, at)
    raise EmulationError(f"an operand that is no value: {operand}")


def _register_reader(number: int, width: int, bits: int, dtype: Any) -> Reader:
    if width < bits:
        raise EmulationError(f"a register of {width} bits is read as one of {bits}")
    if width == bits:

        def read(t: Threads, at: Lanes) -> Array:
            values = t.registers[number]
            return (values if at is None else values[at]).view(dtype)

        return read
    narrow = UNSIGNED[bits] if bits > 1 else np.bool_

    def read_narrow(t: Threads, at: Lanes) -> Array:
        values = t.registers[number]
        return (values if at is None else values[at]).astype(narrow).view(dtype)

    return read_narrow


def _constant(value: Array, dtype: Any) -> Reader:
    constant = value.view(dtype)
    constant.flags.writeable = False
    return lambda t, at: constant


def immediate_bits(immediate: Immediate, type_: str) -> Array:
    bits = BITS[type_]
    if bits == 1:
        return np.array([bool(immediate.value)])
    if immediate.floating:
        if type_ not in ("f32", "f64"):
            raise EmulationError(f"{immediate.value} where a value of type {type_} belongs")
        return np.array([immediate.value], dtype_of(type_)).view(UNSIGNED[bits])
    value = int(immediate.value) & ((1 << bits) - 1)
    return np.array([value], np.uint64).astype(UNSIGNED[bits])


def writer(operand: Operand, type_: str, layout: Layout) -> Writer:
    """Writes values of the type; a register that is wider is filled with zeros or the sign."""
    if isinstance(operand, Sink):
        return lambda t, at, value: None
    if not isinstance(operand, Register):
        raise EmulationError(f"a result that is no register: {operand}")
    number, width, bits = operand.number, layout.kernel.widths[operand.number], BITS[type_]
    if width < bits and not (bits == 1):
        raise EmulationError(f"{operand.name} of {width} bits gets a value of {bits}")
    unsigned: Any = np.bool_ if width == 1 else UNSIGNED[width]
    narrow: Any = np.bool_ if bits == 1 else UNSIGNED[bits]
    signed = SIGNED[width] if type_[0] == "s" and bits < width else None
    dtype = dtype_of(type_)

    def write(t: Threads, at: Lanes, value: Array) -> None:
        if signed is not None:
            value = value.view(dtype).astype(signed).view(unsigned)
        elif bits < width:
            value = value.view(narrow).astype(unsigned)
        else:
            value = value.view(unsigned)
        if at is None:
            t.registers[number][...] = value
        else:
            t.registers[number][at] = value

    return write
