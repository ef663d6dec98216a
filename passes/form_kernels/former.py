"""A function's blocks, section by section: kernels, their calls, and the loops around them."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import func, ml_program, scf, tensor

from clawc.passes.form_kernels.domain import domain_of
from clawc.passes.form_kernels.fusion import Fusion
from clawc.passes.form_kernels.generic import GenericKernel
from clawc.passes.form_kernels.groups import Group
from clawc.passes.form_kernels.host import Host
from clawc.passes.form_kernels.sections import Event, sections, terminator
from clawc.passes.form_kernels.sizes import Sizes
from clawc.passes.form_kernels.vector import VectorKernel
from clawc.passes.form_kernels.views import buffer_type
from clawc.passes.ir.maps import runs_in_order
from clawc.passes.ir.symbols import Symbols

_HINTS = {"contraction": "matmul", "reduction": "reduce", "elementwise": "map"}


class Former:
    """Writes the kernels of a function and the host function that takes its place.

    A loop or branch becomes one on buffers, whose blocks are formed as the function's:

        %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> tensor<4xf32> {
          %b = linalg.generic ins(%a) ... { exp }
          scf.yield %b : tensor<4xf32>
        }

        %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> memref<4xf32> {
          %b = memref.alloc() : memref<4xf32>
          call @f_map_0(%a, %b)
          scf.yield %b : memref<4xf32>
        }
    """

    def __init__(
        self, source: func.FuncOp, module: ir.Module, known: dict[str, str], symbols: Symbols
    ) -> None:
        """`known` are the names of all kernels by their text."""
        self._source = source
        self._known = known
        self._host = Host(source, module, symbols)
        self._sizes = Sizes(source.body.blocks[0])
        self._groups = 0

    def form(self) -> None:
        block = self._source.body.blocks[0]
        self._block(block)
        self._host.finish([self._host.operand(value) for value in terminator(block).operands])
        _drop_unused(self._host.func.body.blocks[0])
        self._source.operation.erase()

    def _block(self, block: ir.Block) -> None:
        """All of a block but its terminator, at the host's point."""
        for section in sections(block):
            for op in section.operations:
                self._host.write_scalar(op)
            fusion = Fusion(section.operations, self._sizes)
            for group in fusion.groups:
                self._launch(group, fusion)
            if section.event is not None:
                self._event(section.event)

    def _launch(self, group: Group, fusion: Fusion) -> None:
        """Write the kernel of `group`, or take the one that is already there, and its call."""
        number, self._groups = self._groups, self._groups + 1
        stored = fusion.escapes(group)
        if not stored:
            return
        host = self._host
        name = host.symbols.fresh(f"{host.name}_{_HINTS.get(group.kind, 'generic')}_{number}")
        if group.kind == "generic":
            op = next(iter(group.ops))
            if runs_in_order(op.op):
                stored = [write.value for write in op.writes]  # they take each other's values
            inputs = [(value, host.buffer(value)) for value in group.inputs | group.tables]
            outputs = [(value, host.allocate(value)) for value in stored]
            kernel = GenericKernel(name, host, op, inputs, outputs, fusion.sizes)
        else:
            domain = domain_of(group, stored)
            outputs = []
            inputs = [
                (value, host.collapse(host.buffer(value), domain.reassociation(dims)))
                for value, dims in domain.inputs()
            ]
            for value in stored:
                groups = domain.reassociation(group.values[value])
                outputs.append((value, host.collapse(host.allocate(value), groups)))
            tables = [(value, host.buffer(value)) for value in group.tables]
            kernel = VectorKernel(name, host, domain, inputs, tables, outputs, fusion.sizes)
            inputs += tables
        buffers = [buffer for _, buffer in [*inputs, *outputs]]
        written = kernel.body.func.operation
        text = written.get_asm(use_local_scope=True).replace(f"@{name}(", "@(", 1)
        if text in self._known:
            written.erase()
        with host.point, kernel.body.location:
            callee = self._known.setdefault(text, name)
            func.CallOp([], callee, [*buffers, *kernel.body.scalars])

    # Between sections
    def _event(self, op: Event) -> None:
        host = self._host
        match op:
            case tensor.ExtractOp():
                host.read(op)
            case ml_program.GlobalStoreOp():
                name = ir.FlatSymbolRefAttr(op.attributes["global"]).value
                stores_tensor = isinstance(op.value.type, ir.RankedTensorType)
                buffer = host.buffer(op.value) if stores_tensor else host.stored(op.value)
                with host.point, op.location:
                    ml_program.GlobalStoreOp(name, buffer)
            case scf.ForOp() | scf.IfOp() | scf.WhileOp():
                self._around(op)

    def _around(self, op: scf.ForOp | scf.IfOp | scf.WhileOp) -> None:
        """A loop or branch on buffers, its blocks formed."""
        operands = [self._host.operand(value) for value in op.operands]
        types = [buffer_type(result.type) for result in op.results]
        attributes = {named.name: named.attr for named in op.attributes}
        with self._host.point, op.location:
            made = ir.Operation.create(
                op.name, types, operands, attributes, regions=len(op.regions)
            )
        for old, new in zip(op.regions, made.regions, strict=True):
            for block in old.blocks:
                taken = [buffer_type(argument.type) for argument in block.arguments]
                places = [op.location] * len(taken)
                self._region(block, new.blocks.append(*taken, arg_locs=places))
        self._host.bind(list(op.results), list(made.results))

    def _region(self, source: ir.Block, block: ir.Block) -> None:
        end = terminator(source)
        with self._host.block(block):
            self._host.bind(list(source.arguments), list(block.arguments))
            self._block(source)
            operands = [self._host.operand(value) for value in end.operands]
            with self._host.point, end.location:
                ir.Operation.create(end.name, [], operands)


def _drop_unused(block: ir.Block) -> None:
    """Erase the scalars that nobody uses."""
    for op in reversed(list(block.operations)):
        for region in op.regions:
            for inner in region.blocks:
                _drop_unused(inner)
        if op.operation.name.startswith(("arith.", "math.", "memref.dim")):
            if all(next(iter(result.uses), None) is None for result in op.results):
                op.operation.erase()
