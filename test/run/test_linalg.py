"""Programs of linalg and tensor, as other front ends emit them, on every device."""

import linalg_fills  # noqa: F401 (adds to MOVES)
import linalg_gathers  # noqa: F401 (adds to MOVES)
import linalg_packs  # noqa: F401 (adds to MOVES)
import linalg_reductions  # noqa: F401 (adds to MODELS)
import linalg_results  # noqa: F401 (adds to MOVES)
import numpy as np
import pytest
from harness import DEVICES, run, supports
from linalg_moves import MOVES
from linalg_named import NAMED
from linalg_networks import MODELS

PLACES = [(d, False) for d in DEVICES] + [(d, True) for d in ("host", "vulkan", "nvptx:sm_80")]


def name_of(case):
    return case.id or f"{case.op}_{case.dtype}"


@pytest.mark.parametrize("device, dynamic", PLACES)
@pytest.mark.parametrize("case", NAMED, ids=name_of)
def test_named(device, dynamic, case):
    if not supports(device, case.dtype):
        pytest.skip(f"{device} has no {case.dtype}")
    text, inputs, expected = case.program(dynamic)
    (got,) = run(text, inputs, device)
    np.testing.assert_array_equal(got, expected, err_msg=text)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("make", MOVES.values(), ids=MOVES)
def test_moves(device, make):
    text, inputs, expected = make()
    got = run(text, inputs, device)
    assert len(got) == len(expected)
    for number, (have, want) in enumerate(zip(got, expected, strict=True)):
        assert have.dtype == want.dtype
        np.testing.assert_array_equal(have, want, err_msg=f"result {number} of {text}")


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_models(device, make):
    text, inputs, expected = make()
    got = run(text, inputs, device)
    assert len(got) == len(expected)
    for number, (have, want) in enumerate(zip(got, expected, strict=True)):
        if have.dtype.kind == "i":
            np.testing.assert_array_equal(have, want, err_msg=f"result {number} of {text}")
            continue
        # Sums of up to 200 terms of a size near 1, each rounded once, through at most 4 layers.
        bound = 800 * np.finfo(np.float32).eps
        np.testing.assert_allclose(have, want, bound, bound, err_msg=f"result {number} of {text}")
