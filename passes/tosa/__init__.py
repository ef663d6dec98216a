"""L0: programs in TOSA become linalg, by MLIR's own lowering.

Pass: lower-tosa.  Uses: framework.
"""
