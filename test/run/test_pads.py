"""Pads of pads, and of each type, on every device: each keeps its own value."""

import numpy as np
import pytest
from harness import DRIVERS, program, run, supports, tensor, values


def pad(source: str, result: str, low: int, high: int, value: str, types: tuple[str, str]) -> str:
    return f"""  {result} = tensor.pad {source} low[{low}] high[{high}] {{
  ^bb0(%i: index):
    tensor.yield {value} : {types[0].split("x")[-1][:-1]}
  }} : {types[0]} to {types[1]}"""


@pytest.mark.parametrize("device", DRIVERS)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("size", [0, 1, 4, 70])
def test_padded_twice(device: str, dynamic: bool, size: int) -> None:
    types = [tensor("i32", [size + more], dynamic) for more in (0, 3, 5)]
    lines = ["  %one = arith.constant 1 : i32", "  %two = arith.constant -2 : i32"]
    lines.append(pad("%0", "%p", 0, 3, "%one", (types[0], types[1])))
    lines.append(pad("%p", "%r0", 2, 0, "%two", (types[1], types[2])))
    x = values("i32", [size])
    (got,) = run(program(types[:1], "\n".join(lines), types[2:]), [x], device)
    inner = np.pad(x, (0, 3), constant_values=1)
    np.testing.assert_array_equal(got, np.pad(inner, (2, 0), constant_values=-2))


@pytest.mark.parametrize("device", DRIVERS)
@pytest.mark.parametrize("dtype", ["i1", "i8", "i64", "f16", "bf16", "f64"])
def test_types(device: str, dtype: str) -> None:
    if not supports(device, dtype) and dtype != "i1":
        pytest.skip(f"{device} has no {dtype}")
    types = tensor(dtype, [9]), tensor(dtype, [13])
    literal = "true" if dtype == "i1" else f"1{'.0' if 'f' in dtype else ''} : {dtype}"
    lines = [f"  %one = arith.constant {literal}", pad("%0", "%r0", 3, 1, "%one", types)]
    x = values(dtype, [9])
    (got,) = run(program(types[:1], "\n".join(lines), types[1:]), [x], device)
    np.testing.assert_array_equal(got, np.pad(x, (3, 1), constant_values=1))
