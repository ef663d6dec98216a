"""The order in which parts of a diverged program are executed, and registers that may be unset.

Instructions form blocks: straight pieces that end before a label or after something that moves
threads.  Threads that went different ways are brought together again by always executing, of the
blocks where some are, the one that comes first in an order in which loops are contiguous and all
else is topological (Bourdoncle's weak topological order).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from clawc.emulators.ptx.kernel import FlatKernel
from clawc.emulators.ptx.syntax import (
    Address,
    Immediate,
    Instruction,
    Inverted,
    Operand,
    Pair,
    Register,
    TensorPlace,
    Vector,
)

CONTROL = ("bra", "brx", "exit", "trap")
WITHOUT_RESULT = frozenset(
    "st red bra brx cp exit trap membar fence prefetch prefetchu stmatrix nanosleep "
    "griddepcontrol discard applypriority pmevent setmaxnreg tensormap".split()
)


@dataclass(eq=False)
class Block:
    """Instructions first..last-1 without control, then perhaps one that has it."""

    number: int  # in the order of execution
    plain: list[Instruction]
    control: Instruction | None
    following: int  # the block after, by number; -1: none
    targets: list[int]  # the blocks that `control` may go to


def is_barrier(instruction: Instruction) -> bool:
    """A barrier of the workgroup."""
    words = instruction.opcode.split(".")
    return words[0] in ("bar", "barrier") and "warp" not in words


def is_cluster_barrier(instruction: Instruction) -> bool:
    return instruction.opcode.startswith("barrier.cluster.")


def is_wait(instruction: Instruction) -> bool:
    """One that asks whether a phase of an mbarrier is complete, perhaps for a while."""
    words = instruction.opcode.split(".")
    return words[0] == "mbarrier" and not {"test_wait", "try_wait"}.isdisjoint(words)


def is_collective(instruction: Instruction) -> bool:
    """An instruction that the threads of a warp execute together."""
    words = instruction.opcode.split(".")
    return words[:2] in (["bar", "warp"], ["tensormap", "cp_fenceproxy"]) or (
        words[0] in ("shfl", "vote", "match", "redux", "mma", "ldmatrix", "stmatrix", "movmatrix")
        or words[0] in ("wmma", "wgmma", "activemask", "elect")
    )


def is_product(instruction: Instruction) -> bool:
    """A product of a warpgroup: four warps execute it, and it adds to what its result holds."""
    return instruction.opcode.startswith("wgmma.mma_async")


def product_scale(instruction: Instruction) -> Operand:
    """Of a warpgroup's product the predicate that says whether it adds to what its result holds;
    a sparse one has metadata and a selector before it."""
    return instruction.operands[5 if ".sp." in instruction.opcode else 3]


def ends_block(instruction: Instruction) -> bool:
    return instruction.base in CONTROL or is_barrier(instruction) or is_wait(instruction)


def blocks_of(kernel: FlatKernel) -> list[Block]:
    """The blocks in the order of execution; the first is where the kernel starts."""
    code = kernel.instructions
    starts = {0}
    for i, instruction in enumerate(code):
        starts |= set(instruction.targets)
        if ends_block(instruction):
            starts.add(i + 1)
        if is_collective(instruction):  # threads may have to wait for each other here
            starts.add(i)
    ordered = sorted(start for start in starts if start < len(code))
    number_at = {start: i for i, start in enumerate(ordered)}
    spans = list(zip(ordered, [*ordered[1:], len(code)], strict=True))
    jumps = [[number_at[target] for target in code[end - 1].targets] for _, end in spans]
    falls = [-1 if leaves(code[end - 1]) else number_at.get(end, -1) for _, end in spans]
    successors = [
        [*([fall] if fall >= 0 else []), *targets]
        for fall, targets in zip(falls, jumps, strict=True)
    ]
    order = weak_topological_order(successors)
    place = {block: i for i, block in enumerate(order)}
    blocks = []
    for block in order:
        start, end = spans[block]
        control = code[end - 1] if ends_block(code[end - 1]) else None
        plain = code[start : end - 1] if control is not None else code[start:end]
        targets = [place[target] for target in jumps[block]]
        blocks.append(Block(place[block], plain, control, place.get(falls[block], -1), targets))
    return blocks


def leaves(instruction: Instruction) -> bool:
    """Nobody goes on with the next instruction."""
    return instruction.base in CONTROL and instruction.predicate is None


def weak_topological_order(successors: list[list[int]]) -> list[int]:
    """Every block that can be reached from block 0."""
    return _order([0], set(range(len(successors))), successors)


def _order(entries: list[int], members: set[int], successors: list[list[int]]) -> list[int]:
    """Components in topological order; inside one its entry first, then what is left of it when
    the edges back to the entry are cut."""
    order: list[int] = []
    for component in reversed(_components(entries, members, successors)):
        head, *rest = component
        inner = [block for block in successors[head] if block in rest]
        order += [head, *_order(inner, set(rest), successors)]
    return order


def _components(
    entries: list[int], members: set[int], successors: list[list[int]]
) -> list[list[int]]:
    """Tarjan's strongly connected components that `entries` reach, successors first; each with
    the block by which it was entered first in front."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    found: list[list[int]] = []
    work: list[tuple[int, Iterator[int]]] = []

    def enter(block: int) -> None:
        index[block] = low[block] = len(index)
        stack.append(block)
        work.append((block, iter(successors[block])))

    for entry in entries:
        if entry not in index:
            enter(entry)
        while work:
            block, remaining = work[-1]
            for target in remaining:
                if target in members and target not in index:
                    enter(target)
                    break
                if target in stack:
                    low[block] = min(low[block], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[block])
                if low[block] == index[block]:
                    cut = stack.index(block)
                    found.append(stack[cut:])
                    del stack[cut:]
    return found


def registers_in(operand: Operand) -> list[Register]:
    match operand:
        case Register():
            return [operand]
        case Address(base=inner) | Inverted(operand=inner):
            return registers_in(inner)
        case TensorPlace(map=inner, coordinates=elements):
            return registers_in(inner) + registers_in(Vector(elements))
        case Vector(elements=elements):
            return [r for element in elements for r in registers_in(element)]
        case Pair(first=first, second=second):
            return registers_in(first) + registers_in(second)
    return []


def has_result(instruction: Instruction) -> bool:
    """Whether the first operand is one; of a barrier only the votes of `red` are."""
    if instruction.base in ("bar", "barrier"):
        return "red" in instruction.opcode.split(".")
    if instruction.base in ("mbarrier", "wmma"):
        return not isinstance(instruction.operands[0], Address)
    return instruction.base not in WITHOUT_RESULT and bool(instruction.operands)


def written(instruction: Instruction) -> list[Register]:
    if not has_result(instruction):
        return []
    return registers_in(instruction.operands[0])


def read(instruction: Instruction) -> list[Register]:
    start = 1 if has_result(instruction) and not is_product(instruction) else 0
    found = [r for operand in instruction.operands[start:] for r in registers_in(operand)]
    return [*found, *([instruction.predicate] if instruction.predicate else [])]


def carries_unset(instruction: Instruction) -> bool:
    """Whether it may take a value that nobody set, or half of one, elsewhere."""
    words = instruction.opcode.split(".")
    if words[0] == "mov" or words[:2] == ["st", "local"] or words[-1].endswith("x2"):
        return True
    if words[0] == "cvt" and len(instruction.operands) == 3:
        return True
    if words[0] in ("and", "or", "xor", "not"):  # of a vector of halves, too
        return words[-1] == "b32"
    if words[0] == "prmt" and len(words) == 2:
        return isinstance(instruction.operands[-1], Immediate)
    place = instruction.operands[0] if instruction.base == "st" else None
    base = place.base if isinstance(place, Address) else None
    return isinstance(base, Register) and base.name in ("%SP", "%SPL")  # LLVM's own stack


def by_halves(instruction: Instruction) -> bool:
    """Whether it treats the halves of the registers that it reads as two values."""
    packed = instruction.opcode.endswith("x2") and instruction.base != "cvt"
    first = instruction.operands[0] if instruction.operands else None
    return packed or instruction.base == "mov" and isinstance(first, Vector)


def maybe_unset(kernel: FlatKernel, blocks: list[Block]) -> set[int]:
    """Registers that some way through the program reads before it has surely written them."""
    everything = (1 << len(kernel.widths)) - 1  # a set of registers is a number of that many bits
    sure_before = [everything] * len(blocks)
    sure_before[0] = _bits(kernel.harmless)
    suspects = 0
    waiting, visited = [0], {0}
    while waiting:
        block = blocks[waiting.pop()]
        sure = sure_before[block.number]
        for instruction in [*block.plain, *([block.control] if block.control else [])]:
            unset = _bits(r.number for r in read(instruction)) & ~sure
            suspects |= unset
            if unset and carries_unset(instruction):
                sure &= ~_bits(r.number for r in written(instruction))
            elif instruction.predicate is None:
                sure |= _bits(r.number for r in written(instruction))
        for target in {block.following, *block.targets} - {-1}:
            merged = sure_before[target] & sure
            if merged != sure_before[target] or target not in visited:
                sure_before[target] = merged
                visited.add(target)
                waiting.append(target)
    return {number for number in range(len(kernel.widths)) if suspects >> number & 1}


def _bits(numbers: Iterable[int]) -> int:
    found = 0
    for number in numbers:
        found |= 1 << number
    return found
