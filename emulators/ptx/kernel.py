"""A kernel made flat: instructions with numbered registers, functions inlined, variables placed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from clawc.emulators.interface import EmulationError
from clawc.emulators.ptx.carry import uses_carry, with_carry
from clawc.emulators.ptx.operands import Names, operand, pieces
from clawc.emulators.ptx.parser import variable
from clawc.emulators.ptx.syntax import Function, Instruction, PtxModule, Register, Variable
from clawc.emulators.ptx.values import BITS

_PREDICATE = re.compile(r"@(!?)([%\w$]+)\s+")
_DECLARATION = re.compile(r"\.(local|shared|param|const|global)\b(.*)$", re.S)
_DEEPEST = 16  # calls within calls; more are taken for a recursion
_SCOPE = "/"  # ends the number of a `{ }` in the full name of a label


@dataclass
class FlatKernel:
    """What is executed.  Branch targets are numbers of instructions."""

    name: str
    parameters: tuple[Variable, ...]
    instructions: list[Instruction] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)  # of each register, in bits
    variables: dict[str, Variable] = field(default_factory=dict)
    cluster: int = 1  # workgroups that are started together and reach each other's shared memory
    harmless: set[int] = field(default_factory=set)  # registers whose first value does not matter
    target: str = ""  # the chip that the file is for


def flatten(module: PtxModule, name: str) -> FlatKernel:
    """The kernel `name` of a module."""
    function = module.functions[name]
    variables = dict(module.variables)
    kernel = FlatKernel(
        name,
        function.parameters,
        variables=variables,
        cluster=function.cluster,
        target=module.target,
    )
    flattener = _Flattener(module, kernel)
    flattener.function(function, "", {}, None)
    kernel.instructions.append(Instruction("exit", (), "exit"))
    flattener.resolve_targets()
    return kernel


class _Flattener:
    def __init__(self, module: PtxModule, kernel: FlatKernel) -> None:
        self.module = module
        self.kernel = kernel
        self.labels: dict[str, int] = {}
        self.tables: dict[str, list[str]] = {}
        self.calls = self.scopes = 0
        self.condition_code: Register | None = None

    def function(
        self, function: Function, prefix: str, parameters: dict[str, str], end: str | None
    ) -> None:
        """Append a function's instructions; labels get the prefix, `ret` goes to label `end`.

        A label is known in its own `{ }` and in those within: each scope adds to the prefix.
        """
        names = Names(dict(parameters))
        last_label, outer = "", []
        for statement in function.body:
            text = statement.text
            if text == "{":
                names.enter()
                self.scopes += 1
                outer.append(prefix)
                prefix = f"{prefix}{self.scopes}{_SCOPE}"
            elif text == "}":
                names.leave()
                prefix = outer.pop()
            elif text.endswith(":"):
                last_label = prefix + text[:-1]
                self.labels[last_label] = len(self.kernel.instructions)
            elif text.startswith(".reg"):
                self.registers(text, names)
            elif text.startswith(".implicit"):
                self.kernel.harmless.add(names.register(text.split()[1]).number)
            elif text.startswith(".branchtargets"):
                targets = pieces(text[len(".branchtargets") :])
                self.tables[last_label] = [prefix + target for target in targets]
            elif found := _DECLARATION.match(text):
                self.variable(found[1], found[2], names, prefix)
            elif not text.startswith("."):
                self.instruction(text, statement.location, names, prefix, end)

    def registers(self, text: str, names: Names) -> None:
        """`.reg .b32 %r<408>;`: %r0 to %r407."""
        type_, declared = text[len(".reg") :].split(None, 1)
        for name in pieces(declared):
            counted = re.fullmatch(r"([%\w$]+)<(\d+)>", name)
            many = [f"{counted[1]}{i}" for i in range(int(counted[2]))] if counted else [name]
            for each in many:
                names.declare(each, Register(len(self.kernel.widths), each))
                self.kernel.widths.append(BITS[type_.lstrip(".")])

    def variable(self, space: str, text: str, names: Names, prefix: str) -> None:
        """Parameters of calls are kept where a thread's own variables are."""
        declared = variable(text, "local" if space == "param" else space)
        unique = f"{prefix}{declared.name}@{len(self.kernel.variables)}"
        names.declare(declared.name, unique)
        self.kernel.variables[unique] = declared

    def instruction(
        self, text: str, location: str, names: Names, prefix: str, end: str | None
    ) -> None:
        predicate, inverted, rest = None, False, text
        if found := _PREDICATE.match(text):
            predicate, inverted = names.register(found[2]), found[1] == "!"
            rest = text[found.end() :]
        opcode, _, written = rest.partition(" ")
        base = opcode.partition(".")[0]
        if base == "call":
            if predicate is not None:
                raise EmulationError(f"unknown instruction {text!r}: a call under a predicate")
            self.call(pieces(written), names, prefix)
            return
        label = ""
        if base == "bra":
            label, written = prefix + written.strip(), ""
        elif base == "brx":
            index, table = pieces(written)
            label, written = prefix + table, index
        elif base == "ret":
            opcode, label = ("bra", end) if end is not None else ("exit", "")
        operands = tuple(operand(part, names) for part in pieces(written))
        if uses_carry(opcode):
            operands = with_carry(opcode, operands, self.carry())
        self.kernel.instructions.append(
            Instruction(opcode, operands, text, predicate, inverted, location, label)
        )

    def carry(self) -> Register:
        """The condition code of add.cc and its like, which every function shares."""
        if self.condition_code is None:
            self.condition_code = Register(len(self.kernel.widths), "the condition code")
            self.kernel.widths.append(BITS["pred"])
        return self.condition_code

    def call(self, parts: list[str], names: Names, prefix: str) -> None:
        """`call.uni (result), name, (argument, ...);` becomes the function's own instructions."""
        results = pieces(parts.pop(0)[1:-1]) if parts[0].startswith("(") else []
        name = parts.pop(0)
        arguments = pieces(parts[0][1:-1]) if parts else []
        callee = self.module.functions.get(name)
        if callee is None or not callee.body:
            raise EmulationError(f"{self.kernel.name} calls {name!r}, which the image lacks")
        self.calls += 1
        inner = f"{prefix}{name}@{self.calls}."
        if inner.count("@") > _DEEPEST:
            raise EmulationError(f"{self.kernel.name} calls {name!r} within itself")
        passed = zip((*callee.parameters, *callee.results), (*arguments, *results), strict=True)
        self.function(callee, inner, {p.name: names.symbol(a) for p, a in passed}, inner + "end")
        self.labels[inner + "end"] = len(self.kernel.instructions)

    def resolve_targets(self) -> None:
        for instruction in self.kernel.instructions:
            if not instruction.label:
                continue
            names = [name for name in visible(instruction.label) if name in self.tables]
            wanted = self.tables[names[0]] if names else [instruction.label]
            instruction.targets = [self.target(name) for name in wanted]

    def target(self, label: str) -> int:
        for name in visible(label):
            if name in self.labels:
                return self.labels[name]
        raise EmulationError(f"{self.kernel.name} has no label {label!r}")


def visible(label: str) -> list[str]:
    """The full names that a label may have, from its own scope outwards."""
    *scopes, name = label.split(_SCOPE)
    calls = [scope.rpartition(".")[0] + "." if "." in scope else "" for scope in scopes]
    found = [label]
    for depth in range(len(scopes) - 1, -1, -1):
        if calls[depth]:  # what is outside of a function is not visible in it
            return [*found, _SCOPE.join(scopes[:depth] + [calls[depth] + name])]
        found.append(_SCOPE.join([*scopes[:depth], name]))
    return found
