"""Run a kit on a device: is it right, how fast is it, and why?

python OUT/run.py --device cuda            all, in five minutes at most; OUT/result.json
python OUT/run.py --device vulkan --only right --match softmax

Needs Python and NumPy, and PyTorch and Triton for comparisons.  Results are written as they come,
to OUT/results.jsonl; what fails leaves a folder in OUT/failures.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from kit import reproducer, table
from kit.case import Case, Kit
from kit.results import FAILURES, Outcome, Results
from kit.session import Ended, NoDevice, Session

from clawc.chips.products import find_product

HERE = Path(__file__).resolve().parent
SECTIONS = ("right", "fast", "why")


class Run:
    """Cases on a device, in a process that is replaced when one of them ends it."""

    def __init__(self, folder: Path, device: str, sections: list[str], limit: float) -> None:
        self.folder, self.device, self.sections, self.limit = folder, device, sections, limit
        self.session = Session(folder, device, limit)

    def case(self, case: Case) -> Outcome:
        """Raises NoDevice when the device does not come back after a fault."""
        found = Outcome(case.number, case.name)
        if case.speed:
            speed = case.speed
            found.flops, found.bytes, found.peak = speed.flops, speed.bytes, speed.peak
        if not case.file(self.folder / "cases", ".claw").exists():
            found.state, found.what = "not compiled", "; ".join(case.refused.values())
            return found
        start = time.monotonic()
        try:
            for said in self.session.ask(case.number, self.sections):
                self.note(found, said)
                if said.get("lost"):  # the context is of no use any more
                    raise Ended("error", said["error"])
        except Ended as end:
            found.state, found.what = end.how, str(end)
            self.session.close()
            self.session = Session(self.folder, self.device, self.limit)
        found.seconds = time.monotonic() - start
        refused = case.refused.get(self.session.ready["chip"])
        if found.state == "error" and refused:  # and no other chip's image runs here
            found.state, found.what = "not compiled", refused
        if found.state in ("error", "died", "hung"):
            arrays = case.arguments(case.arrays(self.folder / "cases"))
            reproducer.leave(self.folder, case, self.device, found.what, arrays)
        return found

    def note(self, found: Outcome, said: dict) -> None:
        if "right" in said:
            right = said["right"]
            found.worst, found.image, found.refused = (
                right[key] for key in ("worst", "image", "refused")
            )
            if not said["right"]["ok"]:
                found.state, found.what = "wrong", said["right"]["what"]
        elif "error" in said:
            found.state, found.what = "error", said["error"]
        else:
            found.fast = said.get("fast", found.fast)
            found.why = said.get("why", found.why)


def outcomes(run: Run, cases: list[Case], seconds: float) -> Iterator[Outcome]:
    """Of each case, until the time is over."""
    until = time.monotonic() + seconds
    for case in cases:
        if time.monotonic() > until:
            yield Outcome(case.number, case.name, "not run")
        else:
            yield run.case(case)


def main() -> int:
    parser = argparse.ArgumentParser(description="Run a kit on a device.")
    parser.add_argument("--device", default="cuda", help="cuda, hip:1, vulkan, opencl, host, ...")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--match", default="", help="a regular expression for names of cases")
    parser.add_argument("--minutes", type=float, default=5.0, help="after which no case is begun")
    parser.add_argument("--limit", type=float, default=30.0, help="seconds that are a hang")
    given = parser.parse_args()
    if not (HERE / "kit.json").exists():
        parser.error(
            f"no kit in {HERE}: python benchmarks/gpu/build.py OUT makes one, with a run.py"
        )
    kit = Kit.load(HERE)
    cases = [case for case in kit.cases if re.search(given.match, case.name)]
    if not cases:
        parser.error(f"no case of {len(kit.cases)} matches {given.match!r}")
    try:
        run = Run(HERE, given.device, given.only, given.limit)
    except NoDevice as error:
        parser.exit(1, f"run.py: error: {error}\n")
    date = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    product = find_product(run.session.ready["description"])
    results = Results(kit.made, run.session.ready, date, asdict(product) if product else None)
    print("\n".join(table.heading(results)), flush=True)
    with open(HERE / "results.jsonl", "w") as lines:
        try:
            for found in outcomes(run, cases, 60 * given.minutes):
                results.cases.append(found)
                print(json.dumps(asdict(found)), file=lines, flush=True)
                if found.state in FAILURES or found.fast:
                    print(line(found), flush=True)
                if found.fast:
                    results.save(HERE / "result.json")
        except (KeyboardInterrupt, NoDevice) as stop:
            print(f"ended early: {stop or 'interrupted'}", flush=True)
        finally:
            results.save(HERE / "result.json")
            run.session.close()
    print(f"\n{table.page(results)}")
    return 1 if results.failures() else 0


def line(found: Outcome) -> str:
    """A case as it is done."""
    said = f"{found.name}: {found.state}"
    if found.what:
        said += f": {found.what}"
    times = found.fast.get("times", {})
    return said + "".join(f", {name} {1e6 * t['warm']:.4g} us" for name, t in times.items())


if __name__ == "__main__":
    sys.exit(main())
