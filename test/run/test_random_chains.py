"""Random chains of linalg operations give what NumPy gives, on every device."""

from random import Random

import numpy as np
import pytest
from harness import DRIVERS, run
from random_chains import random_chain, types

COUNT = 8


@pytest.mark.parametrize("device", DRIVERS)
def test_random_chains(device: str) -> None:
    dtypes = types(device)
    first = COUNT * DRIVERS.index(device)  # other programs on each
    for seed in range(first, first + COUNT):
        chain = random_chain(Random(seed), dtypes)
        results = run(chain.text, chain.inputs, device)
        for have, want in zip(results, chain.results, strict=True):
            assert have.dtype == want.dtype
            np.testing.assert_array_equal(have, want, err_msg=f"seed {seed}\n{chain.text}")
