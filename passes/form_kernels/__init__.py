"""L1: a function becomes kernels and a host program that launches them.

Pass: form-kernels; the other files decide what goes together and write it.  Uses: framework, ir,
kernel, check.
"""
