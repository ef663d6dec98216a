"""PTX as it is written: operands, instructions, variables, functions."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Register:
    """A register by its number in the kernel."""

    number: int
    name: str


@dataclass(frozen=True)
class Immediate:
    """A number; `floating` if it was written as 1.5, else `value` holds its bits or the integer."""

    value: int | float
    floating: bool = False


@dataclass(frozen=True)
class Special:
    """A register that tells something: "tid.x", "laneid"."""

    name: str


@dataclass(frozen=True)
class Symbol:
    """The address of a variable."""

    name: str
    offset: int = 0


@dataclass(frozen=True)
class Address:
    """`[base+offset]`."""

    base: Operand
    offset: int = 0


@dataclass(frozen=True)
class TensorPlace:
    """`[map, {x, y}]`: a box of a tensor, by where its map is and its coordinates."""

    map: Operand
    coordinates: tuple[Operand, ...]


@dataclass(frozen=True)
class Vector:
    """`{a, b}`."""

    elements: tuple[Operand, ...]


@dataclass(frozen=True)
class Pair:
    """`p|q`: two results."""

    first: Operand
    second: Operand


@dataclass(frozen=True)
class Inverted:
    """`!p`."""

    operand: Operand


@dataclass(frozen=True)
class Sink:
    """`_`: a result that nobody wants."""


Place = Address | TensorPlace
Operand = Register | Immediate | Special | Symbol | Place | Vector | Pair | Inverted | Sink


@dataclass(eq=False)
class Instruction:
    """One instruction of a kernel, its names resolved."""

    opcode: str  # "ld.global.v4.b32"
    operands: tuple[Operand, ...]
    text: str
    predicate: Register | None = None
    inverted: bool = False
    location: str = ""  # of the source, from .loc
    label: str = ""  # of a branch's target, or of the table of its targets
    targets: list[int] = field(default_factory=list)  # as numbers of instructions
    base: str = field(init=False)

    def __post_init__(self) -> None:
        self.base = self.opcode.partition(".")[0]


@dataclass(frozen=True)
class Variable:
    """A declaration in some state space, or a parameter."""

    name: str
    space: str
    size: int  # in bytes; 0: as large as the launch says
    alignment: int
    data: bytes | None = None  # its initial value


@dataclass(frozen=True)
class Statement:
    """A piece of a function's body: "{", "}", "name:", a directive, or an instruction's text."""

    text: str
    location: str = ""


@dataclass(frozen=True)
class Function:
    """A kernel, or a function that kernels call."""

    name: str
    is_kernel: bool
    parameters: tuple[Variable, ...]
    results: tuple[Variable, ...]
    body: tuple[Statement, ...]
    cluster: int = 1  # workgroups of a cluster, of a kernel


@dataclass
class PtxModule:
    """A file of PTX."""

    target: str = ""
    variables: dict[str, Variable] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
