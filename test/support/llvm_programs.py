"""Programs of LLVM IR that run on GPUs and on the host: a tree of statements, and its text.

Statements read and assign typed variables; every variable has a value from the start, so that any
statement can be left out and the program is still one (see `llvm_reduction`).  Each thread loads
its variables from memory, and at the end stores them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

SLICE = 64  # bytes of %heap that belong to each thread
CELLS = 256  # bytes behind all slices, for atomic operations by everybody


@dataclass(frozen=True)
class Statement:
    """`$r = add i32 $0, $1` with operands for `$0` and `$1`: variables, or constants as written.

    Names such as `$a` are the statement's own; `$r` becomes the variable `target`, if there is one.
    """

    text: str
    operands: tuple[str, ...] = ()
    target: str = ""


@dataclass(frozen=True)
class Choice:
    """Goes the way that `selector` says: an i1, or an i32 modulo the number of ways."""

    selector: str
    ways: tuple[Block, ...]


@dataclass(frozen=True)
class Loop:
    """Runs 0 to 7 times, as the i32 `trips` says, and ends early where the i1 `leave` holds."""

    trips: str
    body: Block
    leave: str = ""


@dataclass(frozen=True)
class Return:
    """The thread is done if the i1 `condition` holds."""

    condition: str


@dataclass(frozen=True)
class Barrier:
    """All threads of the workgroup meet; only between the program's outermost statements."""


Node = Statement | Choice | Loop | Return | Barrier
Block = tuple[Node, ...]


@dataclass(frozen=True)
class Program:
    """Variables are named after types: `i32.0`; all threads start with the same `uniform`."""

    seed: int
    variables: dict[str, str]  # name: type
    body: Block
    uniform: frozenset[str] = frozenset()
    head: str = ""  # tables and functions
    entry: str = ""  # text at the start of each thread: its arrays
    first: str = ""  # text before the first phase
    each: str = ""  # text before each phase; on the host, all that a thread's arrays hold

    @property
    def phases(self) -> list[Block]:
        """What lies between barriers."""
        found: list[list[Node]] = [[]]
        for node in self.body:
            if isinstance(node, Barrier):
                found.append([])
            else:
                found[-1].append(node)
        return [tuple(phase) for phase in found]


def size_of(type: str) -> int:
    """Bytes of a type in memory; an i1 is kept in one."""
    if vector := re.fullmatch(r"<(\d+) x (\w+)>", type):
        return int(vector[1]) * size_of(vector[2])
    floats = {"half": 2, "bfloat": 2, "float": 4, "double": 8}
    return floats.get(type) or max(int(type[1:]) // 8, 1)


def offsets(variables: dict[str, str]) -> tuple[dict[str, int], int]:
    """Where each variable is in a thread's record, and the record's size."""
    at, found = 0, {}
    for name, type in variables.items():
        size = size_of(type)
        at = -(-at // size) * size
        found[name] = at
        at += size
    return found, -(-at // 16) * 16


@dataclass
class Writer:
    """Makes text; `values` are the names that the variables have where it stands."""

    program: Program
    lines: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    block: str = ""  # the label of the one that is being written
    returns: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def line(self, text: str) -> None:
        self.lines.append(f"  {text}")

    def fresh(self, stem: str) -> str:
        return f"{stem}{next(self.numbers)}"

    def start(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.block = label

    def load(self, source: str, uniform: str) -> None:
        """All variables, from the thread's record at `source`, or from the one at `uniform`."""
        places, _ = offsets(self.program.variables)
        for name, type in self.program.variables.items():
            base = uniform if name in self.program.uniform else source
            stored = "i8" if type == "i1" else type
            kept = "$r = trunc i8 $v to i1" if type == "i1" else ""
            loaded = "$v" if kept else "$r"
            self.statement(
                f"$p = getelementptr i8, ptr addrspace(1) {base}, i64 {places[name]}\n"
                f"{loaded} = load {stored}, ptr addrspace(1) $p, align {min(size_of(type), 16)}\n"
                f"{kept}",
                (),
                name,
            )

    def store(self, place: str) -> None:
        places, _ = offsets(self.program.variables)
        for name, type in self.program.variables.items():
            widened = "$v = zext i1 $0 to i8\n" if type == "i1" else ""
            stored, value = ("i8", "$v") if widened else (type, "$0")
            self.statement(
                f"$p = getelementptr i8, ptr addrspace(1) {place}, i64 {places[name]}\n{widened}"
                f"store {stored} {value}, ptr addrspace(1) $p, align {min(size_of(type), 16)}",
                (name,),
            )

    def statement(self, text: str, operands: Sequence[str], target: str = "") -> None:
        number = next(self.numbers)

        def named(found: re.Match[str]) -> str:
            name = found[1]
            if name.isdigit():
                return self.values.get(operands[int(name)], operands[int(name)])
            return f"%{name}.{number}"

        for line in re.sub(r"\$(\w+)", named, text).splitlines():
            self.line(line)
        if target:
            self.values[target] = f"%r.{number}"

    def write(self, block: Block) -> None:
        for node in block:
            match node:
                case Statement(text, operands, target):
                    self.statement(text, operands, target)
                case Choice():
                    self.choice(node)
                case Loop():
                    self.loop(node)
                case Return(condition):
                    going = self.fresh("going")
                    self.returns.append((self.block, dict(self.values)))
                    self.line(f"br i1 {self.values[condition]}, label %exit, label %{going}")
                    self.start(going)
                case Barrier():
                    raise ValueError("a barrier within a branch")

    def choice(self, node: Choice) -> None:
        selector, before = self.values[node.selector], dict(self.values)
        labels = [self.fresh("way") for _ in node.ways]
        joined = self.fresh("joined")
        if self.program.variables[node.selector] == "i1":
            self.line(f"br i1 {selector}, label %{labels[0]}, label %{labels[1]}")
        else:
            which = f"%which.{joined}"
            self.line(f"{which} = urem i32 {selector}, {len(labels)}")
            cases = " ".join(f"i32 {i}, label %{to}" for i, to in enumerate(labels[1:], 1))
            self.line(f"switch i32 {which}, label %{labels[0]} [ {cases} ]")
        ends = []
        for label, way in zip(labels, node.ways, strict=True):
            self.values = dict(before)
            self.start(label)
            self.write(way)
            self.line(f"br label %{joined}")
            ends.append((self.block, self.values))
        self.join(joined, ends)

    def join(self, label: str, ends: Sequence[tuple[str, dict[str, str]]]) -> None:
        """Start a block that is reached from the ends of others."""
        self.start(label)
        self.values = {}
        for name, type in self.program.variables.items():
            coming = [values[name] for _, values in ends]
            self.values[name] = coming[0]
            if len(set(coming)) > 1:
                pairs = ", ".join(f"[ {values[name]}, %{block} ]" for block, values in ends)
                self.values[name] = f"%{name}.{label}"
                self.line(f"{self.values[name]} = phi {type} {pairs}")

    def loop(self, node: Loop) -> None:
        head, body, after = self.fresh("head"), self.fresh("body"), self.fresh("after")
        trips, index, following = f"%trips.{head}", f"%index.{head}", f"%following.{head}"
        self.line(f"{trips} = and i32 {self.values[node.trips]}, 7")
        self.line(f"br label %{head}")
        entered, before = self.block, self.values
        changed = [name for name in before if name in set(targets(node.body))]
        self.start(head)
        at = len(self.lines)
        self.values = before | {name: f"%{name}.{head}" for name in changed}
        self.line(f"%more.{head} = icmp ult i32 {index}, {trips}")
        self.line(f"br i1 %more.{head}, label %{body}, label %{after}")
        ends = [(head, dict(self.values))]
        self.start(body)
        self.write(node.body)
        self.line(f"{following} = add i32 {index}, 1")
        again, latest = self.block, self.values
        if node.leave:
            left = latest[node.leave]
            self.line(f"br i1 {left}, label %{after}, label %{head}")
            ends.append((again, latest))
        else:
            self.line(f"br label %{head}")
        phis = [f"{index} = phi i32 [ 0, %{entered} ], [ {following}, %{again} ]"]
        for name in changed:
            pairs = f"[ {before[name]}, %{entered} ], [ {latest[name]}, %{again} ]"
            phis.append(f"%{name}.{head} = phi {self.program.variables[name]} {pairs}")
        self.lines[at:at] = [f"  {phi}" for phi in phis]
        self.join(after, ends)


def targets(block: Block) -> Iterator[str]:
    """The variables that a block assigns."""
    for node in block:
        match node:
            case Statement(target=target):
                yield target
            case Choice(ways=ways):
                for way in ways:
                    yield from targets(way)
            case Loop(body=body):
                yield from targets(body)


def body_text(program: Program, phases: Sequence[Block], barrier: str, source: str) -> str:
    """The text of `phases`, from the variables' loads from `source` to their stores to %mine.

    Named before: %thread (the number in the launch), %in, %mine, %common, %heap, %slice, %cells,
    %shared.
    """
    writer = Writer(program)
    writer.block = "entry"
    writer.load(source, "%common" if source == "%in" else source)
    for i, phase in enumerate(phases):
        if i:
            writer.lines.append(barrier)
        elif source == "%in":
            writer.lines.append(program.first)
        writer.lines.append(program.each)
        writer.write(phase)
    writer.line("br label %exit")
    writer.join("exit", [*writer.returns, (writer.block, writer.values)])
    writer.store("%mine")
    writer.line("ret void")
    return "\n".join(writer.lines)
