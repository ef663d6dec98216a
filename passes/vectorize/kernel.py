"""One kernel function from L2 to L3, op by op."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import func, scf

from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.body import body_of, terminator
from clawc.passes.kernel.kernel import Kernel
from clawc.passes.tile.body import uses_argument
from clawc.passes.vectorize.blocks import in_blocks, is_long
from clawc.passes.vectorize.body import Body
from clawc.passes.vectorize.carried import Carried, select, updating
from clawc.passes.vectorize.gather import Tables
from clawc.passes.vectorize.grid import Grid
from clawc.passes.vectorize.op import TiledOp
from clawc.passes.vectorize.padding import between, read_padded
from clawc.passes.vectorize.selected import Half, Selected
from clawc.passes.vectorize.sums import Reduction, sum_of
from clawc.passes.vectorize.values import (
    Empty,
    Size,
    Spread,
    Tile,
    Window,
    add,
    bounds_of,
    over_loops,
    read,
    to_tile,
    write,
)

DYNAMIC = ir.ShapedType.get_dynamic_size()


State = Window | Tile | Empty | Carried


def vectorize(old: ir.Operation) -> None:
    """Replaces the kernel function `old`."""
    attributes = {name: old.attributes[name] for name in old.attributes}
    source = old.regions[0].blocks[0]
    loop = next(op for op in source.operations if isinstance(op, scf.ForallOp))
    grid = Grid(loop)
    with ir.InsertionPoint(old), old.location:
        new = ir.Operation.create("func.func", attributes=attributes, regions=1)
    grid.write_on(Kernel(new))
    with old.location:
        block = new.regions[0].blocks.append(*(a.type for a in source.arguments))
    with ir.InsertionPoint(block), old.location:
        kernel = _Kernel(grid)
        kernel.run(source, block)
        func.ReturnOp([])
    Kernel(new).set_gathers(list(kernel.tables.ways))
    old.erase()


class _Kernel:
    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.scalars: dict[ir.Value, ir.Value] = {}
        self.tensors: dict[ir.Value, State] = {}
        self.tables = Tables(self._table)
        self.selected: dict[ir.Operation, Selected] = {}

    def run(self, source: ir.Block, block: ir.Block) -> None:
        self.scalars.update(zip(source.arguments, block.arguments, strict=True))
        self._walk(source)

    def _walk(self, block: ir.Block) -> None:
        for op in block.operations:
            op = op.operation
            with op.location:
                rule = _RULES.get(op.name)
                if rule:
                    rule(self, op)
                elif op.name.split(".")[0] in ("arith", "memref"):
                    self._scalar(op)
                else:
                    raise PassFailure(op, f"{op.name} is not part of a tiled kernel")

    def _scalar(self, op: ir.Operation) -> None:
        new = op.clone().operation
        for i, operand in enumerate(op.operands):
            new.operands[i] = self.scalars[operand]
        self.scalars.update(zip(op.results, new.results, strict=True))

    def _size(self, value: Size) -> Size:
        return value if isinstance(value, int) else self.scalars[value]

    # Memory
    def to_tensor(self, op: ir.Operation) -> None:
        self.tensors[op.results[0]] = self._whole(op.operands[0])

    def _whole(self, memory: ir.Value) -> Window:
        """All of a memref.  Nobody asks for its sizes before a slice is cut: they need no code."""
        new = self.scalars[memory]
        shape = ir.MemRefType(new.type).shape
        return Window(new, (0,) * len(shape), tuple(shape))

    def _table(self, tensor: ir.Value) -> ir.Value:
        """The memory of a tensor whose elements a body reads."""
        state = self.tensors[tensor]
        assert isinstance(state, Window), "tables are arguments"
        return state.memory

    def _mixed(self, op: ir.Operation, name: str, dynamic: list[ir.Value]) -> list[Size]:
        static = ir.DenseI64ArrayAttr(op.attributes[name])
        return [self._size(dynamic.pop(0)) if n == DYNAMIC else n for n in static]

    def _part(self, op: ir.Operation, target: Window, first: int) -> Window:
        """The window of a slice; its dynamic offsets and sizes begin at operand `first`."""
        dynamic = list(op.operands)[first:]
        offsets = self._mixed(op, "static_offsets", dynamic)
        sizes = self._mixed(op, "static_sizes", dynamic)
        moved = (add(a, b) for a, b in zip(target.offsets, offsets, strict=True))
        return Window(target.memory, tuple(moved), tuple(sizes))

    def extract_slice(self, op: ir.Operation) -> None:
        """Read at once if an op on tiles uses it; an output's window otherwise."""
        source = self.tensors[op.operands[0]]
        assert isinstance(source, Window)
        window = self._part(op, source, 1)
        shape = _shape_by_use(op.results[0])
        self.tensors[op.results[0]] = window if shape is None else read(window, shape)

    def pad(self, op: ir.Operation) -> None:
        """What lies between is read at once, under a mask."""
        source = self.tensors[op.operands[0]]
        assert isinstance(source, Window)
        dynamic = list(op.operands)[1:]
        low = self._mixed(op, "static_low", dynamic)
        high = self._mixed(op, "static_high", dynamic)
        value = self.scalars[terminator(body_of(op)).operands[0]]
        shape = _shape_by_use(op.results[0])
        assert shape is not None, "only ops on tiles read padding"
        self.tensors[op.results[0]] = read_padded(between(low, source, high, value), shape)

    def insert_slice(self, op: ir.Operation) -> None:
        tile, target = self.tensors[op.operands[0]], self.tensors[op.operands[1]]
        assert isinstance(target, Window)
        if isinstance(tile, Tile):
            window = self._part(op, target, 2)
            write(tile.of_rank(len(window.sizes)), window)
        for result in op.results:
            self.tensors[result] = target

    def empty(self, op: ir.Operation) -> None:
        dynamic = iter(op.operands)
        shape = ir.RankedTensorType(op.results[0].type).shape
        sizes = (self.scalars[next(dynamic)] if n == DYNAMIC else n for n in shape)
        self.tensors[op.results[0]] = Empty(tuple(sizes))

    # Loops
    def forall(self, op: ir.Operation) -> None:
        body = body_of(op)
        offsets = self.grid.offsets(self.scalars)
        outputs = list(body.arguments)[len(offsets) :]
        self.scalars.update(zip(body.arguments, offsets, strict=False))
        for argument, result in zip(outputs, op.results, strict=True):
            store = next(iter(result.uses)).owner
            self.tensors[argument] = self._whole(store.operands[1])
        self._walk(body)

    def in_parallel(self, op: ir.Operation) -> None:
        self._walk(body_of(op))

    def loop(self, op: ir.Operation) -> None:
        body = body_of(op)
        inits = list(op.operands)[3:]
        states = [self._enter(body, i, self.tensors[v]) for i, v in enumerate(inits)]
        begun = [s for s, v in zip(states, inits, strict=True) if s is not self.tensors[v]]
        carried = [s for s in states if isinstance(s, Carried)]
        lower, upper, step = (self.scalars[v] for v in list(op.operands)[:3])

        def chunks(first: ir.Value, end: ir.Value, vectors: list[ir.Value]) -> list[ir.Value]:
            new = scf.ForOp(first, end, step, vectors)
            with ir.InsertionPoint(new.body):
                self.scalars[body.arguments[0]] = new.induction_variable
                self._bind(list(body.arguments)[1:], states, list(new.inner_iter_args))
                self._walk(body)
                yielded = [self.tensors[v] for v in terminator(body).operands]
                scf.yield_([s.value for s in yielded if isinstance(s, Carried)])
            return list(new.results)

        vectors = [s.value for s in carried]
        sums = [
            s.total if s in begun and isinstance(s.total, Reduction) and s.total.rounds else None
            for s in carried
        ]
        if any(sums) and is_long(op):
            vectors = in_blocks((lower, upper, step), vectors, sums, chunks)
        else:
            vectors = chunks(lower, upper, vectors)
        self._bind(op.results, states, vectors)
        ended = [s for r in op.results if isinstance(s := self.tensors[r], Carried)]
        for value, result in zip(inits, op.results, strict=True):
            state = self.tensors[result]
            if isinstance(state, Carried) and isinstance(self.tensors[value], Tile):
                self.tensors[result] = state.left(ended)

    def _enter(self, body: ir.Block, number: int, init: State) -> State:
        """A tile begins a sum; a sum begun by an outer loop, and an output's window, go through."""
        if not isinstance(init, Tile):
            return init
        op, result = updating(body, number)
        tiled = TiledOp(op)
        if tiled.selection is None:
            total = sum_of(tiled, result)
        else:
            whole = self.selected.setdefault(op, Selected(tiled, tiled.selection))
            total = Half(whole, result == tiled.selection.of_value)
        return Carried(total, total.enter(init), init.bounds)

    def _bind(self, values, states, vectors: list[ir.Value]) -> None:
        for value, state in zip(values, states, strict=True):
            carried = isinstance(state, Carried)
            self.tensors[value] = state.with_value(vectors.pop(0)) if carried else state

    # Ops on tiles
    def structured(self, op: ir.Operation) -> None:
        tiled = TiledOp(op)
        operands = [self._operand(v, tiled, i) for i, v in enumerate(op.operands)]
        bounds = self._bounds(tiled, operands)
        arguments = self._arguments(tiled, operands)
        body = Body(op, arguments, tiled.tile, bounds, self.scalars, self.tables)
        if tiled.selection is not None:
            inits = operands[tiled.inputs :]
            self.tensors.update(zip(op.results, select(tiled, inits, body), strict=True))
            return
        for number, result in enumerate(op.results):
            place = tiled.inputs + number
            init = operands[place]
            at = tuple(bounds[loop] for loop in tiled.maps[place])
            if isinstance(init, Carried) and not isinstance(init.total, Half):
                self.tensors[result] = init.with_value(init.total.add(init.value, body))
            elif tiled.reduced:
                assert isinstance(init, Tile), "sums onto nothing take the generic lane"
                self.tensors[result] = sum_of(tiled, number).at_once(init, body)
            else:
                (value,) = body.evaluate(terminator(body_of(op)).operands[number])
                self.tensors[result] = to_tile(value, tiled.maps[place], tiled.tile, at)

    def _operand(self, value: ir.Value, tiled: TiledOp, number: int):
        if value not in self.tensors:
            return Spread(self.scalars[value])
        state = self.tensors[value]
        return read(state, tiled.shape(number)) if isinstance(state, Window) else state

    def _arguments(self, tiled: TiledOp, operands) -> dict[int, Spread]:
        arguments = {}
        for i, (state, loops) in enumerate(zip(operands, tiled.maps, strict=True)):
            if isinstance(state, Spread):
                arguments[i] = state
            elif isinstance(state, Tile) and uses_argument(tiled.op, i):
                if i < tiled.inputs or not tiled.reduced:
                    arguments[i] = over_loops(state, loops)
        return arguments

    def _bounds(self, tiled: TiledOp, operands) -> list[Size | None]:
        """How much of each loop is there, as its operands say."""
        bounds: list[Size | None] = [None] * len(tiled.tile)
        for i, (state, loops) in enumerate(zip(operands, tiled.maps, strict=True)):
            if isinstance(state, Spread):
                continue
            known = (
                bounds_of(state.sizes, tiled.shape(i)) if isinstance(state, Empty) else state.bounds
            )
            for loop, bound in zip(loops, known, strict=True):
                bounds[loop] = bound if bound is not None else bounds[loop]
        return bounds


def _shape_by_use(value: ir.Value) -> tuple[int, ...] | None:
    for use in value.uses:
        if use.owner.operation.name.startswith("linalg."):
            return TiledOp(use.owner.operation).shape(use.operand_number)
    return None


_RULES = {
    "bufferization.to_tensor": _Kernel.to_tensor,
    "bufferization.materialize_in_destination": lambda kernel, op: None,
    "tensor.extract_slice": _Kernel.extract_slice,
    "tensor.pad": _Kernel.pad,
    "tensor.insert_slice": _Kernel.insert_slice,
    "tensor.parallel_insert_slice": _Kernel.insert_slice,
    "tensor.empty": _Kernel.empty,
    "scf.forall": _Kernel.forall,
    "scf.forall.in_parallel": _Kernel.in_parallel,
    "scf.for": _Kernel.loop,
    "scf.yield": lambda kernel, op: None,
    "linalg.generic": _Kernel.structured,
    "linalg.fill": _Kernel.structured,
    "func.return": lambda kernel, op: None,
}
