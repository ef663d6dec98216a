"""Programs of one linalg.generic whose body is given as text, and exact answers to hold them to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import numpy as np


def elementwise(inputs: Sequence[str], results: Mapping[str, str], size: int | None) -> str:
    """`results` has the type of each body value `%name`, given with the body under "": elements of
    the inputs are `%a`, `%b`, ...; `size` None makes the sizes unknown."""
    body, outputs = results[""], {n: t for n, t in results.items() if n}
    n = "?" if size is None else str(size)
    names = "abcdefgh"[: len(inputs)]
    maps = ", ".join(["affine_map<(i) -> (i)>"] * (len(inputs) + len(outputs)))
    tensors = ", ".join(f"tensor<{n}x{t}>" for t in inputs)
    types = ", ".join(f"tensor<{n}x{t}>" for t in outputs.values())
    empties = "\n".join(
        f"  %e{i} = tensor.empty({'%n' if size is None else ''}) : tensor<{n}x{t}>"
        for i, t in enumerate(outputs.values())
    )
    count = f"%n = tensor.dim %xa, %c0 : tensor<?x{inputs[0]}>" if size is None else ""
    many = len(outputs)
    arguments = [f"%{c}: {t}" for c, t in zip(names, inputs, strict=True)]
    arguments += [f"%o{i}: {t}" for i, t in enumerate(outputs.values())]
    returned = ", ".join(f"%r#{i}" for i in range(many)) if many > 1 else "%r"
    return f"""
func.func @main({", ".join(f"%x{c}: tensor<{n}x{t}>" for c, t in zip(names, inputs, strict=True))})
    -> ({types}) {{
  %c0 = arith.constant 0 : index
  {count}
{empties}
  %r{f":{many}" if many > 1 else ""} = linalg.generic {{indexing_maps = [{maps}],
      iterator_types = ["parallel"]}} ins({", ".join(f"%x{c}" for c in names)} : {tensors})
      outs({", ".join(f"%e{i}" for i in range(many))} : {types}) {{
  ^bb0({", ".join(arguments)}):
    {body}
    linalg.yield {", ".join(f"%{name}" for name in outputs)} : {", ".join(outputs.values())}
  }} -> ({types})
  return {returned} : {types}
}}
"""


def binary(dtype: str, operations: Iterable[str], size: int | None = None) -> str:
    """Each of the operations of arith on two integers, a result each."""
    operations = list(operations)
    body = "\n".join(
        f"    %r{i} = arith.{operation} %a, %b : {dtype}" for i, operation in enumerate(operations)
    )
    return elementwise(
        [dtype] * 2, {"": body, **{f"r{i}": dtype for i in range(len(operations))}}, size
    )


def quotient(operation: str, x: int, y: int) -> int:
    """What the project says that a division of arith gives, before it wraps."""
    if y == 0:
        return 0
    toward_zero = abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)
    kinds = {
        "div": toward_zero,
        "rem": x - y * toward_zero,
        "floordiv": x // y,
        "ceildiv": -(-x // y),
    }
    return kinds[operation[:-2]]


def nearest(number: Fraction, dtype: np.dtype) -> np.ndarray:
    """The number of a 16-bit float type that is nearest, ties to even, by exact comparison."""
    patterns = np.arange(1 << 15, dtype=np.uint16)
    finite = patterns[np.isfinite(patterns.view(dtype).astype(np.float64))]
    values = finite.view(dtype).astype(np.float64)
    limit = 2 * Fraction(values[-1]) - Fraction(values[-2])  # where the next would be
    magnitude = abs(number)
    place = int(np.searchsorted(values, min(float(magnitude), float(values[-1]))))
    candidates = range(max(0, place - 1), min(place + 2, len(values)))
    ranked = [(abs(Fraction(values[i]) - magnitude), i & 1, i) for i in candidates]
    ranked.append((abs(limit - magnitude), len(values) & 1, len(values)))
    pattern = np.uint16(min(ranked)[2] | (0x8000 if number < 0 else 0))
    return np.array(pattern).view(dtype)
