"""Other ways to compute what a case does, on the same device and from the same inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any

import numpy as np
from kit.case import Case

from clawc.runtime.device import Device
from clawc.runtime.gpu_device import GpuDevice

NAMES = ("torch", "triton")


@dataclass(frozen=True)
class Peer:
    """`launch` computes on the device's stream; `result` is what it computed once."""

    launch: Callable[[], Any]
    result: np.ndarray


def versions() -> dict[str, str | None]:
    """Of the peers that are installed."""
    found: dict[str, str | None] = {}
    for name in NAMES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def of(device: Device, case: Case, arguments: Sequence[np.ndarray]) -> dict[str, Peer | str]:
    """The peers of a case by name, or why one that should be there is not."""
    if not isinstance(device, GpuDevice) or case.speed is None or not all_there("torch"):
        return {}
    found: dict[str, Peer | str] = {}
    for name in NAMES:
        if not all_there(name):
            continue
        peers = import_module(f"kit.peers_{name}")
        make = peers.PEERS.get(case.speed.peer)
        if make is None:
            continue
        try:
            found[name] = peer(make, case, arguments, device)
        except Exception as error:  # a peer that fails is a remark, not an end
            found[name] = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return found


def all_there(name: str) -> bool:
    try:
        import_module(name)
    except Exception:  # half an installation raises whatever it likes
        return False
    return True


def peer(
    make: Callable[..., Any], case: Case, arguments: Sequence[np.ndarray], device: GpuDevice
) -> Peer:
    """What a maker of `peers_torch` or `peers_triton` gives, run once on the device's own stream:
    its launch returns the result's tensor."""
    from kit import peers_torch

    assert case.speed is not None
    types = [given.dtype for given in case.inputs]
    place = peers_torch.use_stream(device.index, device.stream.handle)
    tensors = [
        peers_torch.tensor(array, dtype, place)
        for array, dtype in zip(arguments, types, strict=True)
    ]
    launch = make(tensors, case.results[0].shape, **case.speed.settings)
    return Peer(launch, peers_torch.array(launch(), case.results[0].dtype))
