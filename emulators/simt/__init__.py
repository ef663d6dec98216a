"""The program of one thread (L4), executed for all threads of a launch by an interpreter of
MLIR."""
