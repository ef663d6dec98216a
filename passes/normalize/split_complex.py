"""split-complex: a tensor of complex numbers becomes two of real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import func
from mlir.passmanager import PassManager

from clawc.passes.framework.base import Pass
from clawc.passes.ir.operations import operations_in
from clawc.passes.kernel.kernel import with_seen_type
from clawc.passes.normalize.complex_control import CONTROL, carries_complex, split_control
from clawc.passes.normalize.complex_parts import (
    Parts,
    element_of,
    interleaved,
    interleaved_type,
    is_complex,
    pair_of,
    part_types,
    read_pair,
    slices,
)
from clawc.passes.normalize.complex_scalars import split_constant, split_scalars

_REAL_TERMS = (
    "inline,symbol-dce,func.func(convert-elementwise-to-linalg,linalg-generalize-named-ops),"
    "convert-complex-to-standard"
)
# Made of their operands' parts as they are made of the operands.
_BY_PARTS = frozenset(
    f"tensor.{name}"
    for name in "empty cast expand_shape collapse_shape reshape extract_slice insert_slice concat "
    "splat from_elements insert".split()
) | {"arith.select"}
_WITH_REGIONS = ("tensor.pad", "tensor.generate")


@dataclass(frozen=True)
class SplitComplex(Pass):
    """Functions of complex numbers become arithmetic of their parts (upstream's
    convert-complex-to-standard), and each complex value its real and its imaginary part.  A caller
    still sees complex numbers, which memory holds as pairs: a last dimension of size 2.

    Before:

        func.func @f(%x: tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>> {
          %r = linalg.generic ins(%x) outs(%e) {
            %s = complex.mul %in, %in : complex<f32>
            linalg.yield %s : complex<f32>
          }

    After:

        func.func @f(%x: tensor<4x2xf32> {claw.type = complex<f32>})
            -> (tensor<4x2xf32> {claw.type = complex<f32>}) {
          %re = tensor.extract_slice %x[0, 0] [4, 1] [1, 1]
          %im = tensor.extract_slice %x[0, 1] [4, 1] [1, 1]
          %r:2 = linalg.generic ins(%re, %im) outs(%e, %e) { ... linalg.yield %real, %imaginary }
          %pairs = linalg.generic ins(%r#0, %r#1) { ... }   // which of the two, by the last index
    """

    name: ClassVar[str] = "split-complex"

    def run(self, module: ir.Module) -> None:
        if not any(is_complex(v.type) for v in _values(module.operation)):
            return
        PassManager.parse(f"builtin.module({_REAL_TERMS})").run(module.operation)
        for function in module.body.operations:
            if isinstance(function, func.FuncOp) and not function.is_external:
                _Function(function).split()


def _values(root: ir.Operation) -> list[ir.Value]:
    found: list[ir.Value] = []
    for op in operations_in(root):
        found += [*op.results, *(a for r in op.regions for b in r.blocks for a in b.arguments)]
    return found


class _Function:
    """One function on its way."""

    def __init__(self, function: func.FuncOp) -> None:
        self.function = function
        self.block = function.body.blocks[0]
        self.parts: Parts = {}
        self.dead: list[ir.Operation] = []  # goes when everything is split

    def split(self) -> None:
        kind = ir.FunctionType(ir.TypeAttr(self.function.attributes["function_type"]).value)
        operations = list(self.block.operations)
        self._split_arguments()
        self._split_all(operations)
        for op in reversed(self.dead):
            op.erase()
        types = [a.type for a in self.block.arguments]
        results = [v.type for v in self.block.operations[len(self.block.operations) - 1].operands]
        signature = ir.FunctionType.get(types, results)
        self.function.attributes["function_type"] = ir.TypeAttr.get(signature)
        self._mark("arg_attrs", kind.inputs)
        self._mark("res_attrs", kind.results)

    def _split_arguments(self) -> None:
        """Each complex argument is one of pairs, cut in two; a scalar is a tensor of its parts."""
        for argument in self.block.arguments:
            if is_complex(argument.type):
                cut = slices if isinstance(argument.type, ir.RankedTensorType) else read_pair
                argument.set_type(interleaved_type(argument.type))
                with ir.InsertionPoint.at_block_begin(self.block), self.function.location:
                    self.parts[argument] = cut(argument)

    def _split_all(self, operations: Sequence[ir.OpView]) -> None:
        """The operations of a block, and those in loops and branches."""
        for op in operations:
            values = [*op.operands, *op.results]
            if not any(is_complex(v.type) or v in self.parts for v in values) and not op.regions:
                continue
            with ir.InsertionPoint(op), op.location:
                if op.name in CONTROL:
                    self._split_control(op.operation)
                elif self._split(op):
                    self.dead.append(op.operation)

    def _split_control(self, op: ir.Operation) -> None:
        inside = op
        if carries_complex(op):
            inside = split_control(op, self.parts)
            self.dead.append(op)
        for region in inside.regions:
            for block in region.blocks:
                self._split_all(list(block.operations))

    def _mark(self, name: str, types: list[ir.Type]) -> None:
        """Say which arguments or results callers see as complex."""
        if not any(map(is_complex, types)):
            return
        found = self.function.attributes
        old = ir.ArrayAttr(found[name]) if name in found else [ir.DictAttr.get({})] * len(types)
        found[name] = ir.ArrayAttr.get(
            [
                with_seen_type(ir.DictAttr(had), element_of(type_)) if is_complex(type_) else had
                for had, type_ in zip(old, types, strict=True)
            ]
        )

    def _split(self, op: ir.OpView) -> bool:
        """Write what takes the place of `op`; whether it goes then."""
        if op.name == "func.return":
            for number, value in enumerate(op.operands):
                if value in self.parts:
                    join = interleaved if isinstance(value.type, ir.RankedTensorType) else pair_of
                    op.operation.operands[number] = join(*self.parts[value])
            return False
        if op.name == "linalg.generic":
            return self._split_generic(op)
        if op.name == "arith.constant":
            self.parts[op.results[0]] = split_constant(op)
        elif op.name in _BY_PARTS and is_complex(op.results[0].type):
            self.parts[op.results[0]] = (self._part(op, 0), self._part(op, 1))
        elif op.name in _WITH_REGIONS and is_complex(op.results[0].type):
            self.parts[op.results[0]] = (self._part(op, 0), self._part(op, 1))
        elif op.name == "tensor.dim":
            op.operation.operands[0] = self.parts[op.operands[0]][0]
            return False
        else:
            self._split_scalars([op.operation, *operations_in(op)])
            return False
        return True

    def _split_scalars(self, operations: list[ir.Operation]) -> None:
        self.dead += split_scalars(operations, self.parts)

    def _part(self, op: ir.OpView, number: int) -> ir.Value:
        """`op` on the real or the imaginary parts of its operands."""
        clone = op.operation.clone()
        for i, operand in enumerate(clone.operands):
            if operand in self.parts:
                clone.operands[i] = self.parts[operand][number]
        clone.results[0].set_type(part_types(op.results[0].type)[number])
        for region in clone.regions:
            block = region.blocks[0]
            self._split_scalars(operations_in(clone))
            ending = block.operations[len(block.operations) - 1].operation
            ending.operands[0] = self.parts[ending.operands[0]][number]
        return clone.results[0]

    def _split_generic(self, op: ir.OpView) -> bool:
        """A generic with two operands and two results for each complex one."""
        n_inputs = len(op.operands) - len(op.results)
        body = op.regions[0].blocks[0]
        maps = list(ir.ArrayAttr(op.attributes["indexing_maps"]))
        if not any(v in self.parts for v in op.operands):
            self._split_scalars(operations_in(op))
            return False
        self.dead.append(op.operation)  # before what uses its block's arguments goes, which is last
        operands: list[ir.Value] = []
        new_maps: list[ir.Attribute] = []
        n_new_inputs = 0
        for i, (value, map_) in enumerate(zip(op.operands, maps, strict=True)):
            pieces = self.parts.get(value, (value,))
            operands += pieces
            new_maps += [map_] * len(pieces)
            n_new_inputs += len(pieces) if i < n_inputs else 0
        results = [t for r in op.results for t in part_types(r.type)]
        segments = ir.DenseI32ArrayAttr.get([n_new_inputs, len(operands) - n_new_inputs])
        attributes = {name: op.attributes[name] for name in op.attributes} | {
            "indexing_maps": ir.ArrayAttr.get(new_maps),
            "operandSegmentSizes": segments,
        }
        made = ir.Operation.create("linalg.generic", results, operands, attributes, regions=1)
        types = [t for argument in body.arguments for t in part_types(argument.type)]
        block = made.regions[0].blocks.append(*types)
        fresh = iter(block.arguments)
        for argument in body.arguments:
            if is_complex(argument.type):
                self.parts[argument] = (next(fresh), next(fresh))
            else:
                argument.replace_all_uses_with(next(fresh))
        for inner in list(body.operations):
            block.append(inner)
        self._split_scalars(operations_in(made))
        made_results = iter(made.results)
        for result in op.results:
            if is_complex(result.type):
                self.parts[result] = (next(made_results), next(made_results))
            else:
                result.replace_all_uses_with(next(made_results))
        return False
