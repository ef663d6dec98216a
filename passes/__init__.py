"""clawc.passes: a room for each step of the road; in a room, a pass is in the file of its name."""
