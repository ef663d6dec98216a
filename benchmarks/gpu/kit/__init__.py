"""What runs a kit on the machine with the device: Python, NumPy and the runtime beside it.

Where `ml_dtypes` is not installed, types of NumPy's own stand in for its types: the runtime moves
bytes and never computes with them.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("ml_dtypes") is None:
    sys.path.append(str(Path(__file__).with_name("stand_ins")))
