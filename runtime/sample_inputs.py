"""Arguments for an entry: seeded random ones of its types, or those of an `.npz` file."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence

import numpy as np

from clawc.runtime.arguments import as_array, numpy_dtype, shape_of, shape_text
from clawc.runtime.errors import ArgumentError
from clawc.runtime.plan import Entry, Type

DEFAULT_SIZE = 64  # of a dimension that the program leaves open
LARGEST_INTEGER = 8  # random integers are below: most stand for an index or a label


def random_arguments(
    entry: Entry, sizes: Mapping[tuple[int, int], int], default: int, seed: int
) -> list[np.ndarray]:
    """Floats from -1 to 1, integers from 0 to 7; `sizes` has open dimensions by (argument, dim)."""
    for argument, dim in sizes:
        shape = shape_of(entry.arguments[argument]) if argument < len(entry.arguments) else ()
        if dim >= len(shape):
            raise ArgumentError(f"{entry.name} has no dimension {argument}.{dim}")
        if isinstance(shape[dim], int):
            raise ArgumentError(f"dimension {argument}.{dim} of {entry.name} is not open")
    generator = np.random.default_rng(seed)
    arrays = []
    for number, tensor in enumerate(entry.arguments):
        shape = tuple(
            size if isinstance(size, int) else sizes.get((number, dim), default)
            for dim, size in enumerate(shape_of(tensor))
        )
        try:
            arrays.append(random_array(generator, numpy_dtype(tensor.dtype), shape))
        except (MemoryError, ValueError):  # ValueError: more bytes than there are addresses
            raise ArgumentError(
                f"argument {number} of {entry.name} does not fit into memory: "
                f"{tensor.dtype}{shape_text(shape)}"
            ) from None
    return arrays


def with_number(
    entry: Entry, arrays: Sequence[np.ndarray], number: int, text: str
) -> list[np.ndarray]:
    """The arguments, one of them the number that `text` writes, or full of it."""
    if number >= len(arrays):
        raise ArgumentError(f"{entry.name} takes {len(arrays)} arguments, counted from 0")
    what = f"argument {number} of {entry.name}"
    dtype = numpy_dtype(entry.arguments[number].dtype)
    words = {"true": True, "false": False} if dtype.kind == "b" else {}
    try:
        value = words[text] if text in words else (float if dtype.kind in "fV" else int)(text)
    except ValueError:
        raise ArgumentError(f"{what} is {text!r}; expected one of {dtype.name}") from None
    full = np.broadcast_to(as_array(what, value, dtype), np.shape(arrays[number]))
    return [*arrays[:number], np.array(full), *arrays[number + 1 :]]


def random_array(
    generator: np.random.Generator, dtype: np.dtype, shape: tuple[int, ...]
) -> np.ndarray:
    if dtype.kind == "b":
        return generator.integers(0, 2, shape).astype(dtype)
    if dtype.kind == "i":
        return generator.integers(0, LARGEST_INTEGER, shape).astype(dtype)
    return generator.uniform(-1, 1, shape).astype(dtype)


def read_arguments(path: str, entry: Entry) -> list[np.ndarray]:
    """The arrays of an `.npz` file in their order; bfloat16 may be stored as float32 or raw."""
    try:
        with np.load(path) as file:
            arrays = [file[name] for name in file.files]
    except OSError as error:
        raise ArgumentError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, KeyError, AttributeError, EOFError, zipfile.BadZipFile):
        raise ArgumentError(f"{path} is not an .npz file of arrays") from None
    tensors = entry.arguments[: len(arrays)]
    read = [from_file(array, tensor) for array, tensor in zip(arrays, tensors, strict=False)]
    return read + arrays[len(read) :]


def from_file(array: np.ndarray, tensor: Type) -> np.ndarray:
    """NumPy's files know no bfloat16: it comes back as two raw bytes, or was stored as float32."""
    if tensor.dtype != "bf16":
        return array
    bf16 = numpy_dtype("bf16")
    return array.view(bf16) if array.dtype == np.dtype("V2") else array.astype(bf16)


def for_file(array: np.ndarray) -> np.ndarray:
    """An array as an `.npz` file keeps it readable everywhere: bfloat16 as float32."""
    return array.astype(np.float32) if array.dtype == numpy_dtype("bf16") else array
