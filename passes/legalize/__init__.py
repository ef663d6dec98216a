"""L5: operations and types that a target lacks, in terms of those it has; one pass a file.

Uses: framework, ir, chips.
"""
