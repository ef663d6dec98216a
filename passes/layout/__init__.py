"""Who holds which element of a tile: the algebra of layouts, and the pass that chooses them.

Pass: assign-layouts.  Uses: framework, kernel, chips, dialects.
"""
