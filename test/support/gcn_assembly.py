"""Kernels in AMD's assembly, by LLVM's assembler: what no compiler would write."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

from clawc.emulators.gcn.code_object import read_code_object
from clawc.emulators.gcn.decoder import decode
from clawc.emulators.gcn.generations import generation
from clawc.targets.hsaco.link import link

S_NOP = 0xBF800000.to_bytes(4, "little")
ASSEMBLER = shutil.which("llvm-mc-22")
KERNEL = """
.text
.globl k
.p2align 8
.type k,@function
k:
{code}
  s_endpgm
.section .rodata,"a"
.p2align 6
.amdhsa_kernel k
  .amdhsa_user_sgpr_kernarg_segment_ptr 1
  .amdhsa_kernarg_size 8
  .amdhsa_next_free_vgpr {vectors}
  .amdhsa_next_free_sgpr 48
  .amdhsa_float_denorm_mode_32 3
  {directives}
.end_amdhsa_kernel
.amdgpu_metadata
---
amdhsa.version: [1, 2]
amdhsa.kernels:
  - .name: k
    .symbol: k.kd
    .kernarg_segment_size: 8
    .group_segment_fixed_size: 0
    .private_segment_fixed_size: 0
    .kernarg_segment_align: 8
    .wavefront_size: 64
    .sgpr_count: 48
    .vgpr_count: 64
    .max_flat_workgroup_size: 64
    .args:
      - {{ .offset: 0, .size: 8, .value_kind: global_buffer, .address_space: global }}
...
.end_amdgpu_metadata
"""


@cache
def assembled(chip: str, code: str, *directives: str) -> bytes:
    """The HSACO of a kernel in assembly, with more directives for its descriptor."""
    unified = chip in ("gfx90a", "gfx942", "gfx950")
    directives = (*directives, ".amdhsa_accum_offset 64") if unified else directives
    vectors = 96 if unified else 64
    text = KERNEL.format(code=code, vectors=vectors, directives="\n  ".join(directives))
    assert ASSEMBLER
    command = [ASSEMBLER, "-triple=amdgcn-amd-amdhsa", f"-mcpu={chip}", "-filetype=obj"]
    command += ["-mattr=+real-true16"] * chip.startswith(("gfx11", "gfx12"))
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    assert not done.returncode, done.stderr.decode()
    return link(done.stdout)


def overwritten(data: bytes, chip: str, mnemonic: str) -> bytes:
    """A code object with `s_nop` in place of the first instruction of that name."""
    code, known = read_code_object(data), generation(chip)
    assert known
    start = min(kernel.entry for kernel in code.kernels)
    for one in decode(code.memory[start : code.code[0][1]], start, known):
        if one.mnemonic == mnemonic:
            around = code.memory[one.address - 8 : one.end]
            assert data.count(around) == 1
            return data.replace(around, around[:8] + S_NOP * (one.size // 4))
    raise ValueError(f"no {mnemonic}")
