"""Which line of the program an instruction comes from: DWARF's line tables.

Source: "DWARF Debugging Information Format", version 4 and version 5, section 6.2, "Line Number
Information".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_PATH = 1  # DW_LNCT_path
_END_SEQUENCE, _SET_ADDRESS = 1, 2  # DW_LNE_...


class DamagedLines(ValueError):
    """Bytes that are no line table, or one of a version that is not read."""


@dataclass(frozen=True, order=True)
class Row:
    """From `address` on, to the next row, instructions come from this place; line 0: from none."""

    address: int
    file: str = ""
    line: int = 0
    column: int = 0
    ends: bool = False  # no instruction is at this address: a sequence ends before it


class LineTable:
    """The rows of all sequences by address."""

    def __init__(self, rows: list[Row]) -> None:
        # Where one sequence ends and another one begins, the one that begins counts.
        self.rows = sorted(rows, key=lambda row: (row.address, not row.ends))
        self.starts = [row.address for row in self.rows]

    def find(self, address: int) -> str:
        """`file:line:column` of an instruction; "" where the table says nothing."""
        at = bisect_right(self.starts, address) - 1
        row = self.rows[at] if at >= 0 else Row(0)
        return f"{row.file}:{row.line}:{row.column}" if row.line and not row.ends else ""


class _Bytes:
    """Numbers one after the other."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def fixed(self, size: int) -> int:
        if self.at + size > self.end:
            raise DamagedLines("the line table is cut off")
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "little")

    def uleb(self) -> int:
        value = shift = 0
        while True:
            byte = self.fixed(1)
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def sleb(self) -> int:
        begin = self.at
        value = self.uleb()
        bits = 7 * (self.at - begin)
        return value - (value >> bits - 1 << bits)

    def text(self) -> str:
        found = _text(self.data, self.at)
        self.at = self.data.index(b"\0", self.at) + 1
        return found


def _text(data: bytes, at: int) -> str:
    end = data.find(b"\0", at)
    if end < 0:
        raise DamagedLines("a name in the line table does not end")
    return data[at:end].decode(errors="replace")


def read_lines(sections: Mapping[str, bytes]) -> LineTable:
    """The line table in `.debug_line`, whose names may stand in `.debug_line_str`, `.debug_str`."""
    data, rows, at = sections.get(".debug_line", b""), [], 0
    while at < len(data):
        head = _Bytes(data, at, len(data))
        length = head.fixed(4)
        if length >= 0xFFFFFFF0:
            raise DamagedLines("64-bit DWARF is not read")
        at = head.at + length
        rows += _unit(_Bytes(data, head.at, min(at, len(data))), sections)
    return LineTable(rows)


def _unit(source: _Bytes, sections: Mapping[str, bytes]) -> list[Row]:
    version = source.fixed(2)
    if version not in (4, 5):
        raise DamagedLines(f"line tables of DWARF {version} are not read")
    if version == 5:
        source.fixed(2)  # sizes of addresses and of segment selectors
    length = source.fixed(4)
    program = source.at + length
    shortest, _, _ = source.fixed(1), source.fixed(1), source.fixed(1)
    base, span, first_special = source.fixed(1), source.fixed(1), source.fixed(1)
    base -= base >> 7 << 8
    operands = [source.fixed(1) for _ in range(first_special - 1)]
    files = _files5(source, sections) if version == 5 else _files4(source)
    source.at = program
    return _Machine(shortest, base, span, first_special, operands, files).run(source)


def _files4(source: _Bytes) -> list[str]:
    """File names, numbered from 1; directories are of no interest."""
    names = [""]
    while source.text():
        pass
    while name := source.text():
        names.append(name)
        for _ in range(3):  # directory, time, length
            source.uleb()
    return names


def _files5(source: _Bytes, sections: Mapping[str, bytes]) -> list[str]:
    """File names, numbered from 0."""
    forms: dict[int, Callable[[], int | str]] = {
        0x08: source.text,
        0x0E: lambda: _text(sections.get(".debug_str", b""), source.fixed(4)),
        0x1F: lambda: _text(sections.get(".debug_line_str", b""), source.fixed(4)),
        0x0B: lambda: source.fixed(1),
        0x05: lambda: source.fixed(2),
        0x0F: source.uleb,
        0x1E: lambda: source.fixed(16),  # an MD5 sum
    }
    tables = []
    for _ in range(2):  # directories, then files
        columns = [(source.uleb(), source.uleb()) for _ in range(source.fixed(1))]
        unknown = [form for _, form in columns if form not in forms]
        if unknown:
            raise DamagedLines(f"form {unknown[0]:#x} in a line table is not read")
        tables.append(
            [{kind: forms[form]() for kind, form in columns} for _ in range(source.uleb())]
        )
    return [str(row.get(_PATH, "")) for row in tables[1]]


@dataclass(eq=False)
class _Machine:
    """Section 6.2.5: the program that makes the rows."""

    shortest: int  # bytes of the smallest instruction
    base: int
    span: int
    first_special: int
    operands: list[int]  # of the standard opcodes, from 1 on
    files: list[str]

    def run(self, source: _Bytes) -> list[Row]:
        rows: list[Row] = []
        address, file, line, column = 0, 1, 1, 0
        while source.at < source.end:
            opcode = source.fixed(1)
            if opcode >= self.first_special:
                by = opcode - self.first_special
                address += by // self.span * self.shortest
                line += self.base + by % self.span
                rows.append(self._row(address, file, line, column))
            elif opcode == 0:
                size = source.uleb()
                end = source.at + size
                kind = source.fixed(1)
                if kind == _END_SEQUENCE:
                    rows.append(Row(address, ends=True))
                    address, file, line, column = 0, 1, 1, 0
                elif kind == _SET_ADDRESS:
                    address = source.fixed(size - 1)
                source.at = end  # others say nothing about lines
            elif opcode == 1:
                rows.append(self._row(address, file, line, column))
            elif opcode == 2:
                address += source.uleb() * self.shortest
            elif opcode == 3:
                line += source.sleb()
            elif opcode == 4:
                file = source.uleb()
            elif opcode == 5:
                column = source.uleb()
            elif opcode == 8:
                address += (255 - self.first_special) // self.span * self.shortest
            elif opcode == 9:
                address += source.fixed(2)
            else:
                for _ in range(self.operands[opcode - 1]):
                    source.uleb()
        return rows

    def _row(self, address: int, file: int, line: int, column: int) -> Row:
        name = self.files[file] if file < len(self.files) else ""
        return Row(address, name, line, column)
