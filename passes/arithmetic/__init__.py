"""L0: the arithmetic of bodies, with one answer on every chip for every value of its operands.

Passes: widen-small-types, store-indices; define-indices, and its steps widen-indices,
clamp-indices, clamp-slices;
define-arithmetic, and its steps split-pairs, booleans-to-logic, define-division,
define-conversions.
Uses: framework, ir, kernel, legalize, chips.
"""
