"""Questions to the IR that several rooms ask: types, operations of a kernel, loops of a generic.

Holds no pass.  Uses: dialects, framework.
"""
