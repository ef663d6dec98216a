"""What a kernel reads, writes and computes, as formulas over the sizes of its arguments."""
