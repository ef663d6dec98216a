"""clawc.runtime: load and run what clawc compiled; imports no MLIR."""
