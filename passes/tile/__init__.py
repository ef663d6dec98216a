"""L2: what a workgroup owns, by a schedule: tiles, loops over k, operands packed for processors.

Passes: tile, pack-operands.  Uses: framework, ir, kernel, chips.
"""
