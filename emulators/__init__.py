"""clawc.emulators: PTX and AMD GPU instructions, executed in NumPy."""
