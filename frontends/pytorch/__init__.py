"""clawc.frontends.pytorch: modules and graphs of PyTorch, exported by torch-mlir.

What users see of it is `clawc.torch`.
"""
