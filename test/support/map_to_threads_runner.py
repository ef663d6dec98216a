"""Kernels of the generic lane, interpreted at L4 for a GPU and for the host."""

import numpy as np
from mlir import ir

from clawc.chips.known import find
from clawc.emulators.simt.interpreter import WARP_ORDERS, interpret
from clawc.passes.map_to_threads.map_to_threads import MapToThreads

CHIPS = ("nvptx:sm_80", "spirv:vulkan", "host")


def kernel(inputs, outputs, body):
    """A host function @main that calls kernel @k; `body` defines tensors %r0, %r1, ..."""
    memrefs = [f"memref<{t}>" for t in [*inputs, *outputs]]
    names = [f"%b{i}" for i in range(len(memrefs))]
    signature = ", ".join(f"{n}: {t}" for n, t in zip(names, memrefs, strict=True))
    loads = "\n".join(
        f"%t{i} = bufferization.to_tensor %b{i} restrict : memref<{t}> to tensor<{t}>"
        for i, t in enumerate(inputs)
    )
    stores = "\n".join(
        f"bufferization.materialize_in_destination %r{i} in restrict writable "
        f"%b{len(inputs) + i} : (tensor<{t}>, memref<{t}>) -> ()"
        for i, t in enumerate(outputs)
    )
    return f"""
    func.func @main({signature}) {{
      call @k({", ".join(names)}) : ({", ".join(memrefs)}) -> ()
      return
    }}
    func.func private @k({signature})
        attributes {{claw.kernel, claw.lane = "generic", claw.kind = "generic"}} {{
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %f0 = arith.constant 0.0 : f32
      {loads}
      {body}
      {stores}
      return
    }}"""


def run(text, inputs, outputs):
    """The outputs, the same for each chip and order, without findings."""
    results = []
    for chip in CHIPS:
        for order in WARP_ORDERS if chip == CHIPS[0] else WARP_ORDERS[:1]:
            with ir.Context(), ir.Location.unknown():
                module = ir.Module.parse(text)
                MapToThreads(find(chip)).run(module)
                module.operation.verify()
            result = interpret(module, [*inputs, *outputs], order=order)
            assert result.findings == [], chip
            results.append(result.outputs[len(inputs) :])
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)
    return results[0]


def values(*shape, dtype=np.float32):
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(dtype)


def empty(*shape, dtype=np.float32):
    return np.full(shape, 7, dtype)
