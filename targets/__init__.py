"""clawc.targets: lowering to each target, code generation, linking, launch plans, estimates."""
