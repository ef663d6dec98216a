"""The command-line programs, one a file."""
