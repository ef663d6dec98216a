"""What a step of GCN 5 or CDNA leaves on its way, and which registers it touches how; see
`hazard_rules` for the names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from clawc.emulators.gcn.decoder import Instruction
from clawc.emulators.gcn.generations import Generation
from clawc.emulators.gcn.mfma import MIXED, Product, named_product
from clawc.emulators.gcn.operands import VECTOR
from clawc.emulators.gcn.step import Step
from clawc.emulators.gcn.waves import EXEC, SCALAR, VCC

Registers = frozenset[int]
_MASK = frozenset((SCALAR + EXEC, SCALAR + EXEC + 1))
_MEMORY = ("DS", "GLOBAL", "FLAT", "SCRATCH", "MUBUF")
_TRANSCENDENTAL = re.compile(r"v_(exp|log|rcp|rcp_iflag|rsq|sqrt|sin|cos)_f\d+$")
_FIRST_OF_6_BITS = 2  # of the types of products of 8, 6 and 4 bits
_WORD = 6  # SDWA's selector of a whole register
_LANES = ("v_readlane_b32", "v_writelane_b32", "v_readfirstlane_b32")


@dataclass(frozen=True)
class Event:
    """Registers that an instruction writes (or reads, if not `writes`) for a while after it."""

    kind: str
    registers: Registers
    instruction: str
    passes: int = 0  # of a matrix product, four cycles each
    writes: bool = True


@dataclass(frozen=True)
class Use:
    """Registers that an instruction touches, and how."""

    kind: str
    registers: Registers


def events(step: Step, generation: Generation) -> list[Event]:
    """What later instructions must keep away from."""
    i, name = step.instruction, step.instruction.mnemonic
    vectors, scalars = _split(step.writes)
    if step.kind == "matrix":
        product = _product(step)
        kind, passes = _class(product), passes_of(product, i)
        found = [Event(kind, vectors, name, passes)]
        if kind == "product":
            found.append(Event("addend", _addend(step), name, passes, writes=False))
        return found
    if step.kind in ("vector", "compare"):
        found = []
        separate = generation.accumulators == "separate"
        if separate and name == "v_accvgpr_write_b32":
            return [Event("accumulator", vectors, name)]
        if separate and name == "v_accvgpr_read_b32":
            found.append(Event("moved", vectors, name))
        if vectors:
            found.append(Event("vector", vectors, name))
        if vectors and _TRANSCENDENTAL.match(name):
            found.append(Event("transcendental", vectors, name))
        if i.extra.get("dst_sel", _WORD) != _WORD or i.format == "VOP3" and i["opsel"] >> 3:
            found.append(Event("part", vectors, name))
        if scalars:
            found.append(Event("scalar", scalars, name))
        return found
    if i.format in ("GLOBAL", "FLAT") and re.search(r"_store_dwordx[34]$", name):
        first, size = i["data"], int(name[-1])
        data = frozenset(v for v in step.reads if first <= v < first + size)
        return [Event("wide store", data, name, writes=False)]
    return []


def uses(step: Step, generation: Generation) -> list[Use]:
    """How the step touches its registers."""
    i, name = step.instruction, step.instruction.mnemonic
    (reads, scalar_reads), (writes, _) = _split(step.reads), _split(step.writes)
    if step.kind == "matrix":
        addend = _addend(step)
        kind = _class(_product(step))
        return [
            *(Use("ab", reads - addend), Use(f"c of {kind}", addend & reads)),
            Use("product mask", _MASK),
        ]
    if i.format in _MEMORY:
        scalars = frozenset() if i.format == "DS" else scalar_reads
        return [
            *(Use("memory read", reads), Use("memory write", writes)),
            Use("memory scalar", scalars),
        ]
    if step.kind not in ("vector", "compare"):
        return []
    if generation.accumulators == "separate" and name.startswith("v_accvgpr"):
        if name == "v_accvgpr_read_b32":
            return [Use("accumulator read", reads)]
        return [
            *(Use("accumulator source", reads), Use("accumulator write", writes)),
            Use("product mask", _MASK),
        ]
    found = [Use("read", reads), Use("write", writes), Use("scalar read", scalar_reads)]
    if not _TRANSCENDENTAL.match(name):
        found.append(Use("other read", reads))
    if i.modifier.startswith("dpp"):
        found += [Use("dpp", frozenset((i.extra["vsrc0"],))), Use("dpp mask", _MASK)]
    if name.startswith("v_div_fmas"):
        found.append(Use("fmas", frozenset((SCALAR + VCC, SCALAR + VCC + 1))))
    if name.endswith("_swap_b32") and "permlane" in name:
        found.append(Use("swap", reads))
    if name in _LANES:
        found.append(Use("lane mask", _MASK))
        if name != "v_writelane_b32":
            found.append(Use("lane read", reads))
        if name != "v_readfirstlane_b32":
            found.append(Use("lane select", frozenset((SCALAR + i["src1"],))))
    return found


def _split(registers: Registers) -> tuple[Registers, Registers]:
    vectors = frozenset(n for n in registers if n < SCALAR)
    return vectors, registers - vectors


def _product(step: Step) -> Product:
    found = named_product(step.instruction)
    assert found is not None  # else the step could not have been made
    return found


def _class(product: Product) -> str:
    if product.a == "f64":
        return "double"
    return "single" if product.later and product.a == "f32" else "product"


def _addend(step: Step) -> Registers:
    """The registers of C; of a sparse product, those that it adds to."""
    i = step.instruction
    if i.mnemonic.startswith("v_smfmac"):
        return step.writes
    if i["src2"] < VECTOR:
        return frozenset()
    moved = i["src2"] - VECTOR - i["vdst"]
    return frozenset(n + moved for n in step.writes)


def passes_of(product: Product, instruction: Instruction) -> int:
    """Four cycles each.  (CDNA 3 ISA, the table of the matrix instructions' passes; LLVM.)"""
    if product.a == "f64":
        return 4 if product.m == 4 else 8
    if product.m == 4:
        return 2
    passes = 8 if product.m == 16 else 16
    if product.a == MIXED and min(instruction["cbsz"], instruction["blgp"]) < _FIRST_OF_6_BITS:
        return passes
    quick = product.later and product.blocks == 1 and product.a != "f32"
    return passes // 2 if quick else passes
