"""`claw-run`: run a tensor program or a bundle on a device of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from clawc.compiler.diagnostics import UsageError
from clawc.compiler.spelling import did_you_mean
from clawc.compiler.tools.common import (
    Command,
    input_source,
    option,
    reporting_errors,
    write_output,
)
from clawc.compiler.tools.statistics import print_stats

if TYPE_CHECKING:
    import numpy as np

    from clawc.runtime.artifact import Artifact
    from clawc.runtime.device import Device
    from clawc.runtime.executable import Executable

UNLIKE = 3  # the exit code of a --check that found a difference

EPILOG = """\b
Devices (claw-run --list-devices shows those of this machine):
  host        the processor
  opencl:N    the N-th OpenCL device that takes SPIR-V
  vulkan:N    the N-th Vulkan device
  cuda:N      the N-th NVIDIA GPU, PTX through the CUDA driver
  hip:N       the N-th AMD GPU, HSACO through HIP
  emulator:C  an emulated chip (sm_80, gfx1100, ...) that executes the GPU's own
              instructions, slowly, and finds accesses out of bounds, races, ...

\b
A .mlir file is compiled for the device first; of a .claw bundle the best fitting
image is taken.  Without --inputs the arguments are random: floats from -1 to 1,
integers from 0 to 7, and 64 for a dimension that the program leaves open.
--input gives a single one: a scalar, or the value of every element of a tensor.

\b
Environment:
  CLAWC_NUM_THREADS   threads of the host device
  CLAWC_TIMEOUT       seconds after which a Vulkan device counts as lost (300)

\b
Exit codes: 1 if it cannot be run, 2 if the command is wrong, 3 if --check finds a
difference.

\b
Examples:
  claw-run kernel.mlir                              runs on the host
  claw-run kernel.mlir -device=vulkan -check=host   compares with the host
  claw-run kernel.claw -repeat=100 -kernels         times each kernel
  claw-run kernel.mlir -inputs=a.npz -outputs=b.npz takes and gives arrays
  claw-run kernel.mlir -size=128 -size=0.1=1000     dimension 1 of argument 0 is 1000
  claw-run kernel.mlir -input=1=0.5                 argument 1 is 0.5
  claw-run kernel.mlir -device=emulator:sm_80 -stats   counts instructions and bytes
"""


def list_devices(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from clawc.runtime.device import list_devices

    for found in list_devices():
        state = found.description if found.available else f"not available: {found.description}"
        click.echo(f"{found.name:16} {state}")
    context.exit()


@click.command(cls=Command, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", metavar="FILE.mlir|FILE.claw")
@option("device", metavar="D", default="host", show_default=True, help="Where to run.")
@option("inputs", metavar="IN.npz", help="The arguments, in the file's order.")
@option("input", "given", multiple=True, metavar="A=X", help="Argument A is the number X.")
@option("outputs", metavar="OUT.npz", help="Write the results: result_0, result_1, ...")
@option("entry", metavar="NAME", help="The function to call: main, or the only one.")
@option("repeat", type=click.IntRange(1), default=1, metavar="N", help="Time N runs.")
@option("check", "reference", metavar="D", help="Compare with this device; exit with 3 if unlike.")
@option("kernels", is_flag=True, help="Print how long each launch takes.")
@option("stats", is_flag=True, help="Print what an emulated device executes.")
@option(
    "emulate-check",
    type=click.Choice(("on", "off")),
    default="on",
    show_default=True,
    help="Look for mistakes in what is emulated; without it it is faster.",
)
@option(
    "emulate-schedule",
    "order",
    type=click.Choice(("lockstep", "warp", "reversed")),
    default="lockstep",
    show_default=True,
    help="The order of an emulated workgroup's warps: all together, or one after the other.",
)
@option("seed", type=click.IntRange(0), default=0, metavar="N", help="Of the random arguments.")
@option("size", "sizes", multiple=True, metavar="[A.D=]N", help="Open dimensions, or one of them.")
@option(
    "list-devices",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=list_devices,
    help="Print the devices of this machine, and why a driver has none.",
)
@click.version_option(package_name="clawc")
def main(
    file: str,
    device: str,
    inputs: str | None,
    given: Sequence[str],
    outputs: str | None,
    entry: str | None,
    repeat: int,
    reference: str | None,
    kernels: bool,
    stats: bool,
    emulate_check: str,
    order: str,
    seed: int,
    sizes: Sequence[str],
) -> None:
    """Run the program in FILE.mlir (- is stdin) or the bundle FILE.claw on a device."""
    with reporting_errors("claw-run"):
        from clawc.runtime.device import shared_device
        from clawc.runtime.executable import load
        from clawc.runtime.run_report import (
            check_lines,
            launch_lines,
            npz,
            only_entry,
            result_lines,
            timed,
        )
        from clawc.runtime.sample_inputs import read_arguments

        check_drivers(device, reference)
        devices = [shared_device(spec) for spec in (device, reference) if spec is not None]
        for opened in devices:
            opened.set_execution(check=emulate_check == "on", order=order, count=stats)
        bundle = bundle_for(file, devices)
        entry = entry or only_entry(bundle)
        run = load(bundle, devices[0], entry)
        if inputs is not None:
            arguments = read_arguments(inputs, run.entry)
        else:
            arguments = sample(run, sizes, seed)
        arguments = with_numbers(run, arguments, given)
        results, lines = timed(run, arguments, repeat)
        print_lines(lines)
        if kernels:
            print_lines(launch_lines(run, arguments))
        if stats:
            print_stats(run, arguments)
        print_lines(result_lines(results))
        if outputs is not None:
            write_output(outputs, npz(results))
        if reference is not None:
            agrees, lines = check_lines(load(bundle, devices[1], entry), arguments, results)
            print_lines(lines)
            if not agrees:
                raise SystemExit(UNLIKE)


def print_lines(lines: Sequence[str]) -> None:
    for line in lines:
        click.echo(line)


def check_drivers(*specs: str | None) -> None:
    """Raises UsageError for a device of a driver that there is not, whatever the machine."""
    from clawc.runtime.device import driver_names

    names = driver_names()
    for spec in specs:
        name = spec.partition(":")[0] if spec is not None else names[0]
        if name not in names:
            meant = did_you_mean(name, names)
            raise UsageError.of(f"unknown driver {name!r}; known: {', '.join(names)}{meant}")


def bundle_for(file: str, devices: Sequence[Device]) -> Artifact:
    """The bundle in `file`, or what its program compiles to for the devices."""
    if file.endswith(".claw"):
        from clawc.runtime.artifact import Artifact

        return Artifact.load(file)
    import clawc
    from clawc.chips.of_device import target_of_device

    debug = any(device.names_lines for device in devices)
    targets = dict.fromkeys(target_of_device(d.target, d.chip) for d in devices)
    return clawc.compile(input_source(file), list(targets), isolate=True, debug=debug)


def sample(run: Executable, sizes: Sequence[str], seed: int) -> list[np.ndarray]:
    """Random arguments; `sizes` are of the form `N`, for all open dimensions, or `A.D=N`."""
    from clawc.runtime.sample_inputs import DEFAULT_SIZE, random_arguments

    default, chosen = DEFAULT_SIZE, {}
    for size in sizes:
        where, given, number = size.rpartition("=")
        argument, dot, dim = where.partition(".")
        parts = [number, argument, dim] if given else [number]
        if not all(part.isascii() and part.isdigit() for part in parts) or bool(dot) != bool(given):
            raise click.BadParameter(f"{size!r}; expected N, or ARGUMENT.DIMENSION=N like 0.1=128")
        if given:
            chosen[int(argument), int(dim)] = int(number)
        else:
            default = int(number)
    return random_arguments(run.entry, chosen, default, seed)


def with_numbers(
    run: Executable, arguments: list[np.ndarray], given: Sequence[str]
) -> list[np.ndarray]:
    """The arguments with those of `given`, `A=X`, in their places: a tensor has X everywhere."""
    from clawc.runtime.sample_inputs import with_number

    for text in given:
        number, equal, value = text.partition("=")
        if not (number.isascii() and number.isdigit()) or not equal:
            raise click.BadParameter(f"{text!r}; expected ARGUMENT=NUMBER like 1=0.5")
        arguments = with_number(run.entry, arguments, int(number), value)
    return arguments
