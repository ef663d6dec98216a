"""`python exits.py CODE COMMAND...`: succeed if the command exits with just this code."""

import subprocess
import sys

expected, *command = sys.argv[1:]
code = subprocess.run(command).returncode
if code != int(expected):
    sys.exit(f"exit code {code}, expected {expected}: {' '.join(command)}")
