"""Phases of a convolution over spaced elements: each output has its taps, each once."""

import pytest

from clawc.passes.normalize.phases import Phases


def terms(step: int, offset: int, taps: int, dilation: int, output: int) -> set[tuple[int, int]]:
    """The tap and the element of each product, by the definition."""
    places = [(k, output + dilation * k - offset) for k in range(taps)]
    return {(k, place // step) for k, place in places if place % step == 0}


def of_phases(phases: Phases, taps: int, output: int) -> set[tuple[int, int]]:
    q, r = divmod(output + phases.lead, phases.step)
    tap = phases.tap.start + phases.tap.slope * r
    element = phases.element.start + phases.element.slope * r
    pairs = [(phases.step * t + tap, q + element + phases.dilation * t) for t in range(phases.taps)]
    return {(k, i) for k, i in pairs if k < taps}


@pytest.mark.parametrize("step", [2, 3, 4, 5])
@pytest.mark.parametrize("offset", [-3, 0, 1, 2, 6])
@pytest.mark.parametrize("taps", [1, 2, 3, 8])
@pytest.mark.parametrize("dilation", [1, 3])
def test_every_product_is_one_of_a_phase(step: int, offset: int, taps: int, dilation: int) -> None:
    phases = Phases.of(step, offset, taps, dilation)
    if phases is None:
        assert dilation > 1 and step != 2
        return
    assert phases.taps == -(-taps // step) and 0 <= phases.lead < step
    assert all(0 <= u < step for u in phases.tap.values(step))
    for output in range(20):
        assert of_phases(phases, taps, output) == terms(step, offset, taps, dilation, output)


def test_phases_without_taps() -> None:
    """Where the dilation shares a factor with the step, some outputs meet zeros only."""
    assert Phases.of(2, 0, 3, 2) is None
    assert Phases.of(1, 0, 3, 1) is None
