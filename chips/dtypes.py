"""The element types as NumPy has them."""

import ml_dtypes
import numpy as np

from clawc.chips.elements import ELEMENTS

DTYPES: dict[str, np.dtype] = {
    name: np.dtype(getattr(np, row.numpy, None) or getattr(ml_dtypes, row.numpy))
    for name, row in ELEMENTS.items()
}
