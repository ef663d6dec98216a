"""Executes PTX, as NVIDIA's assembler would see it."""
