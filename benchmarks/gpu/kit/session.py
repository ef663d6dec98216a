"""A worker process under watch: what it says, how it ends, and when it says nothing any more."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

START = 120.0  # seconds for a driver to be there
SAID = 2000  # bytes of the end of what a process that died had printed


class NoDevice(Exception):
    """The device cannot be opened: no case can run."""


class Ended(Exception):
    """The worker died, or hung and was ended; `how` is "died" or "hung"."""

    def __init__(self, how: str, what: str) -> None:
        super().__init__(what)
        self.how = how


class Session:
    """One worker; `limit` seconds without a word are a hang."""

    def __init__(self, folder: Path, device: str, limit: float) -> None:
        self.limit = limit
        self.printed = tempfile.TemporaryFile()
        self.replies, theirs = os.pipe()
        command = [sys.executable, "-m", "kit.worker", str(folder), device, str(theirs)]
        path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
        self.process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=self.printed,
            stderr=self.printed,
            pass_fds=[theirs],
        )
        os.close(theirs)
        self.unread = b""
        try:
            said = self._next(START)
        except Ended as end:
            self.close()
            raise NoDevice(f"the process for {device} {end.how}: {end}") from None
        if "no device" in said:
            self.close()
            raise NoDevice(said["no device"])
        self.ready: dict[str, Any] = said["ready"]

    def ask(self, number: int, sections: list[str]) -> Iterator[dict[str, Any]]:
        """What the worker finds, as it finds it.  Raises Ended, after which it is gone."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(
                f"{json.dumps(dict(number=number, sections=sections))}\n".encode()
            )
            self.process.stdin.flush()
        except OSError:  # dead since the last case; reading tells how
            pass
        while "done" not in (said := self._next(self.limit)):
            yield said

    def _next(self, limit: float) -> dict[str, Any]:
        """The next line of the worker."""
        until = time.monotonic() + limit
        while b"\n" not in self.unread:
            ready, _, _ = select.select([self.replies], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                self.process.kill()
                self.process.wait()
                raise Ended("hung", f"nothing for {limit:.0f} seconds, and was ended")
            more = os.read(self.replies, 1 << 16)
            if not more:
                raise Ended("died", self._how_it_died())
            self.unread += more
        line, _, self.unread = self.unread.partition(b"\n")
        return json.loads(line)

    def _how_it_died(self) -> str:
        status = self.process.wait()
        how = f"exit status {status}"
        if status < 0:
            how = signal.Signals(-status).name
        self.printed.seek(0, os.SEEK_END)
        self.printed.seek(max(0, self.printed.tell() - SAID))
        said = " ".join(self.printed.read().decode(errors="replace").split())
        return f"{how}: {said}" if said else how

    def close(self) -> None:
        """End the worker, at once if it does not end by itself."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.replies)
        self.printed.close()
