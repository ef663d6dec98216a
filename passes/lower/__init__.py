"""L5: from the program of one thread to the target's own dialect; one pass a file; `steps.py` has
the order of all targets.

Uses: framework, ir, kernel, math, legalize, chips.
"""
