"""Refuse what cannot be compiled, with a place and a reason, before anything is changed.

Passes: check-entries, claw-verify, check-sizes, check-chip.  Uses: framework, dialects, chips.
"""
