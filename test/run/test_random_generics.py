"""Random generics: on every device the results are those of the iterations, one after the other."""

from random import Random

import numpy as np
import pytest
from harness import DRIVERS, run
from random_generics import random_generic

COUNT = 10


@pytest.mark.parametrize("device", DRIVERS)
def test_random_generics(device):
    first = COUNT * DRIVERS.index(device)  # other programs on each
    for seed in range(first, first + COUNT):
        generic = random_generic(Random(seed))
        results = run(generic.text(), generic.arguments, device)
        for have, want in zip(results, generic.results(), strict=True):
            np.testing.assert_array_equal(have, want, err_msg=f"seed {seed}\n{generic.text()}")
