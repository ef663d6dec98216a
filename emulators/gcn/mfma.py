"""MFMA, the matrix products of CDNA: D = A B + C by a wave, for one block or for several.

Layouts after the "AMD Matrix Instruction Calculator" (AMD, 2022) and the CDNA 3 ISA, "Matrix
Arithmetic Instructions".  Products are summed in double precision and rounded once: the manuals
leave the order of the sum open.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clawc.emulators.gcn.decoder import Instruction
from clawc.emulators.gcn.matrix_types import BITS, decoded, without_denormals
from clawc.emulators.gcn.operands import VECTOR, Operands
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.waves import Waves

LANES = 64
MIXED = "f8f6f4"  # in place of a type: that of each operand is said elsewhere
Source = Callable[[Waves], np.ndarray]
_NAME = re.compile(
    r"v_(?:mfma|mfma_scale|smfmac)_(?P<result>f32|f64|i32)_(?P<m>\d+)x(?P<n>\d+)x(?P<k>\d+)"
    r"(?:_(?P<blocks>\d+)b)?(?P<later>_)?"
    r"(?P<a>bf16_1k|f16|bf16|xf32|f32|f64|i8|fp8|bf8|f8f6f4)(?:_(?P<b>fp8|bf8))?$"
)
RESULTS = {"f32": np.float32, "f64": np.float64, "i32": np.int32}
# The elements of A that a lane holds, by which the names before CDNA 3 tell how many blocks.
_HELD = {"f32": 1, "f64": 1, "f16": 4, "bf16": 2, "bf16_1k": 4, "i8": 4}
# Of B, the lane whose value a lane takes, by the modifier `blgp`.
LANE_GROUPS = (
    *(np.arange(64), np.arange(64) % 32, np.arange(64) % 32 + 32, (np.arange(64) + 16) % 64),
    *(np.arange(64) % 16 + 16 * group for group in range(4)),
)


@dataclass(frozen=True)
class Product:
    """What an instruction's name says: C[m, n] += A[m, k] B[k, n], `blocks` times."""

    result: str
    m: int
    n: int
    k: int
    blocks: int
    a: str
    b: str
    later: bool  # a name of CDNA 3 and 4

    @property
    def held(self) -> int:
        """The elements of A (or of B) of a lane, which follow each other along k."""
        return self.m * self.k * self.blocks // LANES

    @property
    def flop(self) -> int:
        return 2 * self.m * self.n * self.k * self.blocks


def product_of(o: Operands) -> Product:
    """The product that the instruction names; EmulationError if it is not known."""
    found = named_product(o.instruction)
    if found is None:
        raise unknown(o)
    return found


def named_product(instruction: Instruction) -> Product | None:
    """The product that the instruction names, if it is one of those that are known."""
    found = _NAME.match(instruction.mnemonic)
    if not found:
        return None
    m, n, k = (int(found[side]) for side in "mnk")
    a, b = found["a"], found["b"] or found["a"]
    blocks = int(found["blocks"] or 1)
    if not found["later"]:
        blocks = max(1, LANES * _HELD[a] // (m * k))
    a, b = a.removesuffix("_1k"), b.removesuffix("_1k")
    return Product(found["result"], m, n, k, blocks, a, b, bool(found["later"]))


def mfma(o: Operands) -> Run:
    """The step of a dense product; EXEC does not matter."""
    product = product_of(o)
    i = o.instruction
    negated = _modifiers(o, product)
    flushes = o.generation.flushes_halves and product.a in ("f16", "bf16")
    chosen = _chosen_blocks(o, product)
    groups = LANE_GROUPS[0 if product.a == "f64" else i["blgp"]]
    read_a, read_b = operand(o, 0, product, product.a), operand(o, 1, product, product.b, groups)
    addend, write = accumulator(o, product, i["src2"])
    dtype = RESULTS[product.result]
    wide = np.int64 if product.result == "i32" else np.float64

    def run(w: Waves) -> None:
        a, b, c = read_a(w)[:, chosen], read_b(w), addend(w).astype(wide)
        if flushes:
            a, b = without_denormals(a, product.a), without_denormals(b, product.b)
            c = without_denormals(c, "f32")
        if negated:
            a, b, c = (-x if negated >> k & 1 else x for k, x in enumerate((a, b, c)))
        total = np.matmul(a, b.swapaxes(-1, -2)).astype(wide) + c
        w.batch.run.counts.matrix_flop += product.flop * w.count
        result = total.astype(dtype)
        write(w, without_denormals(result, "f32").astype(dtype) if flushes else result)

    return run


def _modifiers(o: Operands, product: Product) -> int:
    """Which of A, B, C are negated: a meaning of `blgp` for f64, from CDNA 3 on."""
    blgp = o.instruction["blgp"]
    if product.a == "f64":
        if blgp and not product.later:
            raise unknown(o, "with blgp")
        return blgp
    permutes = not product.later or product.blocks > 1 or product.a == "f32"
    if blgp and not permutes:
        raise unknown(o, "with blgp, which it does not have")
    return 0


def _chosen_blocks(o: Operands, product: Product) -> np.ndarray:
    """`cbsz` and `abid`: of each 2**cbsz blocks, number abid of A serves all."""
    cbsz, abid = o.instruction["cbsz"], o.instruction["abid"]
    group = 1 << cbsz
    if group > product.blocks or abid >= group:
        raise unknown(o, f"with cbsz {cbsz} and abid {abid}")
    return np.arange(product.blocks) // group * group + abid


def operand(
    o: Operands, number: int, product: Product, type: str, groups: np.ndarray | None = None
) -> Source:
    """A as [waves, blocks, m, k], or B as [waves, blocks, n, k].

    Lane i + m (b + blocks g) holds run number g along k of row i of block b.
    """
    side = product.m if number == 0 else product.n
    raw = words(o, number, product.held * BITS[type] // 32)
    standard = o.generation.small_floats

    def read(w: Waves) -> np.ndarray:
        bits = raw(w)
        values = decoded(bits if groups is None else bits[:, groups], type, standard)
        runs = values.reshape(w.count, -1, product.blocks, side, product.held)
        return runs.transpose(0, 2, 3, 1, 4).reshape(w.count, product.blocks, side, -1)

    return read


def words(o: Operands, number: int, count: int) -> Source:
    """`count` registers of a source: uint32 [waves, lanes, count]."""
    i = o.instruction
    first = i[f"src{number}"] - VECTOR
    if first < 0:
        raise unknown(o, "a source that is no vector register")
    if i["acc"] >> number & 1:
        first += o.accumulators
    o.note(o.reads, first, 32 * count)
    return lambda w: np.stack([w.u32[first + word] for word in range(count)], axis=-1)


def places(product: Product) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Block, row and column of C in each register and lane: [registers, lanes] each.

    A register has runs of n lanes; four registers (of f64, one) hold the rows of such a run one
    after the other.  Runs belong to the blocks in turn where a register has room for several.
    """
    m, n, height = product.m, product.n, 1 if product.result == "f64" else 4
    register = np.arange(product.blocks * m * n // LANES)[:, None]
    lane = np.arange(LANES)
    together = max(1, LANES * height // (m * n))  # blocks in one register
    runs = LANES // n // together  # of one block in one register
    quads = m // (height * runs)  # quads of registers for the rows of a block
    quad, run = register // height, lane // n
    block = quad // quads * together + run % together
    row = (quad % quads * runs + run // together) * height + register % height
    return block, row, np.broadcast_to(lane % n, row.shape)


def accumulator(
    o: Operands, product: Product, source: int
) -> tuple[Source, Callable[[Waves, np.ndarray], None]]:
    """How C, in the source of that code, is read as [waves, blocks, m, n], and D written."""
    i = o.instruction
    in_accumulators = i["acc_cd"] or o.generation.accumulators == "separate"
    base = o.accumulators if in_accumulators else 0
    wide = 2 if product.result == "f64" else 1
    block, row, column = places(product)
    count, dtype, to = len(block), RESULTS[product.result], i["vdst"] + base
    o.note(o.writes, to, 32 * wide * count)

    def write(w: Waves, total: np.ndarray) -> None:
        held = np.ascontiguousarray(total[:, block, row, column])  # [waves, registers, lanes]
        raw = held.view(np.uint32).reshape(*held.shape, wide)
        for register in range(count):
            for word in range(wide):
                w.u32[to + register * wide + word][...] = raw[:, register, :, word]

    if source < VECTOR:
        constant = o.constant(source, product.result)
        return lambda w: constant, write
    first = source - VECTOR + base
    o.note(o.reads, first, 32 * wide * count)

    def read(w: Waves) -> np.ndarray:
        raw = np.stack([w.u32[first + word] for word in range(wide * count)], 1)
        raw = raw.reshape(w.count, count, wide, LANES).transpose(0, 1, 3, 2)
        values = np.ascontiguousarray(raw).view(dtype)[..., 0]
        c = np.empty((w.count, product.blocks, product.m, product.n), dtype)
        c[:, block, row, column] = values
        return c

    return read, write
