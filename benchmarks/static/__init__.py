"""What a compiler made of kernels, read from the machine code: no GPU is needed, none is timed."""
