"""Vector operations of RDNA 4: IEEE 754-2019 minimum and maximum, and pairs of both kinds.

Source: "RDNA4 Instruction Set Architecture" (AMD, 2025), "Vector ALU Operations".
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.gcn import floats as fl
from clawc.emulators.gcn.vector_ops import Operation
from clawc.emulators.gcn.vector_ops_cdna import propagating_maximum, propagating_minimum

Function = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _twice(first: Function, second: Function) -> Callable[..., np.ndarray]:
    return lambda a, b, c: second(first(a, b), c)


_OF_TWO = {"v_minimum": propagating_minimum, "v_maximum": propagating_maximum}
_OF_THREE = {
    "v_minimum3": _twice(propagating_minimum, propagating_minimum),
    "v_maximum3": _twice(propagating_maximum, propagating_maximum),
    "v_minimummaximum": _twice(propagating_minimum, propagating_maximum),
    "v_maximumminimum": _twice(propagating_maximum, propagating_minimum),
    "v_minmax": _twice(fl.minimum, fl.maximum),  # RDNA 3 has these, too
    "v_maxmin": _twice(fl.maximum, fl.minimum),
}
RDNA4_OPERATIONS: dict[str, Operation] = {
    **{
        f"{name}_{type}": Operation(type, (type, type), compute)
        for name, compute in _OF_TWO.items()
        for type in ("f16", "f32", "f64")
    },
    **{
        f"{name}_{type}": Operation(type, (type, type, type), compute)
        for name, compute in _OF_THREE.items()
        for type in ("f16", "f32")
    },
}
