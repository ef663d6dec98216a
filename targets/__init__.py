"""clawc.targets: chips, lowering to each target, code generation."""
