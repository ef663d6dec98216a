"""L0: the claw operations become linalg on tensors.

Pass: claw-to-linalg; the other files lower one family of operations each.  Uses: framework, ir,
kernel, dialects, chips.
"""
