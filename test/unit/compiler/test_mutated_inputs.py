"""A small share of the mutated programs: each compiles or is refused with a CompileError."""

import mutated_inputs
import pytest
from mutated_inputs import TARGETS, mutants, outcome

import clawc.compiler.compilation  # before processes are forked

COUNT = 60


def test_mutants_are_the_same_for_a_seed_and_differ_from_their_program():
    first, again, other = (list(mutants(20, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert len(set(first) - set(mutated_inputs.corpus())) > 10


@pytest.mark.parametrize("seed", range(len(TARGETS)))
def test_mutants(seed):
    found = [(text, outcome(text, TARGETS[seed])) for text in mutants(COUNT // len(TARGETS), seed)]
    bad = [(text, one) for text, one in found if one.what not in ("compiled", "refused")]
    assert not bad, f"{bad[0][1].what} {bad[0][1].detail}\n{bad[0][0]}"


@pytest.mark.parametrize("how, seen", [("raise KeyError", "raised"), ("os._exit(7)", "died")])
def test_what_is_no_compile_error_is_seen(monkeypatch, how, seen):
    import os

    def broken(*_, **__):
        exec(how, {"os": os})

    monkeypatch.setattr(clawc, "compile", broken)
    assert outcome("", "host").what == seen


@pytest.mark.parametrize("limit", ["SECONDS", "PATIENCE"])
def test_a_hang_is_seen(monkeypatch, limit):
    import time

    def busy(*_, **__):
        while limit == "SECONDS":
            pass
        time.sleep(60)

    monkeypatch.setattr(mutated_inputs, limit, 1)
    monkeypatch.setattr(clawc, "compile", busy)
    assert outcome("", "host").what == "hung"
