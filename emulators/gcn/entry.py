"""What the hardware has put into registers when a wave begins, as a kernel's descriptor asks.

Source: LLVM's "User Guide for AMDGPU Backend", sections "Initial Kernel Execution State" and
"Preloaded Kernel Arguments".
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.gcn.code_object import Descriptor
from clawc.emulators.gcn.generations import Generation
from clawc.emulators.gcn.windows import ARGUMENTS_BASE, PRIVATE_APERTURE

# RDNA 4: the workgroup's y and z, the wave's number from bit 25 on, and the workgroup's x.
TTMP7, TTMP8, TTMP9 = 115, 116, 117
_WORD = 0xFFFFFFFF
_NOT_THERE = None, None  # of two registers that hold nothing: what uses them is found
_NO_FIRMWARE = 256  # bytes of code that loads what firmware without preloading leaves out
_BY_OFFSET = 1 << 0 | 1 << 5  # where the code itself finds its place in scratch
Values = dict[int, int | np.ndarray]


def start_of(kernel: Descriptor) -> int:
    """The address of the first instruction."""
    return kernel.entry + (_NO_FIRMWARE if kernel.preloaded[0] else 0)


def entry_scalars(
    kernel: Descriptor,
    generation: Generation,
    groups: np.ndarray,
    numbers: np.ndarray,
    arguments: np.ndarray,
) -> Values:
    """What each scalar register holds; `groups` and `numbers` are the workgroup, and the place in
    it, of each wave, `arguments` the bytes of the kernel's arguments."""
    prepared: list[tuple[int, tuple[int | None, ...]]] = [  # by bit of the properties, in order
        # A descriptor of scratch, to which a wave's own offset is added: it is 0 here.
        (0, (PRIVATE_APERTURE & _WORD, PRIVATE_APERTURE >> 32, _WORD, 0)),
        (1, _NOT_THERE),  # the packet of the dispatch
        (2, _NOT_THERE),  # its queue
        (3, (ARGUMENTS_BASE & _WORD, ARGUMENTS_BASE >> 32)),
        (4, _NOT_THERE),  # the number of the dispatch
        (5, (0, 0)),  # where scratch is, for FLAT_SCRATCH, which nothing reads here
        (6, (kernel.private,)),
    ]
    words = [word for bit, row in prepared if kernel.properties >> bit & 1 for word in row]
    count, first = kernel.preloaded
    words += map(int, arguments.view(np.uint32)[first : first + count])
    values: Values = {register: word for register, word in enumerate(words) if word is not None}
    if generation.ids_in_trap_registers:
        return values | {TTMP7: 0, TTMP8: numbers << 25, TTMP9: groups}
    at = kernel.user_scalars
    for axis, bit in enumerate((7, 8, 9)):
        if kernel.resources[1] >> bit & 1:
            values[at] = groups if axis == 0 else 0
            at += 1
    at += kernel.resources[1] >> 10 & 1  # about the workgroup: not there
    if kernel.resources[1] & 1 and kernel.properties & _BY_OFFSET:
        values[at] = 0  # the wave's own place in scratch
    return values


def entry_vectors(
    kernel: Descriptor, generation: Generation, threads: np.ndarray
) -> dict[int, np.ndarray]:
    """The number of each thread in its workgroup, [waves, lanes]; of one dimension, so that y and
    z are 0, where they have registers of their own."""
    dimensions = kernel.resources[1] >> 11 & 3
    others = range(1, dimensions + 1) if generation.separate_thread_ids else ()
    return {0: threads} | {axis: np.zeros_like(threads) for axis in others}
