"""Memory of this process that holds code: written first, then protected, never both at once."""

from __future__ import annotations

import ctypes
import mmap
import os
import platform

from clawc.runtime.errors import BadImage, OutOfMemory, RunError
from clawc.runtime.host_object import LINKING, HostObject

C_LIBRARIES = (None, "libm.so.6")  # the process itself; a Python may have no libm of its own
# What kernels may call, where the processor has no instruction for it.
FUNCTIONS = frozenset({"fma", "fmaf", "memcpy", "memmove", "memset"})


def check_system() -> None:
    """Raise RunError where no code can be loaded."""
    if platform.system() != "Linux":
        raise RunError(f"the host device loads ELF objects on Linux; this is {platform.system()}")


class LoadedObject:
    """An object in memory; its functions live as long as it does."""

    def __init__(self, data: bytes) -> None:
        """Load a relocatable object; BadImage if it is none for this processor."""
        check_system()
        linked = HostObject.of(data, machine(), mmap.PAGESIZE)
        elsewhere = {name: address for name in linked.undefined if (address := c_function(name))}
        unknown = [name for name in linked.undefined if name not in elsewhere]
        if unknown:
            raise BadImage(LINKING, f"nothing here defines {', '.join(unknown)}")
        private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        try:
            self.memory = mmap.mmap(-1, max(linked.size, 1), private)
        except OSError as error:
            raise OutOfMemory(LINKING, f"{linked.size} bytes", error.strerror or "") from None
        base = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        self.memory[: linked.size] = bytes(linked.linked(base, elsewhere))
        for segment in linked.segments:
            if segment.size and not segment.writable:
                protect(base + segment.start, segment.size, segment.executable)
        self.functions = {name: base + offset for name, offset in linked.functions().items()}


def machine() -> str:
    """The processor by its name in ELF files: "x86_64" or "aarch64"."""
    return {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())


def c_function(name: str) -> int | None:
    """The address of a function of the C library that kernels may call."""
    if name not in FUNCTIONS:
        return None
    for library in C_LIBRARIES:
        try:
            found = getattr(ctypes.CDLL(library), name)
        except (OSError, AttributeError):
            continue
        return ctypes.cast(found, ctypes.c_void_p).value
    return None


def protect(address: int, size: int, executable: bool) -> None:
    """Let pages be read, and executed, but not written any more.

    Linux makes what was written visible to instruction fetches when pages become executable
    (`__sync_icache_dcache` on AArch64; x86-64 needs nothing)."""
    flags = mmap.PROT_READ | (mmap.PROT_EXEC if executable else 0)
    library = ctypes.CDLL(None, use_errno=True)
    if library.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), flags):
        reason = os.strerror(ctypes.get_errno())
        raise RunError(f"the system does not let this process load code (mprotect: {reason})")
