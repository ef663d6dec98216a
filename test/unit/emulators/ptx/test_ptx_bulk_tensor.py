"""Copies of boxes of tensors, `cp.async.bulk.tensor`, element by element against NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ptx_runner import assembled, kernel, kinds, launch

from clawc.emulators.interface import EmulationError, Options, Outcome
from clawc.emulators.ptx.tensor_map import encode_tiled

SIZE = 8192  # bytes of shared memory
NUMPY: dict[str, Any] = {
    **{"u8": np.uint8, "u16": np.uint16, "u32": np.uint32, "s32": np.int32, "u64": np.uint64},
    **{"f16": np.float16, "f32": np.float32, "f64": np.float64},
}


def text_of(rank: int, loads: bool, at: tuple[int, ...], moved: int) -> str:
    """A kernel that copies a box at `at` (the innermost coordinate first) of the map in `m` to the
    shared memory and that to p0 as it is; or p0 to the shared memory and that to the box."""
    coordinates = ", ".join(map(str, at))
    box = f"[%d8, {{{coordinates}}}]"
    load = f"""
    mbarrier.init.shared.b64 [full], 1;
    fence.proxy.async;
    mbarrier.arrive.expect_tx.shared.b64 %d4, [full], {moved};
    cp.async.bulk.tensor.{rank}d.shared::cluster.global.tile.mbarrier::complete_tx::bytes
        [buffer], {box}, [full];
wait:
    mbarrier.try_wait.parity.shared.b64 %p3, [full], 0;
    @!%p3 bra wait;
    cp.async.bulk.global.shared::cta.bulk_group [%d0], [buffer], {SIZE};
"""
    store = f"""
    mbarrier.init.shared.b64 [full], 1;
    fence.proxy.async;
    mbarrier.arrive.expect_tx.shared.b64 %d4, [full], {SIZE};
    cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes
        [buffer], [%d0], {SIZE}, [full];
wait:
    mbarrier.try_wait.parity.shared.b64 %p3, [full], 0;
    @!%p3 bra wait;
    cp.async.bulk.tensor.{rank}d.global.shared::cta.tile.bulk_group {box}, [buffer];
"""
    body = f"""
    mov.b64 %d7, m;
    cvta.param.u64 %d8, %d7;
    mov.u32 %r1, buffer;
    shl.b32 %r2, %r0, 2;
    add.u32 %r1, %r1, %r2;
    mov.u32 %r3, 0;
clear:
    st.shared.b32 [%r1], 0xDEADBEEF;
    add.u32 %r1, %r1, 128;
    add.u32 %r3, %r3, 1;
    setp.lt.u32 %p1, %r3, {SIZE // 128};
    @%p1 bra clear;
    fence.proxy.async.shared::cta;
    bar.sync 0;
    setp.ne.u32 %p1, %r0, 0;
    @%p1 bra done;
    {load if loads else store}
    cp.async.bulk.commit_group;
    cp.async.bulk.wait_group 0;
done:
"""
    shared = f"    .shared .align 1024 .b8 buffer[{SIZE}];\n    .shared .align 8 .b64 full;"
    made = kernel(body, 1, shared=shared)
    return made.replace("k(.param .u64 p0)", "k(.param .u64 p0, .param .align 64 .b8 m[128])")


def copied(
    tensor: np.ndarray, plain: np.ndarray, loads: bool, at: tuple[int, ...], box: tuple[int, ...],
    type_: str, steps: tuple[int, ...] = (), check: bool = True, **how: Any,
) -> Outcome:  # fmt: skip
    """Run the kernel on a tensor, whose last dimension is the innermost one, and bytes."""
    rank = tensor.ndim
    taken = [-(-size // step) for size, step in zip(box, steps or (1,) * rank, strict=True)]
    moved = int(np.prod(taken)) * tensor.itemsize

    def map_of(addresses: list[int]) -> bytes:
        strides = list(tensor.strides[-2::-1])
        dims = tensor.shape[::-1]
        return encode_tiled(
            addresses[1], type_, dims, strides, box, element_strides=steps or None, **how
        )

    text = text_of(rank, loads, at, moved)
    whole = tensor if tensor.base is None else tensor.base
    return launch(text, "k", 1, 32, [plain, map_of], indirect=[whole], options=Options(check=check))


def aligned_tensor(shape: tuple[int, ...], type_: str, seed: int = 0) -> np.ndarray:
    """A tensor whose rows begin at multiples of 16 bytes."""
    dtype = np.dtype(NUMPY[type_])
    per_row = -(-shape[-1] * dtype.itemsize // 16) * 16 // dtype.itemsize
    rng = np.random.default_rng(seed)
    whole = rng.integers(0, 100, (*shape[:-1], per_row)).astype(dtype)
    return whole[..., : shape[-1]]


def place(address: int, swizzle: int) -> int:
    """Where the manual's figures put a byte: within rows of 128 bytes, eight of them, pieces of 16
    bytes change places by the row's number, within the span of the swizzle."""
    if not swizzle:
        return address
    row, piece, byte = address // 128 % 8, address // 16 % 8, address % 16
    span = swizzle // 16  # pieces; rows of less than 128 bytes are counted by whole 128 bytes
    moved = piece // span * span + (piece % span ^ row % span)
    return address // 128 * 128 + moved * 16 + byte


def expected_box(tensor: np.ndarray, at: Any, box: Any, steps: Any, fill: float) -> np.ndarray:
    """Element by element, the innermost dimension last."""
    rank = tensor.ndim
    steps = (1, *(steps or (1,) * rank)[1:])
    taken = [-(-size // step) for size, step in zip(box, steps, strict=True)]
    found = np.full(taken[::-1], fill, tensor.dtype)
    for index in itertools.product(*map(range, taken)):
        where = tuple(a + i * s for a, i, s in zip(at, index, steps, strict=True))[::-1]
        if all(0 <= w < d for w, d in zip(where, tensor.shape, strict=True)):
            found[index[::-1]] = tensor[where]
    return found


def in_shared(box: np.ndarray, swizzle: int) -> np.ndarray:
    data = np.frombuffer(np.full(SIZE // 4, 0xDEADBEEF, np.uint32).tobytes(), np.uint8).copy()
    for i, byte in enumerate(box.reshape(-1).view(np.uint8)):
        data[place(i, swizzle)] = byte
    return data


CASES = [  # sizes (the innermost last), coordinates and box (the innermost first), type, the rest
    ((40,), (0,), (16,), "u8", {}),
    ((40,), (29,), (32,), "u16", {}),
    ((9, 40), (0, 0), (8, 4), "f32", {}),
    ((9, 40), (37, 7), (16, 8), "f16", {}),
    ((9, 40), (-3, -2), (16, 8), "f16", {}),
    ((9, 40), (-100, 0), (16, 8), "f16", {}),
    ((9, 40), (0, 9), (16, 8), "f16", {}),
    ((9, 70), (3, 2), (64, 9), "f16", {"swizzle": 128}),
    ((9, 70), (3, 2), (32, 9), "f16", {"swizzle": 64}),
    ((9, 70), (3, 2), (16, 9), "f16", {"swizzle": 32}),
    ((17, 33), (-1, 3), (32, 17), "f32", {"swizzle": 128}),
    ((5, 9, 24), (4, 1, -1), (16, 3, 4), "s32", {}),
    ((5, 9, 24), (8, 2, 1), (8, 8, 4), "f64", {"steps": (1, 3, 2)}),
    ((3, 4, 5, 18), (2, -1, 2, 1), (16, 3, 3, 2), "u8", {}),
    ((2, 3, 4, 5, 9), (1, 2, -1, 1, 0), (2, 3, 3, 2, 2), "u64", {}),
    ((9, 40), (37, 7), (16, 8), "f16", {"fill": "nan"}),
]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("shape", "at", "box", "type_", "how"), CASES)
def test_boxes_in(shape, at, box, type_, how, check):
    tensor, plain = aligned_tensor(shape, type_), np.zeros(SIZE, np.uint8)
    outcome = copied(tensor, plain, True, at, box, type_, check=check, **how)
    assert not outcome.findings, outcome.findings
    fill = np.nan if how.get("fill") == "nan" else 0
    expected = expected_box(tensor, at, box, how.get("steps"), fill)
    if how.get("fill") == "nan":
        found = plain[: expected.nbytes].view(expected.dtype).reshape(expected.shape)
        np.testing.assert_array_equal(found, expected)
    else:
        np.testing.assert_array_equal(plain, in_shared(expected, how.get("swizzle", 0)))


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("shape", "at", "box", "type_", "how"), CASES[:-1])
def test_boxes_out(shape, at, box, type_, how, check):
    """What is inside of the tensor is written, and nothing else."""
    tensor = aligned_tensor(shape, type_)
    values = aligned_tensor((SIZE // np.dtype(NUMPY[type_]).itemsize,), type_, seed=1)
    before = np.array(tensor)
    steps = (1, *how.get("steps", (1,) * len(shape))[1:])
    outcome = copied(tensor, values.view(np.uint8), False, at, box, type_, check=check, **how)
    assert not outcome.findings, outcome.findings
    taken = [-(-size // step) for size, step in zip(box, steps, strict=True)]
    data, swizzle = values.view(np.uint8), how.get("swizzle", 0)
    for number, index in enumerate(itertools.product(*map(range, taken[::-1]))):
        where = tuple(a + i * s for a, i, s in zip(at[::-1], index, steps[::-1], strict=True))
        if all(0 <= w < d for w, d in zip(where, shape, strict=True)):
            size = tensor.itemsize
            moved = place(number * size, swizzle)
            before[where] = data[moved : moved + size].view(tensor.dtype)[0]
    np.testing.assert_array_equal(tensor, before)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_box(data):
    rank = data.draw(st.integers(1, 4))
    type_ = data.draw(st.sampled_from(["u8", "f16", "f32", "u64"]))
    unit = 16 // np.dtype(NUMPY[type_]).itemsize
    shape = tuple(data.draw(st.integers(1, 12)) for _ in range(rank))
    at = tuple(data.draw(st.integers(-6, 12)) for _ in range(rank))
    box = tuple(data.draw(st.integers(1, 4)) * (unit if i == 0 else 1) for i in range(rank))
    steps = (1, *(data.draw(st.integers(1, 3)) for _ in range(rank - 1)))
    tensor, plain = aligned_tensor(shape, type_), np.zeros(SIZE, np.uint8)
    outcome = copied(tensor, plain, True, at, box, type_, steps)
    assert not outcome.findings, outcome.findings
    np.testing.assert_array_equal(plain, in_shared(expected_box(tensor, at, box, steps, 0), 0))


def test_the_assembler_takes_it():
    for rank, loads in itertools.product(range(1, 6), (True, False)):
        assembled(text_of(rank, loads, (0,) * rank, 16))


def test_a_map_that_goes_beyond_its_buffer_is_found():
    tensor = aligned_tensor((8, 40), "f16")
    text = text_of(2, True, (0, 6), 16 * 4 * 2)
    for rows, expected in ((8, set()), (9, {"out-of-bounds"})):

        def map_of(addresses: list[int], rows: int = rows) -> bytes:
            return encode_tiled(addresses[1], "f16", [40, rows], [80], [16, 4])

        plain = np.zeros(SIZE, np.uint8)
        outcome = launch(text, "k", 1, 32, [plain, map_of], indirect=[tensor.base])
        assert kinds(outcome.findings) >= expected and bool(outcome.findings) == bool(expected)


def test_a_map_of_other_dimensions_and_128_other_bytes_are_errors():
    tensor, plain = aligned_tensor((8, 40), "f16"), np.zeros(SIZE, np.uint8)
    text = text_of(3, True, (0, 0, 0), 128)
    map_of = lambda a: encode_tiled(a[1], "f16", [40, 8], [80], [16, 4])  # noqa: E731
    for structure, message in ((map_of, "3 dimensions"), (lambda a: bytes(128), "tensor map")):
        with pytest.raises(EmulationError, match=message):
            launch(text, "k", 1, 32, [plain, structure], indirect=[tensor.base])


def test_types_whose_values_a_copy_changes_are_errors():
    tensor, plain = aligned_tensor((8, 40), "f32"), np.zeros(SIZE, np.uint8)
    with pytest.raises(EmulationError, match="tf32"):
        copied(tensor, plain, True, (0, 0), (16, 4), "tf32")
