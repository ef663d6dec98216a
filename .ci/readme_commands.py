"""Print the commands of README's chapter "Set up", one a line, for .ci/run to run as written."""

import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def setup_commands(readme: str) -> list[str]:
    """The lines of the chapter's blocks of sh."""
    chapter = re.search(r"^## Set up\n(.*?)^## ", readme, re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^```sh\n(.*?)^```", chapter[1] if chapter else "", re.M | re.DOTALL)
    commands = "".join(blocks).splitlines()
    if len(commands) != 2 or not commands[1].endswith(".venv/bin/python test"):
        raise SystemExit(
            "README.md: chapter 'Set up' must hold two blocks of sh, one command each: "
            "to install, and to install and test (ending in '.venv/bin/python test'); "
            f"found {commands}"
        )
    return commands


if __name__ == "__main__":
    print(*setup_commands(README.read_text()), sep="\n")
