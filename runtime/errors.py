"""What can go wrong while loading and running, one class for each kind of mistake.

Every message is one line for the user: what was wrong, what was expected, what to do.
"""

from __future__ import annotations


class RunError(Exception):
    """Anything that the runtime reports; the classes below say which."""


class ArtifactError(RunError):
    """A bundle could not be read or written, or holds nothing for the device."""


class ArgumentError(RunError, ValueError):
    """A call's arguments do not fit the entry's signature."""


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument is of a kind that no array can be taken from without loss."""


class CheckFailed(RunError):
    """A run-time check of the program itself failed, e.g. two shapes that had to agree."""


class DeviceNotFound(RunError):
    """No such device, or its driver is missing."""


class DeviceClosed(RunError):
    """The device was closed before the call."""


class Unsupported(RunError):
    """The device is there but lacks what the kernel needs."""


class DriverError(RunError):
    """A driver refused a call."""

    def __init__(self, call: str, status: str, detail: str = "") -> None:
        self.detail = " ".join(detail.split())
        super().__init__(f"{call}: {status}" + (f": {self.detail}" if detail else ""))
        self.call = call
        self.status = status


class OutOfMemory(DriverError):
    """The device has no memory left for a buffer."""


class BadImage(DriverError):
    """The driver does not accept the code; its log is part of the message."""


class DeviceLost(DriverError):
    """The device stopped answering: a kernel hung, crashed, or ran into the driver's watchdog."""
