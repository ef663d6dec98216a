"""The launch plan: the host program of a module, as data that the runtime executes."""
