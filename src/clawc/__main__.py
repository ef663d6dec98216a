"""`python -m clawc` is `clawc`."""

from clawc.compiler.tools.clawc import main

main(prog_name="clawc")
