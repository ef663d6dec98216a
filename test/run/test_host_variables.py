"""What a program keeps from call to call, and names that it may have.

Expected values are NumPy's, written down beside each program.
"""

from __future__ import annotations

import threading

import numpy as np
import pytest
from harness import chip, device
from host_programs import DEVICES, loaded

import clawc

COUNTER = """
ml_program.global private mutable @state(dense<[1, 2]> : tensor<2xi64>) : tensor<2xi64>
ml_program.global private mutable @calls(0 : i32) : i32
func.func @main(%x: tensor<2xi64>) -> (tensor<2xi64>, i32) {
  %one = arith.constant 1 : i32
  %s = ml_program.global_load @state : tensor<2xi64>
  %n = arith.addi %s, %x : tensor<2xi64>
  ml_program.global_store @state = %n : tensor<2xi64>
  %c = ml_program.global_load @calls : i32
  %c1 = arith.addi %c, %one : i32
  ml_program.global_store @calls = %c1 : i32
  return %s, %c1 : tensor<2xi64>, i32
}
func.func @keep(%x: tensor<2xi64>) -> tensor<2xi64> {
  %s = ml_program.global_load @state : tensor<2xi64>
  ml_program.global_store @state = %x : tensor<2xi64>
  return %s : tensor<2xi64>
}"""


@pytest.mark.parametrize("name", DEVICES)
def test_variables_are_kept_between_calls(name):
    run = loaded(COUNTER, name)
    x = np.array([10, 20], np.int64)
    for call in range(3):
        before, calls = run(x)
        np.testing.assert_array_equal(before, [1 + 10 * call, 2 + 20 * call])
        assert calls == call + 1
        before[:] = 0  # the caller's own
    other = loaded(COUNTER, name)  # with variables of its own
    np.testing.assert_array_equal(other(x)[0], [1, 2])


def test_a_variable_keeps_a_copy_of_an_argument():
    run = loaded(COUNTER, entry="keep")
    memory = run.device.alloc(16).memory.view(np.int64)  # aligned: the device reads it in place
    memory[:] = (5, 6)
    np.testing.assert_array_equal(run(memory), [1, 2])
    memory[:] = 0
    np.testing.assert_array_equal(run(np.zeros(2, np.int64)), [5, 6])


def test_calls_that_change_variables_take_turns():
    run = loaded(COUNTER)
    x = np.ones(2, np.int64)
    seen: list[int] = []

    def work() -> None:
        for _ in range(25):
            seen.append(int(run(x)[1]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 101))
    np.testing.assert_array_equal(run(x)[0], [101, 102])


@pytest.mark.parametrize("name", ("host", "opencl", "vulkan", "emulator:sm_80", "emulator:gfx942"))
def test_names_that_collide_or_are_no_identifiers(name):
    functions = ("main", "main_map_0", "kernels", "a b.c", "main_map_0_1", "x\\22y", "5", "é")
    text = "\n".join(
        f'func.func @"{f}"(%x: tensor<3xf32>) -> tensor<3xf32> {{ '
        f"%c = arith.constant dense<[1.0, 2.0, {i}.0]> : tensor<3xf32> "
        f"%0 = arith.addf %x, %c : tensor<3xf32> return %0 : tensor<3xf32> }}"
        for i, f in enumerate(functions)
    )
    device(name)
    artifact = clawc.compile(text, target=chip(name).spec)
    artifact = type(artifact).from_bytes(artifact.to_bytes())
    x = np.zeros(3, np.float32)
    for i, function in enumerate(functions):
        run = clawc.load(artifact, name, function.replace("\\22", '"'))
        np.testing.assert_array_equal(run(x), [1, 2, i])
