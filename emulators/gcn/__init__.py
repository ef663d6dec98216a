"""Executes AMD's instructions, as they are in a code object."""
