"""clawc.frontends: programs as other frameworks hold them, compiled and called in their own terms.

Each framework is imported by its own room alone, so that clawc needs none.

Uses: compiler, runtime.
"""
