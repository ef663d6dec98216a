"""clawc.compiler.cache: what was compiled before, kept on disk and found again by its content.

An entry is found by a sum over all that decides its bytes: the program, the targets, the options,
the compiler's own sources and the packages and tools that it uses.  So nothing is ever out of date,
and nothing has to be told when the compiler changes.

Uses: compiler, runtime.
"""
