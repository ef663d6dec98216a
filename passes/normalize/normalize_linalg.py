"""normalize-linalg: everything that computes or moves data becomes `linalg.generic`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from clawc.passes.framework.pipeline import NamedPipeline, Step, upstream
from clawc.passes.normalize.drop_checks_of_data import DropChecksOfData
from clawc.passes.normalize.drop_unread_results import DropUnreadResults
from clawc.passes.normalize.fold_extracts import FoldExtracts
from clawc.passes.normalize.fold_producers import FoldProducers
from clawc.passes.normalize.label_bodies import LabelBodies
from clawc.passes.normalize.lower_moves import LowerMoves
from clawc.passes.normalize.lower_softmax import LowerSoftmax
from clawc.passes.normalize.propagate_reshapes import PropagateReshapes
from clawc.passes.normalize.share_sums import ShareSums
from clawc.passes.normalize.sink_scalars import SinkScalars
from clawc.passes.normalize.split_inits import SplitInits
from clawc.passes.normalize.split_phases import SplitPhases
from clawc.passes.normalize.split_results import SplitResults
from clawc.passes.normalize.widen_accumulators import WidenAccumulators

_CLEAN_UP = [*upstream("canonicalize"), LabelBodies(), *upstream("cse")]


@dataclass(frozen=True)
class NormalizeLinalg(NamedPipeline):
    """Inline calls; generalize named operations; write what moves data as a generic; fold cheap
    producers; drop what is not used.

    Before:

        %t = linalg.transpose ins(%w : tensor<5x8xf32>) outs(%e) permutation = [1, 0]
        %p = linalg.matmul ins(%x, %t : tensor<3x8xf32>, tensor<8x5xf32>) outs(%zeros)

    After:

        %p = linalg.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (n, k), (m, n, k) -> (m, n)],
                             iterators = ["parallel", "parallel", "reduction"]}
                            ins(%x, %w : tensor<3x8xf32>, tensor<5x8xf32>) outs(%zeros) { ... }

    What is left: linalg.generic, views (expand_shape, collapse_shape, cast, reshape), tensor.empty,
    tensor.dim, constants, scalar arithmetic and cf.assert; elements that the host needs, and loops,
    branches and variables around all of that.
    """

    name: ClassVar[str] = "normalize-linalg"

    def steps(self) -> list[Step]:
        return [
            *upstream("inline", "symbol-dce"),
            *_CLEAN_UP,
            LowerSoftmax(),
            *upstream("linalg-generalize-named-ops", anchor=("func.func",)),
            SplitPhases(),
            LowerMoves(),
            *upstream(
                "convert-elementwise-to-linalg",
                "linalg-generalize-named-ops",
                "resolve-ranked-shaped-type-result-dims",
                anchor=("func.func",),
            ),
            *upstream("lower-affine"),
            *_CLEAN_UP,
            DropChecksOfData(),
            DropUnreadResults(),
            SplitResults(),
            FoldExtracts(),  # a result that is the same everywhere is one by itself by now
            WidenAccumulators(),
            ShareSums(),
            SplitInits(),
            FoldProducers(),
            PropagateReshapes(),
            *_CLEAN_UP,
            FoldProducers(),
            *_CLEAN_UP,
            SinkScalars(),
        ]
