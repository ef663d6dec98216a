"""L5: functions of `math` in terms of what every chip has.

Passes: expand-math, math-to-intrinsics; the other files expand one family of functions each.
Uses: framework, ir, chips.
"""
