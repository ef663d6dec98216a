"""clawc.chips: chips and their matrix instructions as data; imports nothing else of clawc."""
