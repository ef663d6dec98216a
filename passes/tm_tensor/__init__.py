"""L0: torch-mlir's `tm_tensor` operations become claw operations, or structured ones.

Pass: tm-tensor-to-claw.  Uses: framework, ir, claw_to_linalg,
dialects.
"""
