"""VOPD, RDNA's pair of operations in one instruction: both read before either writes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.gcn.modes import in_mode
from clawc.emulators.gcn.names import rdna3_name
from clawc.emulators.gcn.operands import VECTOR, Operands, Reader, Writer
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.vector_ops import OPERATIONS
from clawc.emulators.gcn.waves import VCC, Waves


def dual(o: Operands) -> Run:
    """The step of a VOPD instruction."""
    i = o.instruction
    names = i.mnemonic.split("::")
    destination = i["vdstx"]
    # The second destination has the parity that the first has not.
    other = i["vdsty"] << 1 | (destination & 1 ^ 1)
    (first, write_first), reads = o.gathered(lambda: _half(o, names[0], "x", destination))
    o.flows[destination] = reads
    (second, write_second), reads = o.gathered(lambda: _half(o, names[1], "y", other))
    o.flows[other] = reads

    def run(w: Waves) -> None:
        a, b = first(w), second(w)
        write_first(w, a)
        write_second(w, b)

    return run


def _half(o: Operands, name: str, side: str, destination: int) -> tuple[Reader, Writer]:
    i = o.instruction
    plain = rdna3_name("v_" + name.removeprefix("v_dual_"))
    source, register = i[f"src{side}0"], i[f"src{side}1"] + VECTOR
    if plain == "v_cndmask_b32":
        no, yes, mask = o.source(source, "u32"), o.source(register, "u32"), o.mask_read(VCC)
        write = o.vector_write(destination, "u32")
        return lambda w: np.where(mask(w), yes(w), no(w)), write
    operation = OPERATIONS.get(plain)
    if operation is None:
        raise unknown(o, plain)
    operation = in_mode(o, plain, operation)
    types = operation.sources
    readers = [o.source(source, types[0])]
    if plain == "v_fmaak_f32":
        readers += [o.source(register, types[1]), o.source(255, types[2])]
    elif plain == "v_fmamk_f32":
        readers += [o.source(255, types[1]), o.source(register, types[2])]
    elif len(types) > 1:
        readers.append(o.source(register, types[1]))
    if operation.accumulates:
        readers.append(o.vector_read(destination, types[-1]))  # pyright: ignore[reportGeneralTypeIssues]
    write = o.vector_write(destination, operation.result)
    return _evaluation(operation.compute, readers), write


def _evaluation(compute: Callable[..., np.ndarray], readers: list[Reader]) -> Reader:
    def run(w: Waves) -> np.ndarray:
        # A move gives its source itself, which the other half may overwrite.
        return np.array(compute(*(read(w) for read in readers)))

    return run
