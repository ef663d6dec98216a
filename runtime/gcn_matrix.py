"""Matrix instructions: WMMA of RDNA 3 and MFMA of CDNA."""

from __future__ import annotations

import re

from clawc.runtime.gcn_operands import Operands
from clawc.runtime.gcn_step import Run, unknown

MATRIX = re.compile(r"v_(wmma|mfma|smfmac)_")


def matrix(o: Operands) -> Run:
    raise unknown(o)
