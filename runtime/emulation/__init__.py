"""clawc.runtime.emulation: PTX and AMD GPU instructions, executed in NumPy."""
