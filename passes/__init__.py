"""clawc.passes: one pass a file, named as its pass; `registry` finds them all by name."""
