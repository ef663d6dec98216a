"""wrap-host-kernels: give each kernel of the host the entry that the runtime calls."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.passes.framework.base import Pass
from clawc.passes.kernel.kernel import Kernel

_ENTRY = """
llvm.func @{callee}({types}i64)
llvm.func @{name}(%buffers: !llvm.ptr {{llvm.noalias, llvm.readonly}},
                  %scalars: !llvm.ptr {{llvm.noalias, llvm.readonly}},
                  %first: i64, %end: i64) {{
  %one = llvm.mlir.constant(1 : i64) : i64
  {loads}
  llvm.br ^next(%first : i64)
^next(%workgroup: i64):
  %more = llvm.icmp "slt" %workgroup, %end : i64
  llvm.cond_br %more, ^run, ^done
^run:
  llvm.call @{callee}({arguments}%workgroup) : ({types}i64) -> ()
  %after = llvm.add %workgroup, %one : i64
  llvm.br ^next(%after : i64)
^done:
  llvm.return
}}
"""
_LOAD = """
  %at{i} = llvm.getelementptr %{table}[{slot}] : (!llvm.ptr) -> !llvm.ptr, {type}
  %arg{i} = llvm.load %at{i} : !llvm.ptr -> {type}
"""


@dataclass(frozen=True)
class WrapHostKernels(Pass):
    """Adds, to each function that runs one workgroup, one that runs those from `first` to `end`.

    ```mlir
    llvm.func internal @k.workgroup(%x: !llvm.ptr, %n: i64, %workgroup: i64)
    ```
    gets
    ```mlir
    llvm.func @k(%buffers: !llvm.ptr, %scalars: !llvm.ptr, %first: i64, %end: i64)
    ```
    """

    name = "wrap-host-kernels"

    def run(self, module: ir.Module) -> None:
        for op in list(module.body.operations):
            if Kernel(op.operation).entry is not None:
                parsed = ir.Module.parse(_entry(op.operation))
                _declaration, entry = parsed.body.operations
                module.body.append(entry.detach_from_parent())


def _entry(function: ir.Operation) -> str:
    types = [str(argument.type) for argument in function.regions[0].blocks[0].arguments][:-1]
    loads, slots = "", {"buffers": 0, "scalars": 0}
    for i, type_ in enumerate(types):
        table = "buffers" if type_ == "!llvm.ptr" else "scalars"
        loads += _LOAD.format(i=i, table=table, slot=slots[table], type=type_)
        slots[table] += 1
    return _ENTRY.format(
        name=Kernel(function).entry,
        callee=ir.StringAttr(function.attributes["sym_name"]).value,
        loads=loads,
        arguments="".join(f"%arg{i}, " for i in range(len(types))),
        types="".join(f"{type_}, " for type_ in types),
    )
