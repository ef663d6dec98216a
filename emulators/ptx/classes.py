"""Classes of PTX instructions, by what they occupy on a chip."""

from __future__ import annotations

from clawc.emulators.ptx.syntax import Instruction

_BY_BASE = {
    **dict.fromkeys("bra brx exit trap bar barrier mbarrier setmaxnreg".split(), "control"),
    **dict.fromkeys("ex2 lg2 sin cos tanh rsqrt rcp sqrt".split(), "special function"),
    **dict.fromkeys("shfl vote redux match activemask elect".split(), "warp"),
    **dict.fromkeys("mma".split(), "matrix"),
    **dict.fromkeys("mov cvta selp".split(), "move"),
    **dict.fromkeys("cvt".split(), "convert"),
    **dict.fromkeys("atom red".split(), "atomic"),
    **dict.fromkeys("ldmatrix stmatrix movmatrix".split(), "shared access"),
    **dict.fromkeys("cp".split(), "asynchronous copy"),
}


def class_of(instruction: Instruction) -> str:
    if instruction.base in _BY_BASE:
        return _BY_BASE[instruction.base]
    words = instruction.opcode.split(".")
    if words[0] == "wgmma":
        return "matrix" if words[1] == "mma_async" else "control"
    if words[:2] == ["wmma", "mma"]:
        return "matrix"
    if words[0] in ("ld", "ldu", "st", "wmma"):
        space = next(
            (w for w in words for s in ("shared", "local", "param") if w.startswith(s)), ""
        )
        return f"{space.partition(':')[0] or 'global'} access"
    type_ = words[-1]
    if type_ in ("f32", "f32x2", "f64", "f16", "bf16", "f16x2", "bf16x2"):
        return f"{type_} arithmetic"
    return "integer"
