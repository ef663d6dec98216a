"""All tests: `python test` runs lit, then pytest; further arguments go to pytest."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MOST_WORKERS = 8  # each takes about 1 GB


def main() -> int:
    workers = str(min(max(os.cpu_count() or 2, 2), MOST_WORKERS))
    lit = [sys.executable, "-m", "lit.main", str(HERE), "--order=lexical", "-j", workers, "-q"]
    pytest = [sys.executable, "-m", "pytest", "-q", "-rs", "-n", workers, *sys.argv[1:]]
    failed = [
        command for command in (lit, pytest) if subprocess.run(command, cwd=HERE.parent).returncode
    ]
    for command in failed:
        print("failed:", " ".join(command[1:4]), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
