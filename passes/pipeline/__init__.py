"""What goes through shared memory, and what is under way while a loop computes.

Passes: stage-operands, pipeline-loops.  Uses: framework, kernel, layout, chips, dialects.
"""
