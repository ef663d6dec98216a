"""L0: what computes or moves data becomes `linalg.generic`; cheap producers are folded in.

Passes: lower-control, lower-index, split-complex; normalize-linalg, and its steps: lower-softmax,
split-phases, lower-moves, fold-extracts, drop-checks-of-data, drop-unread-results, split-results,
widen-accumulators, share-sums, split-inits, fold-producers, propagate-reshapes, sink-scalars;
before each CSE label-bodies.
Uses: framework, ir, kernel.
"""
