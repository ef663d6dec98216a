"""Where each memory is among the addresses of a thread: windows of equal size."""

WINDOW = 44  # bits of an address within its memory; global memory has window 0
IMAGE_BASE, ARGUMENTS_BASE = 1 << WINDOW, 2 << WINDOW
# Where `flat_` accesses find LDS and scratch: the low 32 bits are the place in it.
SHARED_APERTURE, PRIVATE_APERTURE = 4 << WINDOW, 8 << WINDOW
