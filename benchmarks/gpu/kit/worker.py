"""A process that runs cases on a device, one after the other, and may die of any of them.

python -m kit.worker FOLDER DEVICE REPLIES: reads a case's number and what is asked of it from its
input, a line of JSON each, and writes lines of JSON to the file descriptor REPLIES: `ready` once,
then for each case what it found, section by section, and `done`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from kit import driver_facts, peers, reproducer
from kit.case import Case, Kit
from kit.clocks import Clock, race
from kit.expected import compare
from kit.resident import Resident

from clawc.runtime.device import Device, shared_device
from clawc.runtime.errors import DriverError, RunError
from clawc.runtime.executable import Executable, load
from clawc.runtime.figures import evaluate

SECONDS = {False: 0.25, True: 0.002}  # of a contender's timed launches; of a small kit
TOLD = ("lane", "reason", "threads", "registers", "spills", "shared", "schedule", "missed")
CALLS = {False: 20, True: 2}  # of which the best is told
LARGEST_CALL = 1 << 16  # bytes of arguments
Reply = Callable[[dict[str, Any]], None]


class Worker:
    """A device, and the kit in a folder."""

    def __init__(self, folder: Path, device: Device, reply: Reply) -> None:
        self.folder, self.device, self.reply = folder, device, reply
        self.kit = Kit.load(folder)
        self.small = bool(self.kit.made["small"])
        self.clock = Clock(device)
        self.clocks = driver_facts.Clocks(device)

    def run(self, case: Case, sections: list[str]) -> None:
        """All that is asked for, replied to as it is found.  Peers come last, as one that faults
        takes the context with it."""
        arrays = case.arrays(self.folder / "cases")
        arguments = case.arguments(arrays)
        executable = load(case.file(self.folder / "cases", ".claw"), self.device)
        if "right" in sections:
            self.reply({"right": self.right(case, executable, arguments, arrays)})
        if case.speed is None or not {"fast", "why"} & set(sections):
            return
        resident = Resident(executable, arguments)
        try:
            if "why" in sections:
                self.reply({"why": self.why(executable, resident)})
            if "fast" in sections:
                found = self.fast(case, resident, arguments, arrays)
                self.reply({"fast": {**found, "call": self.call(executable, arguments)}})
        finally:
            resident.release()

    def right(
        self,
        case: Case,
        executable: Executable,
        arguments: list[np.ndarray],
        arrays: dict[str, np.ndarray],
    ) -> dict[str, Any]:
        """Whether the results are those that were expected: what is not, and the largest error as
        a part of the bound."""
        got = executable(*arguments)
        results = got if isinstance(got, tuple) else (got,)
        wrong, worst = [], 0.0
        for result, expected, array in zip(
            case.results, case.expected(arrays), results, strict=True
        ):
            said, error = compare(expected, result.dtype, result.shape, np.asarray(array))
            worst = max(worst, error)
            if said:
                wrong.append(f"result {result.name}{said}")
        if wrong:
            what = "; ".join(wrong)
            reproducer.leave(self.folder, case, self.device.name, what, arguments, results)
        return {
            "ok": not wrong,
            "what": "; ".join(wrong),
            "worst": worst,
            "image": executable.image.kind,
            "refused": {each.image.kind: str(each.error) for each in executable.refused},
        }

    def fast(
        self,
        case: Case,
        resident: Resident,
        arguments: list[np.ndarray],
        arrays: dict[str, np.ndarray],
    ) -> dict[str, Any]:
        """Times of ours and of the peers, in turn."""
        contenders = {"clawc": resident.again()}
        found = peers.of(self.device, case, arguments)
        notes = {}
        for name, peer in found.items():
            if isinstance(peer, str):
                notes[name] = peer
                continue
            contenders[name] = peer.launch
            result = case.results[0]
            said, _ = compare(case.expected(arrays)[0], result.dtype, result.shape, peer.result)
            if said:
                notes[name] = f"computes something else: {said}"
        times = race(contenders, self.clock, SECONDS[self.small])
        return {
            "times": times,
            "clock": self.clock.kind,
            "clocks": dict(self.clocks.now()),
            "launches": len(resident.launches),
            "notes": notes,
        }

    def call(self, executable: Executable, arguments: list[np.ndarray]) -> float | None:
        """Seconds of a whole call, copies to the device and back included; of small ones alone, in
        which it is not the copies that count."""
        if sum(array.nbytes for array in arguments) > LARGEST_CALL:
            return None
        return min(self.one_call(executable, arguments) for _ in range(CALLS[self.small]))

    def one_call(self, executable: Executable, arguments: list[np.ndarray]) -> float:
        start = time.perf_counter()
        executable(*arguments)
        return time.perf_counter() - start

    def why(self, executable: Executable, resident: Resident) -> list[dict[str, Any]]:
        """Each launch: what the driver made of its kernel beside what the compiler knew of it."""
        found = []
        for name, launch in resident.launches:
            facts = executable.image.kernels[name]
            estimates = facts.get("estimates", {})
            kernel = executable.program.kernels[name]
            found.append(
                {
                    "kernel": name,
                    "grid": launch.grid,
                    "driver": driver_facts.of_kernel(self.device, kernel),
                    "compiler": {told: facts[told] for told in TOLD if told in facts},
                    "estimates": {
                        kind: None if each is None else launch.grid * evaluate(each, launch.scalars)
                        for kind, each in estimates.items()
                    },
                }
            )
        return found


def main() -> None:
    folder, spec, replies = Path(sys.argv[1]), sys.argv[2], open(int(sys.argv[3]), "w")

    def reply(what: dict[str, Any]) -> None:
        print(json.dumps(what), file=replies, flush=True)

    try:
        device = shared_device(spec)
        worker = Worker(folder, device, reply)
    except RunError as error:
        reply({"no device": str(error)})
        return
    reply({"ready": {**driver_facts.of_device(device), **peers.versions()}})
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            worker.run(worker.kit.cases[asked["number"]], asked["sections"])
        except Exception as error:  # of any kind: it is this case's, and the next one follows
            text = f"{type(error).__name__}: {' '.join(str(error).split())}"
            reply({"error": text, "lost": isinstance(error, DriverError)})
        reply({"done": True})


if __name__ == "__main__":
    main()
