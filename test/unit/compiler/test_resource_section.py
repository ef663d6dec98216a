"""Sections of resources: taken off a text with its lines kept, read as MLIR reads them, in little
memory."""

from __future__ import annotations

import mmap
import re
import subprocess
import sys

import numpy as np
import pytest

from clawc.compiler.resource_section import take_resources
from clawc.dialects.guard import SyntaxIssue

PROGRAM = "module {\n}\n\n"


def taken(text: str) -> tuple[str, dict[str, bytes]]:
    program, resources = take_resources(text.encode())
    return program.decode(), {name: bytes(value.data) for name, value in resources.items()}


def test_a_text_without_a_section_is_as_it_was():
    assert taken(PROGRAM) == (PROGRAM, {})
    assert taken("") == ("", {})


def test_lines_stay_where_they_are():
    section = (
        '{-#\n  dialect_resources: {\n    builtin: {\n      k: "0x04000000AB"\n    }\n  }\n#-}'
    )
    program, values = taken(f"{PROGRAM}{section}\n// after\n")
    assert values == {"k": b"\xab"}
    assert program == f"{PROGRAM}{6 * chr(10)}\n// after\n"


@pytest.mark.parametrize(
    "key, name",
    [("k", "k"), ("a.b-c$1", "a.b-c$1"), (r'"a\22 \\"', 'a" \\'), ('"é{#-}"', "é{#-}")],
)
def test_keys(key, name):
    section = (
        f'{{-# dialect_resources: {{ builtin: {{ // of weights\n {key}: "0x01000000ff" }} }} #-}}'
    )
    assert taken(section)[1] == {name: b"\xff"}


def test_all_sections_and_all_values():
    one = '{-# dialect_resources: { builtin: { a: "0x0100000001", b: "0x40000000" } } #-}\n'
    two = (
        '{-# external_resources: { t: { on: true, a: "0x0100000009" } },\n'
        ' dialect_resources: { builtin: { c: "0x010000000203" }, other: { d: "e" } } #-}\n'
    )
    program, values = taken(one + PROGRAM + two)
    assert program.strip() == PROGRAM.strip()
    assert values == {"a": b"\1", "b": b"", "c": b"\2\3"}


@pytest.mark.parametrize(
    "text",
    [
        '// {-# dialect_resources: { builtin: { a: "0x0100000001" } } #-}\n',
        'func.func @"{-#"()\n',
        "{-# dialect_resources: { builtin: { a: true } } #-}",
        '{-# dialect_resources: { builtin: { a: "0x0100000001" } }\n',
        '{-# dialect_resources { builtin: { a: "0x0100000001" } } #-}',
    ],
)
def test_what_is_no_section_as_mlir_writes_it_stays(text):
    assert taken(text) == (text, {})


@pytest.mark.parametrize(
    "value, message",
    [
        ("04000000", "'k' is no value"),
        ("0x0400", "'k' is no value"),
        ("0x04000000123", "two digits for each byte"),
        ("0x04000000GG", "other characters"),
        ("0x05000000", "'k' is aligned to 5 bytes"),
        ("0x00000200", "'k' is aligned to 131072 bytes"),
    ],
)
def test_what_is_no_value(value, message):
    with pytest.raises(SyntaxIssue, match=message) as issue:
        taken(f'\n\n{{-# dialect_resources: {{builtin: {{ k: "{value}" }} }} #-}}')
    assert (issue.value.line, issue.value.column) == (3, 40)


def test_a_file_is_read_where_it_is_mapped(tmp_path):
    values = np.arange(1 << 20, dtype=np.uint32).tobytes()
    path = tmp_path / "k.mlir"
    text = (
        f'{PROGRAM}{{-# dialect_resources: {{ builtin: {{ k: "0x10000000{values.hex()}" }} }} #-}}'
    )
    path.write_text(text)
    with open(path, "rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    program, resources = take_resources(mapped)
    assert program.decode() == PROGRAM
    assert resources["k"].data == values and resources["k"].alignment == 16


def peak(path, count: int) -> int:
    """The most memory that compiling takes, of a program with `count` weights of 4 MiB."""
    type_ = "tensor<1024x1024xf32>"
    lines = [f"func.func @main(%0: {type_}) -> {type_} {{"]
    for i in range(count):
        lines.append(f"  %w{i} = arith.constant dense_resource<w{i}> : {type_}")
        lines.append(f"  %{i + 1} = arith.addf %{i}, %w{i} : {type_}")
    digits = np.random.default_rng(0).bytes(4 << 20).hex()
    entries = ",\n".join(f'      w{i}: "0x04000000{digits}"' for i in range(count))
    section = f"{{-#\n  dialect_resources: {{\n    builtin: {{\n{entries}\n    }}\n  }}\n#-}}\n"
    path.write_text("\n".join([*lines, f"  return %{count} : {type_}", "}", section]))
    code = (
        f"import clawc; clawc.compile({str(path)!r}, ['host', 'nvptx']).save"
        f"({str(path) + '.claw'!r}); print(open('/proc/self/status').read())"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    (kilobytes,) = re.findall(r"VmHWM:\s*(\d+) kB", done.stdout)  # rusage has the parent's in it
    return 1024 * int(kilobytes)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the memory")
def test_compiling_takes_little_more_memory_than_the_weights(tmp_path):
    weights = 12 * (4 << 20)
    more = peak(tmp_path / "more.mlir", 16) - peak(tmp_path / "few.mlir", 4)
    assert more < 1.2 * weights, f"{more / weights:.1f} times"
