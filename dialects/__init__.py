"""clawc.dialects: the claw operations, their readable form, their rules and their reference."""
