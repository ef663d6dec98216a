"""What makes a function a kernel: its attributes and signature, from forming it to the bundle.

Holds no pass.  Uses: framework, ir.
"""
