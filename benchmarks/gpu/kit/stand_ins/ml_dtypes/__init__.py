"""Types as wide as those of `ml_dtypes`, for machines without it: storage, no arithmetic."""

import numpy as np


def _stored(name: str, unsigned: type) -> np.dtype:
    """A type of its own, so that no array of another type is taken for one of this."""
    return np.dtype([(name, unsigned)])


bfloat16 = _stored("bfloat16", np.uint16)
float8_e4m3fn = _stored("float8_e4m3fn", np.uint8)
float8_e5m2 = _stored("float8_e5m2", np.uint8)
float8_e4m3fnuz = _stored("float8_e4m3fnuz", np.uint8)
float8_e5m2fnuz = _stored("float8_e5m2fnuz", np.uint8)
int4 = _stored("int4", np.uint8)
int2 = _stored("int2", np.uint8)
