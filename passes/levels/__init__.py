"""The levels of the road: what may stand in a module at each, as data, and a check of it.

Pass: check-level.  Uses: framework, kernel, layout.
"""
