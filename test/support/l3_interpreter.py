"""Runs L3 modules on NumPy: the host function, and kernels a workgroup at a time on whole tiles.

What L3 means: a vector is an array, a masked read leaves padding, a masked write leaves memory."""

from __future__ import annotations

import functools

import ml_dtypes
import numpy as np
from mlir import ir

DTYPES = {"f16": np.float16, "bf16": ml_dtypes.bfloat16, "f32": np.float32, "f64": np.float64,
          "i1": np.bool_, "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64,
          "index": np.int64}  # fmt: skip
REDUCE = {"add": np.add, "mul": np.multiply, "maximumf": np.maximum, "minimumf": np.minimum,
          "maxnumf": np.fmax, "minnumf": np.fmin, "maxsi": np.maximum, "minsi": np.minimum,
          "and": np.bitwise_and, "or": np.bitwise_or}  # fmt: skip
COMPARE_F = {1: np.equal, 2: np.greater, 3: np.greater_equal, 4: np.less, 5: np.less_equal,
             6: lambda a, b: (a < b) | (a > b), 7: lambda a, b: (a == a) & (b == b),
             8: lambda a, b: ~(a != b), 13: np.not_equal,
             9: lambda a, b: ~(a <= b), 11: lambda a, b: ~(a >= b)}  # fmt: skip
COMPARE_I = [np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal]


def dtype_of(type_: ir.Type):
    if isinstance(type_, ir.ShapedType):
        type_ = ir.ShapedType(type_).element_type
    return DTYPES[str(type_)]


def _divide(a, b):
    with np.errstate(all="ignore"):
        assert np.all(b != 0), "an integer division by zero"
        return np.trunc(np.divide(a, b)).astype(np.result_type(a, b))


def _math(f):
    return lambda a: np.asarray(f(np.asarray(a, np.float64)))


PLAIN = {
    "arith.addf": np.add, "arith.subf": np.subtract, "arith.mulf": np.multiply,
    "arith.divf": np.divide, "arith.negf": np.negative, "arith.maximumf": np.maximum,
    "arith.minimumf": np.minimum, "arith.maxnumf": np.fmax, "arith.minnumf": np.fmin,
    "arith.addi": np.add, "arith.subi": np.subtract, "arith.muli": np.multiply,
    "arith.divsi": _divide, "arith.divui": _divide, "arith.remui": np.remainder,
    "arith.remsi": np.fmod,
    "arith.minsi": np.minimum, "arith.maxsi": np.maximum, "arith.minui": np.minimum,
    "arith.andi": np.bitwise_and,
    "arith.ori": np.bitwise_or, "arith.xori": np.bitwise_xor,
    "arith.select": lambda c, a, b: np.where(c, a, b),
    "arith.extf": lambda a: a, "arith.truncf": lambda a: a, "arith.extsi": lambda a: a,
    "arith.extui": lambda a: np.asarray(a).view(f"u{np.asarray(a).itemsize}"),
    "arith.trunci": lambda a: a, "arith.sitofp": lambda a: a,
    "arith.uitofp": lambda a: a, "arith.fptosi": np.trunc, "arith.index_cast": lambda a: a,
    "arith.ceildivsi": lambda a, b: -(-a // b), "arith.floordivsi": lambda a, b: a // b,
    "math.exp": _math(np.exp), "math.tanh": _math(np.tanh), "math.sqrt": _math(np.sqrt),
    "math.rsqrt": _math(lambda a: 1 / np.sqrt(a)), "math.log": _math(np.log), "math.absf": np.abs,
}  # fmt: skip


class Interpreter:
    def __init__(self, module: ir.Module) -> None:
        self.functions = {
            ir.StringAttr(f.operation.attributes["sym_name"]).value: f.operation
            for f in module.body.operations
            if f.operation.name == "func.func"
        }
        self.block_id = 0

    def call(self, name: str, *arguments) -> list:
        function = self.functions[name]
        if "claw.kernel" not in function.attributes:
            return self._run(function, arguments)
        for block_id in range(self.grid(function, arguments)):
            self.block_id = block_id
            self._run(function, arguments)
        return []

    def grid(self, function, arguments) -> int:
        """The number of workgroups, from claw.grid and claw.grid_symbols."""
        flat = list(ir.DenseI64ArrayAttr(function.attributes["claw.grid_symbols"]))
        symbols = [
            int(arguments[a]) if d < 0 else arguments[a].shape[d]
            for a, d in zip(flat[::2], flat[1::2], strict=True)
        ]
        counts = ir.AffineMapAttr(function.attributes["claw.grid"]).value.results
        total = 1
        for count in counts:
            text = str(count).replace("ceildiv", "|").replace("floordiv", "//")
            names = {f"s{i}": Number(n) for i, n in enumerate(symbols)}
            total *= int(eval(text, {}, names))
        return total

    def _run(self, function, arguments) -> list:
        block = function.regions[0].blocks[0]
        return self._block(block, dict(zip(block.arguments, arguments, strict=True)))

    def _block(self, block, values) -> list:
        for op in block.operations:
            op = op.operation
            operands = [values[v] for v in op.operands]
            if op.name in ("func.return", "scf.yield"):
                return operands
            values.update(zip(op.results, self._op(op, operands, values), strict=True))
        return []

    def _op(self, op, operands, values) -> list:
        rule = getattr(self, op.name.replace(".", "_"), None)
        if rule:
            result = rule(op, operands, values)
            return result if isinstance(result, list) else [result]
        assert op.name in PLAIN, f"the interpreter knows no {op.name}"
        with np.errstate(all="ignore"):
            result = np.asarray(PLAIN[op.name](*operands))
        type_ = op.results[0].type
        if isinstance(type_, ir.VectorType):
            assert list(result.shape) == list(type_.shape), op
        return [_converted(result, dtype_of(type_))]

    # Scalars
    def arith_constant(self, op, operands, values):
        type_, attribute = op.results[0].type, op.attributes["value"]
        if isinstance(type_, ir.VectorType):
            value = ir.DenseElementsAttr(attribute).get_splat_value().value
            return np.full(type_.shape, value, dtype_of(type_))
        return np.asarray(attribute.value, dtype_of(type_))[()]

    def arith_cmpf(self, op, operands, values):
        return COMPARE_F[ir.IntegerAttr(op.attributes["predicate"]).value](*operands)

    def arith_cmpi(self, op, operands, values):
        predicate = ir.IntegerAttr(op.attributes["predicate"]).value
        assert predicate < 6, "unsigned comparisons are not known"
        return COMPARE_I[predicate](*operands)

    def gpu_block_id(self, op, operands, values):
        return self.block_id

    # Memory
    def memref_dim(self, op, operands, values):
        return operands[0].shape[int(operands[1])]

    def memref_load(self, op, operands, values):
        return operands[0][tuple(map(int, operands[1:]))]

    def memref_alloc(self, op, operands, values):
        return np.full(self._shape(op.results[0].type, operands), 77, dtype_of(op.results[0].type))

    def memref_collapse_shape(self, op, operands, values):
        groups = [
            [ir.IntegerAttr(i).value for i in ir.ArrayAttr(g)]
            for g in ir.ArrayAttr(op.attributes["reassociation"])
        ]
        shape = [int(np.prod([operands[0].shape[i] for i in g])) for g in groups]
        return operands[0].reshape(shape)

    def memref_expand_shape(self, op, operands, values):
        sizes = list(operands[1:])
        static = ir.DenseI64ArrayAttr(op.attributes["static_output_shape"])
        dynamic = ir.ShapedType.get_dynamic_size()
        return operands[0].reshape([int(sizes.pop(0)) if n == dynamic else n for n in static])

    def memref_reinterpret_cast(self, op, operands, values):
        """Every element of the view must be one of the buffer."""
        memory, *dynamic = operands

        def mixed(name):
            static = ir.DenseI64ArrayAttr(op.attributes[name])
            unknown = ir.ShapedType.get_dynamic_size()
            return [int(dynamic.pop(0)) if n == unknown else n for n in static]

        (offset,), sizes, strides = (mixed(f"static_{x}") for x in ("offsets", "sizes", "strides"))
        steps = np.indices(sizes, sparse=True)
        places = offset + sum(i * s for i, s in zip(steps, strides, strict=True))
        assert not np.size(places) or 0 <= np.min(places) <= np.max(places) < memory.size
        flat = memory.reshape(-1)[offset:]
        return np.lib.stride_tricks.as_strided(flat, sizes, [s * memory.itemsize for s in strides])

    def memref_cast(self, op, operands, values):
        return operands[0]

    def memref_dealloc(self, op, operands, values):
        return []

    def cf_assert(self, op, operands, values):
        assert operands[0], ir.StringAttr(op.attributes["msg"]).value
        return []

    def _shape(self, type_, dynamic):
        sizes = iter(dynamic)
        unknown = ir.ShapedType.get_dynamic_size()
        return [int(next(sizes)) if n == unknown else n for n in ir.ShapedType(type_).shape]

    # Tiles
    def vector_create_mask(self, op, operands, values):
        shape = op.results[0].type.shape
        inside = [np.arange(n) < bound for n, bound in zip(shape, operands, strict=True)]
        return functools.reduce(np.logical_and.outer, inside)

    def vector_step(self, op, operands, values):
        return np.arange(op.results[0].type.shape[0])

    def vector_transfer_read(self, op, operands, values):
        type_ = ir.VectorType(op.results[0].type)
        rank = operands[0].ndim
        memory, indices, padding = operands[0], operands[1 : 1 + rank], operands[1 + rank]
        mask = operands[2 + rank] if len(operands) > 2 + rank else np.ones(type_.shape, bool)
        result = np.full(type_.shape, padding, dtype_of(type_))
        result[mask] = memory[self._places(op, indices, mask)]
        return result

    def vector_transfer_write(self, op, operands, values):
        tile, memory = operands[:2]
        indices = operands[2 : 2 + memory.ndim]
        mask = operands[2 + memory.ndim :] or [np.ones(tile.shape, bool)]
        memory[self._places(op, indices, mask[0])] = tile[mask[0]]
        return []

    def _places(self, op, indices, mask):
        """The coordinates in memory of the elements inside the mask."""
        places = [int(i) for i in indices]
        along = ir.AffineMapAttr(op.attributes["permutation_map"]).value.results
        for expr, inside in zip(along, np.nonzero(mask), strict=True):
            places[expr.position] = places[expr.position] + inside
        return tuple(places)

    def vector_broadcast(self, op, operands, values):
        return np.broadcast_to(operands[0], op.results[0].type.shape)

    def vector_transpose(self, op, operands, values):
        return operands[0].transpose(list(ir.DenseI64ArrayAttr(op.attributes["permutation"])))

    def vector_shape_cast(self, op, operands, values):
        return operands[0].reshape(op.results[0].type.shape)

    def vector_extract(self, op, operands, values):
        return operands[0][tuple(ir.DenseI64ArrayAttr(op.attributes["static_position"]))]

    def vector_contract(self, op, operands, values):
        lhs, rhs, acc = operands
        wide = np.result_type(acc.dtype, np.float32) if acc.dtype.kind in "fV" else acc.dtype
        return (acc.astype(wide) + lhs.astype(wide) @ rhs.astype(wide)).astype(acc.dtype)

    def vector_multi_reduction(self, op, operands, values):
        kind = str(op.attributes["kind"]).split("<")[1].rstrip(">")
        axes = tuple(ir.DenseI64ArrayAttr(op.attributes["reduction_dims"]))
        total = REDUCE[kind].reduce(operands[0], axis=axes)
        return np.asarray(REDUCE[kind](total, operands[1])).astype(operands[0].dtype)[()]

    # Control
    def scf_for(self, op, operands, values):
        lower, upper, step, *carried = operands
        block = op.regions[0].blocks[0]
        for i in range(int(lower), int(upper), int(step)):
            inner = dict(values)
            inner.update(zip(block.arguments, [i, *carried], strict=True))
            carried = self._block(block, inner)
        return carried

    def func_call(self, op, operands, values):
        return self.call(ir.FlatSymbolRefAttr(op.attributes["callee"]).value, *operands)


class Number(int):
    """An integer whose | is ceiling division."""

    def __or__(self, other):
        return Number(-(-int(self) // int(other)))

    def __mul__(self, other):
        return Number(int(self) * int(other))

    __rmul__ = __mul__


def _converted(result, dtype):
    if dtype is np.bool_ and result.dtype != np.bool_:
        return (result.astype(np.int64) & 1).astype(bool)
    with np.errstate(all="ignore"):
        return result.astype(dtype)[()]
