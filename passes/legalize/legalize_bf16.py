"""legalize-bf16: hold bf16 as 16-bit integers and compute in f32, for targets without the type."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith

from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.ir.constants import constant
from clawc.passes.ir.operations import kernel_functions, operations_in
from clawc.passes.ir.value_types import element_type, retype, retype_values, with_element

# These only move values: with other types they are still right.
_MOVES = ("arith.select", "scf.", "vector.", "memref.", "gpu.", "ub.")


@dataclass(frozen=True)
class LegalizeBf16(Pass):
    """Replace the type bf16 by i16, and what is computed in it by f32 between exact conversions.

    Rounding to bf16 is to nearest, ties to even; a NaN stays a (quiet) NaN.

    %s = arith.addf %a, %b : bf16
    ->
    %x = arith.extui %a : i16 to i32   %y = arith.shli %x, %c16   %z = arith.bitcast %y : i32 to f32
    ...
    %s = arith.addf %z, %w : f32       (and back)
    """

    name = "legalize-bf16"

    def run(self, module: ir.Module) -> None:
        bf16, i16 = ir.BF16Type.get(), ir.IntegerType.get_signless(16)
        for root in [op for op in module.body.operations if op.operation.name == "gpu.module"]:
            computing = [op for op in operations_in(root) if _computes_in(op, bf16)]
            results = [[r.type for r in op.results] for op in computing]
            operands = [[o.type for o in op.operands] for op in computing]
            retype_values(root, lambda type_: retype(type_, bf16, i16))
            for op, before, after in zip(computing, operands, results, strict=True):
                _rewrite(op, before, after, bf16)
            for function in kernel_functions(root):
                inputs = [a.type for a in function.regions[0].blocks[0].arguments]
                signature = ir.FunctionType.get(inputs, [])
                function.attributes["function_type"] = ir.TypeAttr.get(signature)


def _computes_in(op: ir.Operation, bf16: ir.Type) -> bool:
    if op.name.startswith(_MOVES):
        return False
    return any(element_type(v.type) == bf16 for v in [*op.operands, *op.results])


def _rewrite(
    op: ir.Operation, operands: list[ir.Type], results: list[ir.Type], bf16: ir.Type
) -> None:
    """Replace `op`, whose bf16 operands and results are integers by now."""
    with ir.InsertionPoint(op), op.location:
        if op.name == "arith.constant":
            new = _constant_bits(op)
        elif op.name == "arith.bitcast":
            same = op.operands[0].type == op.results[0].type
            new = op.operands[0] if same else arith.bitcast(op.results[0].type, op.operands[0])
        else:
            new = _through_f32(op, operands, results, bf16)
    op.results[0].replace_all_uses_with(new)
    op.erase()


def _constant_bits(op: ir.Operation) -> ir.Value:
    value, type_ = op.attributes["value"], op.results[0].type
    if isinstance(value, ir.FloatAttr):
        return constant(type_, _bits(value.value))
    if isinstance(value, ir.DenseElementsAttr) and value.is_splat:
        return constant(type_, _bits(ir.FloatAttr(value.get_splat_value()).value))
    raise PassFailure(op, "is a bf16 constant that is neither a scalar nor a splat")


def _bits(number: float) -> int:
    """The bf16 nearest to `number`, which is one of them already, as its 16 bits."""
    import struct

    return struct.unpack("<I", struct.pack("<f", number))[0] >> 16


def _through_f32(
    op: ir.Operation, operands: list[ir.Type], results: list[ir.Type], bf16: ir.Type
) -> ir.Value:
    if len(results) != 1:
        raise PassFailure(op, "computes several results in bf16; expected one")
    f32 = ir.F32Type.get()
    inputs = [
        extend(o) if element_type(before) == bf16 else o
        for o, before in zip(op.operands, operands, strict=True)
    ]
    rounded = element_type(results[0]) == bf16
    wide = with_element(op.results[0].type, f32) if rounded else results[0]
    if op.name in ("arith.extf", "arith.truncf") and inputs[0].type == wide:
        value = inputs[0]
    else:
        attributes = {a: op.attributes[a] for a in op.attributes}
        value = ir.Operation.create(op.name, [wide], inputs, attributes).results[0]
    return round_to_bf16(value) if rounded else value


def extend(bits: ir.Value) -> ir.Value:
    """The f32 with the bf16 `bits`."""
    i32 = with_element(bits.type, ir.IntegerType.get_signless(32))
    high = arith.shli(arith.extui(i32, bits), constant(i32, 16))
    return arith.bitcast(with_element(bits.type, ir.F32Type.get()), high)


def round_to_bf16(value: ir.Value) -> ir.Value:
    """The bits of the bf16 nearest to the f32 `value`."""
    i32 = with_element(value.type, ir.IntegerType.get_signless(32))
    bits = arith.bitcast(i32, value)
    high = arith.shrui(bits, constant(i32, 16))
    even = arith.andi(high, constant(i32, 1))  # ties go to the even neighbour
    carried = arith.addi(arith.addi(bits, constant(i32, 0x7FFF)), even)
    rounded = arith.shrui(carried, constant(i32, 16))
    magnitude = arith.andi(bits, constant(i32, 0x7FFFFFFF))
    is_nan = arith.cmpi(arith.CmpIPredicate.ugt, magnitude, constant(i32, 0x7F800000))
    quiet = arith.ori(high, constant(i32, 0x40))
    chosen = arith.select(is_nan, quiet, rounded)
    return arith.trunci(with_element(value.type, ir.IntegerType.get_signless(16)), chosen)
