"""A workgroup's vectors become the program of one thread, by a rule per operation.

Pass: distribute.  Uses: framework, kernel, layout, chips, dialects.
"""
