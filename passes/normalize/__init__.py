"""L0: what computes or moves data becomes `linalg.generic`; cheap producers are folded in.

Passes: normalize-linalg, fold-producers, propagate-reshapes.  Uses: framework, ir.
"""
