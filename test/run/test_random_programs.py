"""Random programs: on every device the results are the reference's."""

import numpy as np
import pytest
from harness import DEVICES, chip, run
from hypothesis import HealthCheck, given, note, seed, settings
from random_programs import programs

from clawc.dialects import reference


@pytest.mark.parametrize("device", DEVICES)
def test_random_programs(device):
    chip(device)  # skips if there is no driver

    @seed(DEVICES.index(device))  # other programs on each
    @settings(
        max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(programs())
    def same_as_the_reference(case):
        text, inputs, errors = case
        note(text)
        expected = reference.evaluate(text, inputs)
        for have, want, error in zip(run(text, inputs, device), expected, errors, strict=True):
            assert have.dtype == want.dtype and have.shape == want.shape
            if error:
                have, want = have.astype(np.float64), want.astype(np.float64)
                np.testing.assert_allclose(have, want, rtol=0, atol=error)
            else:
                np.testing.assert_array_equal(have, want)

    same_as_the_reference()
