"""L3: a tile becomes a value: vectors, masked at the edges.

Pass: vectorize.  Uses: framework, ir, kernel, tile.
"""
