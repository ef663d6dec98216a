"""An instruction with its operands, in the syntax of LLVM's assembler, for people.

How many registers an operand is, the step's maker has noted; what it has not read is not shown.
"""

from __future__ import annotations

from clawc.emulators.gcn.decoder import LITERAL, Instruction
from clawc.emulators.gcn.operands import FLOATS, VECTOR, Operands
from clawc.emulators.gcn.transfers import form_of, gives_back
from clawc.emulators.gcn.vector_ops import OPERATIONS
from clawc.emulators.gcn.waves import SCALAR, VCC

_PAIRS = {106: "vcc", 126: "exec"}
_SOURCES = {235: "src_shared_base", 237: "src_private_base", 253: "src_scc"}
_TTMP = 108
_OF_TWO = ("v_cmp", "v_readlane", "v_writelane", "v_add_co_u32", "v_sub_co_u32", "v_subrev_co_u32")
_WITHOUT_SUFFIX = ("v_readfirstlane_b32",)


def text(o: Operands) -> str:
    """The instruction of operands whose readers and writers have been made."""
    i = o.instruction
    match i.format:
        case "SOP1" | "SOP2" | "SOPC" | "SOPK":
            shown = _scalar(o)
        case "SMEM":
            shown = _scalar_load(o)
        case "DS":
            shown = _local(o)
        case "GLOBAL" | "FLAT" | "SCRATCH":
            shown = _flat(o)
        case "MUBUF":
            shown = _buffer(o)
        case "VOP1" | "VOP2" | "VOP3" | "VOP3SD" | "VOPC" if not i.modifier:
            shown = _vector(o)
        case "VOP3P" | "MFMA":
            shown = _vector(o)
        case "VOPD":
            return _dual(i, o)
        case _:
            return str(i)
    return f"{_mnemonic(o)} {', '.join(shown)}"


def without_operands(i: Instruction) -> str:
    """The text of an instruction that has no step: a branch, a barrier, an end."""
    return f"{i} {i['immediate']}" if i.mnemonic in ("s_trap", "s_nop") else str(i)


def _mnemonic(o: Operands) -> str:
    i, tables = o.instruction, o.generation.opcodes
    if i.mnemonic in _WITHOUT_SUFFIX:
        return i.mnemonic
    short = any(i.mnemonic in tables[name].values() for name in ("VOP1", "VOP2", "VOPC"))
    return f"{i}_e64" if i.format in ("VOP3", "VOP3SD") and short else str(i)


def _vectors(first: int, words: int, letter: str = "v") -> str:
    return f"{letter}{first}" if words == 1 else f"{letter}[{first}:{first + words - 1}]"


def _vector_of(o: Operands, register: int, words: int) -> str:
    """A vector register, or an accumulator."""
    if o.accumulators and register >= o.accumulators and o.generation.accumulators:
        return _vectors(register - o.accumulators, words, "a")
    return _vectors(register, words)


def _any(o: Operands, code: int, words: int | None = None) -> str:
    """A register or constant by its code as a source."""
    if words is None:
        known = code - VECTOR if code >= VECTOR else code + SCALAR
        words = max(o.widths.get(known, 32) // 32, 1)
    if code >= VECTOR:
        return _vectors(code - VECTOR, words)
    if code == LITERAL:
        return f"{o.instruction.literal:#x}"
    if 128 <= code <= 208:
        return str(code - 128 if code <= 192 else 192 - code)
    if code in FLOATS:
        return str(FLOATS[code]) if code != 248 else "0.15915494"
    if code in _SOURCES:
        return _SOURCES[code]
    if code == o.generation.null:
        return "null"
    if code == o.generation.m0:
        return "m0"
    if code & ~1 in _PAIRS:
        name = _PAIRS[code & ~1]
        return name if words == 2 else f"{name}_{'hi' if code & 1 else 'lo'}"
    if _TTMP <= code < _TTMP + 16:
        return _vectors(code - _TTMP, words, "ttmp")
    return _vectors(code, words, "s")


def _scalar(o: Operands) -> list[str]:
    i = o.instruction
    shown = [] if i.format == "SOPC" else [_any(o, i["sdst"])]
    if i.format == "SOPK":
        return [*shown, f"{i['immediate']:#x}"]
    if i.mnemonic == "s_getpc_b64":
        return shown
    if i.mnemonic in ("s_setpc_b64", "s_barrier_signal"):
        return [_any(o, i["src0"])]
    return shown + [_any(o, i[name]) for name in ("src0", "src1") if name in i.fields]


def _vector(o: Operands) -> list[str]:
    i = o.instruction
    words = max(o.widths.get(i["vdst"], 32) // 32, 1)
    shown = [_half(o, i["vdst"], 3) or _vectors(i["vdst"], words)]
    if i.name.startswith("v_cmp") or i.name.startswith(("v_readlane", "v_readfirstlane")):
        target = i["vdst"] if i.format in ("VOP3", "VOP1") else VCC
        shown = [] if i.name.startswith("v_cmpx") and o.rdna else [_any(o, target)]
    elif i.name.startswith("v_s_"):
        shown = [_any(o, i["vdst"])]
    elif i.format == "MFMA" or "wmma" in i.name:
        shown = [_run(o, i["vdst"], o.writes)]
    if i.format == "VOP3SD":
        shown.append(_any(o, i["sdst"], o.lanes // 32))
    implied = [_any(o, VCC, o.lanes // 32)] if i.format == "VOP2" else []
    if SCALAR + VCC in o.writes:
        shown += implied
    for k in range(_sources(i)):
        code = i[f"src{k}"] | (VECTOR if i.format in ("VOP2", "VOPC") and k == 1 else 0)
        register = code - VECTOR + (o.accumulators if _is_accumulator(i, k) else 0)
        if f"src{k}" not in i.fields or register not in o.reads and code not in o.codes | o.masks:
            continue
        words = max(o.widths.get(register, 32) // 32, 1)
        source = _any(o, code)
        if code >= VECTOR:
            source = _half(o, register, k) or _vector_of(o, register, words)
        shown.append(_signed(i, k, source))
    if VCC in o.masks:
        shown += implied
    shown[-1] += "".join(f" {name}:{i[name]}" for name in ("cbsz", "abid", "blgp") if i[name])
    if i["clamp"]:
        shown[-1] += " clamp"
    return shown


def _half(o: Operands, register: int, place: int) -> str:
    """A half of a vector register, where code names halves; the place is that of `op_sel`."""
    i = o.instruction
    high = i["opsel"] >> place & 1
    if i.format in ("VOP1", "VOP2", "VOPC"):
        register, high = register & 127, register >> 7
    named = o.generation.true16 and i.format != "VOP3P" and o.widths.get(register) == 16
    return f"v{register}.{'lh'[high]}" if named else ""


def _sources(i: Instruction) -> int:
    """How many the encoding has, where that is not for the fields to say."""
    if i.name.startswith(_OF_TWO):
        return 2
    known = OPERATIONS.get(i.name)
    return len(known.sources) - known.accumulates if known is not None else 3


def _dual(i: Instruction, o: Operands) -> str:
    """Both halves of a VOPD instruction."""
    registers = {"x": i["vdstx"], "y": i["vdsty"] << 1 | (i["vdstx"] & 1 ^ 1)}
    halves = []
    for name, (side, register) in zip(i.mnemonic.split("::"), registers.items(), strict=True):
        shown = [f"v{register}", _any(o, i[f"src{side}0"], 1)]
        if "_mov_" not in name:
            shown.append(f"v{i[f'src{side}1']}")
        if "fmaak" in name or "fmamk" in name:
            shown.insert(3 if "fmaak" in name else 2, f"{i.literal:#x}")
        halves.append(f"{name} {', '.join(shown)}")
    return " :: ".join(halves)


def _is_accumulator(i: Instruction, source: int) -> int:
    if i.name in ("v_accvgpr_read_b32", "v_accvgpr_mov_b32"):
        return 1
    return i["acc_cd"] if source == 2 else i["acc"] >> source & 1


def _signed(i: Instruction, k: int, shown: str) -> str:
    if i.format != "VOP3" or i.name.startswith("v_bitop3"):
        return shown
    shown = f"|{shown}|" if i["abs"] >> k & 1 else shown
    return f"-{shown}" if i["neg"] >> k & 1 else shown


def _run(o: Operands, first: int, registers: set[int]) -> str:
    """The registers that follow each other, of those that an instruction of one result writes."""
    if first not in registers:
        first += o.accumulators
    words = next(n for n in range(1, len(registers) + 2) if first + n not in registers)
    return _vector_of(o, first, words)


def _data(o: Operands, name: str, words: int) -> str:
    return _vector_of(o, o.instruction[name] + _base(o), words)


def _words(i: Instruction) -> int:
    """Of what a load or store moves, or of an operand of an atomic."""
    form = form_of(i.name)
    return form.words if form is not None else 2 if i.name.endswith("64") else 1


def _scalar_load(o: Operands) -> list[str]:
    i = o.instruction
    words = sum(n >= SCALAR for n in o.writes)
    base = _any(o, 2 * i["sbase"], 4 if "buffer" in i.mnemonic else 2)
    return [_any(o, i["sdata"], words), base, f"{i['offset']:#x}"]


def _local(o: Operands) -> list[str]:
    i, form = o.instruction, form_of(o.instruction.name)
    shown = []
    if any(n < SCALAR for n in o.writes):
        shown.append(_run(o, i["vdst"], o.writes))
    if i["addr"] in o.reads and not i.name.endswith("addtid_b32"):
        shown.append(_vectors(i["addr"], 1))
    if form is None or form.verb == "store":
        count = 1 if form is not None and form.addresses == 1 else 2
        names = [f"data{k}" for k in range(count)]
        shown += [_data(o, name, _words(i)) for name in names if i[name] + _base(o) in o.reads]
    if form is not None and form.addresses == 2:
        offsets = "".join(f" offset{k}:{i[f'offset{k}']}" for k in range(2) if i[f"offset{k}"])
    else:
        both = i["offset1"] << 8 | i["offset0"]
        offsets = f" offset:{both}" if both else ""
    shown[-1] += offsets
    return shown


def _base(o: Operands) -> int:
    return o.accumulators if o.instruction["acc"] else 0


def _flat(o: Operands) -> list[str]:
    i, form = o.instruction, form_of(o.instruction.name)
    wide = i.format == "FLAT" or i["saddr"] == o.generation.no_scalar
    has_address = i.format != "SCRATCH" or i["sve"]
    address = _vectors(i["addr"], 2 if wide and i.format != "SCRATCH" else 1)
    shown = [address if has_address else "off"]
    loads = form is not None and form.verb == "load"
    to_lds = form is not None and form.to_lds
    if loads and not to_lds or form is None and gives_back(i):
        shown.insert(0, _data(o, "vdst", _words(i)))
    if not loads:
        count = 2 if "cmpswap" in i.name else 1
        shown.append(_data(o, "data", _words(i) * count))
    if i.format != "FLAT":
        scalar = i["saddr"] != o.generation.no_scalar
        words = 1 if i.format == "SCRATCH" else 2
        shown.append(_any(o, i["saddr"], words) if scalar else "off")
    if i["offset"]:
        shown[-1] += f" offset:{i['offset']}"
    return shown


def _buffer(o: Operands) -> list[str]:
    i = o.instruction
    first = i["srsrc"] * (1 if "scope" in i.fields else 4)
    shown = [
        *(_data(o, "vdata", _words(i)), _vectors(i["vaddr"], 1) if i["offen"] else "off"),
        *(_any(o, first, 4), _any(o, i["soffset"], 1)),
    ]
    shown[-1] += " offen" * i["offen"]
    if i["offset"]:
        shown[-1] += f" offset:{i['offset']}"
    return shown
