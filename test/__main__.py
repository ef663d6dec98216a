"""All tests: `python test` runs lit, then pytest; further arguments go to pytest."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    lit = [sys.executable, "-m", "lit.main", str(HERE), "--order=lexical", "-j2", "-q"]
    pytest = [sys.executable, "-m", "pytest", "-q", "-rs", "-n", "2", *sys.argv[1:]]
    failed = [
        command for command in (lit, pytest) if subprocess.run(command, cwd=HERE.parent).returncode
    ]
    for command in failed:
        print("failed:", " ".join(command[1:4]), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
