"""L4, the generic lane: parallel loops become the program of one thread, one output element each.

Pass: map-to-threads.  Uses: framework, ir, kernel, math, chips.
"""
