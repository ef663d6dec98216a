"""widen-small-types: eight-bit floats, and integers of less than a byte, as bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith, func
from mlir.passmanager import PassManager

from clawc.passes.arithmetic.define_conversions import rounded_to_odd
from clawc.passes.arithmetic.small_types import SMALL, SmallFloat, SmallInteger
from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.ir.constants import constant, constant_from
from clawc.passes.ir.operations import operations_in
from clawc.passes.kernel.kernel import with_seen_type

_GENERICS = "inline,symbol-dce,func.func(convert-elementwise-to-linalg,linalg-generalize-named-ops)"
# These compute; all others only move values, and are right with other types.
_COMPUTES = ("arith.", "math.")
_MOVES = ("arith.select", "arith.constant", "arith.bitcast")
_WITHOUT_SIGN = frozenset(
    f"arith.{name}"
    for name in "extui divui remui ceildivui minui maxui shrui uitofp index_castui".split()
)
_UNSIGNED_PREDICATES = range(6, 10)  # of arith.cmpi
_RESIZES = ("arith.extsi", "arith.extui", "arith.extf", "arith.trunci", "arith.truncf")
_SATURATE = {"arith.fptosi": True, "arith.fptoui": False}  # with a sign or without


@dataclass(frozen=True)
class WidenSmallTypes(Pass):
    """A tensor of a small type becomes one of i8, which a caller still sees as what it was; what is
    computed in the type is computed in f32 or i8, and rounded or wrapped.

    Before:

        func.func @f(%x: tensor<4xf8E5M2>) -> tensor<4xf32> {
          %r = linalg.generic ins(%x) ... { %v = arith.extf %in : f8E5M2 to f32 ... }

    After:

        func.func @f(%x: tensor<4xi8> {claw.type = f8E5M2}) -> tensor<4xf32> {
          %r = linalg.generic ins(%x) ... { %v = ... // from the bits of %in : i8
    """

    name: ClassVar[str] = "widen-small-types"

    def run(self, module: ir.Module) -> None:
        if not any(_is_small(v.type) for v in _values(module)):
            return
        PassManager.parse(f"builtin.module({_GENERICS})").run(module.operation)
        computing = [op for op in operations_in(module.operation) if _computes(op)]
        operands = [[v.type for v in op.operands] for op in computing]
        results = [[v.type for v in op.results] for op in computing]
        constants = [
            (op, _bytes_of(op))
            for op in operations_in(module.operation)
            if op.name == "arith.constant" and _is_small(op.results[0].type)
        ]
        for function in module.body.operations:
            if isinstance(function, func.FuncOp) and not function.is_external:
                _mark(function)
        for value in _values(module):
            if _is_small(value.type):
                value.set_type(_widened(value.type))
        for op, value in constants:
            with ir.InsertionPoint(op), op.location:
                op.results[0].replace_all_uses_with(constant_from(op.results[0].type, value))
            op.erase()
        for op, before, after in zip(computing, operands, results, strict=True):
            with ir.InsertionPoint(op), op.location:
                new = _computed(op, before, after)
            op.results[0].replace_all_uses_with(new)
            op.erase()


def _values(module: ir.Module) -> list[ir.Value]:
    found: list[ir.Value] = []
    for op in operations_in(module.operation):
        found += [*op.results, *(a for r in op.regions for b in r.blocks for a in b.arguments)]
    return found


def _element(type_: ir.Type) -> ir.Type:
    return type_.element_type if isinstance(type_, ir.RankedTensorType) else type_


def _is_small(type_: ir.Type) -> bool:
    return str(_element(type_)) in SMALL


def _widened(type_: ir.Type) -> ir.Type:
    byte = ir.IntegerType.get_signless(8)
    if not isinstance(type_, ir.RankedTensorType):
        return byte
    with ir.Location.unknown():
        return ir.RankedTensorType.get(type_.shape, byte, type_.encoding)


def _computes(op: ir.Operation) -> bool:
    if not op.name.startswith(_COMPUTES) or op.name in ("arith.select", "arith.constant"):
        return False
    return any(_is_small(v.type) for v in [*op.operands, *op.results])


def _mark(function: func.FuncOp) -> None:
    """Say what callers see, and give the function its new type."""
    kind = ir.FunctionType(ir.TypeAttr(function.attributes["function_type"]).value)
    for name, types in (("arg_attrs", kind.inputs), ("res_attrs", kind.results)):
        if not any(map(_is_small, types)):
            continue
        attributes = function.attributes
        old = (
            ir.ArrayAttr(attributes[name])
            if name in attributes
            else [ir.DictAttr.get({})] * len(types)
        )
        attributes[name] = ir.ArrayAttr.get(
            [
                with_seen_type(ir.DictAttr(had), _element(type_)) if _is_small(type_) else had
                for had, type_ in zip(old, types, strict=True)
            ]
        )
    inputs, results = (
        [_widened(t) if _is_small(t) else t for t in types] for types in (kind.inputs, kind.results)
    )
    function.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(inputs, results))


def _bytes_of(op: ir.Operation) -> ir.Attribute:
    """The bytes of a constant, by folding a cast of it in a module of its own."""
    type_ = op.results[0].type
    wide = _widened(type_)
    cast = arith.extsi if isinstance(SMALL[str(_element(type_))], SmallInteger) else arith.bitcast
    with op.location:
        module = ir.Module.create()
        with ir.InsertionPoint(module.body):
            function = func.FuncOp("bytes", ir.FunctionType.get([], [wide]))
            with ir.InsertionPoint(function.add_entry_block()):
                func.ReturnOp([cast(wide, op.clone().results[0])])
        PassManager.parse("builtin.module(canonicalize)").run(module.operation)
    folded = function.body.blocks[0].operations[0]
    if folded.operation.name != "arith.constant":
        raise PassFailure(op, f"is a constant of {_element(type_)} of an unknown form")
    return folded.attributes["value"]


def _computed(op: ir.Operation, operands: list[ir.Type], results: list[ir.Type]) -> ir.Value:
    """What `op` gives, whose small operands and results are bytes by now."""
    if len(results) != 1:
        raise PassFailure(op, f"computes several results in {operands[0]}; expected one")
    if op.name == "arith.bitcast":
        return op.operands[0]
    signed = op.name not in _WITHOUT_SIGN and not _compares_without_sign(op)
    inputs = [
        SMALL[str(before)].read(value, signed) if _is_small(before) else value
        for value, before in zip(op.operands, operands, strict=True)
    ]
    small = SMALL.get(str(results[0]))
    if small is None:
        return _resized(op, inputs, results[0])
    if isinstance(small, SmallFloat) and isinstance(inputs[0].type, ir.F64Type):
        inputs = [rounded_to_odd(inputs[0])]
    number = _resized(op, inputs, small.computed_in)
    if isinstance(small, SmallInteger) and op.name in _SATURATE:
        number = _saturated(number, small, _SATURATE[op.name])
    return small.write(number)


def _compares_without_sign(op: ir.Operation) -> bool:
    if op.name != "arith.cmpi":
        return False
    return ir.IntegerAttr(op.attributes["predicate"]).value in _UNSIGNED_PREDICATES


def _resized(op: ir.Operation, inputs: list[ir.Value], type_: ir.Type) -> ir.Value:
    """`op` on wider inputs; one that only resizes may have nothing to do, or the opposite."""
    if op.name in _RESIZES:
        if inputs[0].type == type_:
            return inputs[0]
        if isinstance(type_, ir.FloatType):
            return _float_resized(inputs[0], type_)
    attributes = {name: op.attributes[name] for name in op.attributes}
    return ir.Operation.create(op.name, [type_], inputs, attributes).results[0]


def _float_resized(value: ir.Value, type_: ir.Type) -> ir.Value:
    grows = ir.FloatType(type_).width > ir.FloatType(value.type).width
    return (arith.extf if grows else arith.truncf)(type_, value)


def _saturated(number: ir.Value, small: SmallInteger, signed: bool) -> ir.Value:
    """The nearest number that there is, of an i8 that has saturated itself."""
    if not signed:
        return arith.minui(number, constant(number.type, (1 << small.bits) - 1))
    most = (1 << (small.bits - 1)) - 1
    return arith.maxsi(
        arith.minsi(number, constant(number.type, most)), constant(number.type, ~most)
    )
