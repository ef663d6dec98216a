"""AMD's code objects: reading ELF, linking, metadata."""
