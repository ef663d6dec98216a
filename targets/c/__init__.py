"""clawc.targets.c: a bundle as one file of C11 and a header, which run its kernels without Python.

`runtime/` holds the C that every program shares; the rest writes what a program has of its own: its
images, and its launch plans as functions.
"""
