"""clawc.compiler: the road as a whole: parsing, errors, the driver, the command-line tools."""
