"""What a pass is, how passes are run one after the other, and how they are found by name.

Uses: chips.
"""
