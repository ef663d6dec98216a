"""The algebra of layouts: which lane holds which element, as linear maps over bits.

Holds no pass.  Uses: framework, chips.
"""
