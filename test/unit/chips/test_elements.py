"""The table of element types: checked when made, and as NumPy has it.

Covers: chips/dtypes.py.
"""

import ml_dtypes
import numpy as np
import pytest

from clawc.chips.dtypes import DTYPES
from clawc.chips.elements import ELEMENTS, EVERYWHERE, NARROW, Element, checked, names
from clawc.chips.known import known


@pytest.mark.parametrize("name", ELEMENTS)
def test_numpy_agrees(name):
    row, dtype = ELEMENTS[name], DTYPES[name]
    assert dtype.itemsize == row.bytes
    assert (dtype.kind in "iu", dtype.kind == "b") == (row.kind == "integer", row.kind == "bool")
    if row.kind == "float":
        assert row.epsilon == float(ml_dtypes.finfo(dtype).eps)
        assert np.isfinite(np.array([1.0]).astype(dtype)).all()


def test_lists_of_the_other_rooms():
    assert names("float") == ("f16", "bf16", "f32", "f64")
    assert names("integer") == ("i8", "i16", "i32", "i64")
    assert frozenset({"f16", "bf16"}) == NARROW


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(kind="real"), "kind is 'real'; expected one of float, integer, bool"),
        (dict(bits=12), "bits is 12; expected a power of two"),
        (dict(epsilon=0.0), "epsilon is 0.0; expected more than 0 of floats alone"),
        (dict(kind="integer"), "epsilon is 0.5; expected more than 0 of floats alone"),
    ],
)
def test_a_row_that_cannot_be_is_refused(change, message):
    row = dict(name="f8", kind="float", bits=8, numpy="float8_e4m3fn", epsilon=0.5)
    with pytest.raises(ValueError, match=f"element type 'f8': {message}"):
        Element(**{**row, "accumulator": "f32", "computed_in": "f32", **change})


def test_a_table_that_cannot_be_is_refused():
    i8 = ELEMENTS["i8"]
    with pytest.raises(ValueError, match="has two rows"):
        checked((i8, i8))
    with pytest.raises(ValueError, match="'i8': accumulator is 'i32', which has no row"):
        checked((i8,))


def test_a_type_that_is_not_everywhere_is_of_the_chips_that_name_it():
    rare = {name for name, row in ELEMENTS.items() if not row.everywhere}
    for chip in (chip for chips in known().values() for chip in chips):
        assert chip.types <= ELEMENTS.keys()
        assert chip.types - rare >= EVERYWHERE - {"f16"}  # x86-64-v2 cannot convert f16
