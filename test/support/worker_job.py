"""A job for the worker that does what its source says: works, prints, fails or dies."""

import os
import signal
import time
from dataclasses import dataclass

from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.source import Source


@dataclass(frozen=True)
class Job:
    """A job that does what its source says."""

    source: Source

    def run(self) -> str:
        if self.source.text == "abort":
            os.write(2, b"foo.cpp:7: Assertion `x' failed.\n")
            os.kill(os.getpid(), signal.SIGABRT)
        if self.source.text == "noise":
            print("this must not mix with the reply")
        if self.source.text == "where":
            return f"{os.getpid()} {os.getcwd()} {os.environ.get('SAID')}"
        if self.source.text == "slow":
            time.sleep(0.2)
            return str(os.getpid())
        if self.source.text == "bug":
            raise KeyError("lost")
        if self.source.text == "error":
            raise CompileError([Diagnostic("no good", "k.mlir", 1, 2)], "abc")
        return f"did {self.source.text}"
