"""Reads PTX text: functions as lists of statements, variables with their initial values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clawc.emulators.ptx.syntax import Function, PtxModule, Statement, Variable
from clawc.emulators.ptx.values import BITS
from clawc.runtime.errors import BadImage

_COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"[^"\n]*"', re.S)
_IMPLICIT = re.compile(r"//\s*implicit-def:\s*([%\w$]+)")
_DELIMITER = re.compile(r'[;{}:]|"[^"\n]*"')
_LABEL = re.compile(r"\s*[\w$%]+\s*")
_LINE_DIRECTIVE = re.compile(
    r"^\s*\.(?:file|pragma|version|address_size|target|loc)\b[^\n;]*;?", re.M
)
_FUNCTION = re.compile(r"(?:\.(?:visible|extern|weak|common)\s+)*\.(entry|func)\b")
_VARIABLE = re.compile(
    r"(?:\.(?:visible|extern|weak|common)\s+)*\.(shared|global|const)\b(.*)$", re.S
)
_SECTION = re.compile(r"^\s*\.section\s+\S+\s*\{[^}]*\}", re.M)
_CLUSTER = re.compile(r"\.reqnctapercluster\s+(\d+(?:\s*,\s*\d+)*)")
_LOC = re.compile(r"\.loc\s+(\d+)\s+(\d+)\s+(\d+)")


def parse(text: str) -> PtxModule:
    """The functions and variables of a file."""
    module = PtxModule()
    found = re.search(r"^\s*\.target\s+([\w]+)", text, re.M)
    if found is None:
        raise BadImage("reading PTX", "failed", "the text has no .target line")
    module.target = found[1]
    files = dict(re.findall(r'^\s*\.file\s+(\d+)\s+"([^"]*)"', text, re.M))
    text = _without_comments(_SECTION.sub("", text))
    text = _LINE_DIRECTIVE.sub(lambda m: _marked_location(m[0], files), text)
    statements = list(_statements(text))
    at = 0
    while at < len(statements):
        at = _declaration(module, statements, at)
    return module


def _without_comments(text: str) -> str:
    """Comments go, but for those by which LLVM says that a register's value does not matter."""

    def shorten(found: re.Match[str]) -> str:
        if found[0][0] == '"':
            return found[0]
        implicit = _IMPLICIT.match(found[0])
        return f"\n.implicit {implicit[1]};" if implicit else " "

    return _COMMENT.sub(shorten, text)


def _marked_location(directive: str, files: dict[str, str]) -> str:
    """`.loc` becomes a statement; the other directives of a line are not needed."""
    found = _LOC.search(directive)
    if found is None:
        return ""
    file = files.get(found[1], "").rpartition("/")[2]
    return f"\n.at {file} {found[2]} {found[3]};"


def _statements(text: str) -> Iterator[str]:
    """Pieces that end in `;`, braces of scopes, and labels with their colon."""
    start = depth = 0  # of braces inside a statement: vectors, initial values, a table of labels
    for found in _DELIMITER.finditer(text):
        mark, place = found[0], found.start()
        if mark == "{":
            before = text[start:place].strip()
            if before and not _FUNCTION.match(before):
                depth += 1
                continue
            if before:
                yield before
            yield "{"
        elif mark == "}":
            if depth:
                depth -= 1
                continue
            yield "}"
        elif mark == ";":
            if depth:
                continue
            if piece := " ".join(text[start:place].split()):
                yield piece
        elif mark == ":" and not depth and _LABEL.fullmatch(text[start:place]):
            yield text[start:place].strip() + ":"
        else:
            continue
        start = place + 1
    if text[start:].strip():
        raise BadImage("reading PTX", "failed", f"it ends within {text[start:].strip()[:40]!r}")


def _declaration(module: PtxModule, statements: list[str], at: int) -> int:
    """Take in what starts at statement `at`; returns where the next one starts."""
    text = statements[at]
    if text.startswith(".at "):
        return at + 1
    if head := _FUNCTION.match(text):
        has_body = at + 1 < len(statements) and statements[at + 1] == "{"
        end = _body_end(statements, at + 1) if has_body else at
        body = tuple(_located(statements[at + 2 : end])) if has_body else ()
        function = _function(text[head.end() :], head[1] == "entry", body)
        if has_body or function.name not in module.functions:
            module.functions[function.name] = function
        return end + 1
    if found := _VARIABLE.match(text):
        made = variable(found[2], found[1])
        module.variables[made.name] = made
        return at + 1
    raise BadImage("reading PTX", "failed", f"not a declaration: {text[:60]!r}")


def _body_end(statements: list[str], at: int) -> int:
    depth = 0
    for i in range(at, len(statements)):
        depth += (statements[i] == "{") - (statements[i] == "}")
        if depth == 0:
            return i
    raise BadImage("reading PTX", "failed", "a function has no end")


def _located(body: list[str]) -> Iterator[Statement]:
    location = ""
    for text in body:
        if text.startswith(".at "):
            file, line, column = (
                text.split()[-3:] if text.count(" ") > 2 else ("", *text.split()[-2:])
            )
            location = f"{file}:{line}:{column}" if line != "0" else ""
        else:
            yield Statement(text, location)


def _function(head: str, is_kernel: bool, body: tuple[Statement, ...]) -> Function:
    lists = [
        tuple(variable(part, "param") for part in inner.split(",") if part.strip())
        for inner in re.findall(r"\(([^()]*)\)", head)
    ]
    results = lists.pop(0) if lists and head.lstrip().startswith("(") else ()
    name = re.sub(r"\([^()]*\)", " ", head).split()[0]
    cluster = 1
    if found := _CLUSTER.search(head):
        x, *others = (int(size) for size in found[1].split(","))
        if any(size != 1 for size in others):
            raise BadImage("reading PTX", "failed", "a cluster of more than one dimension")
        cluster = x
    return Function(name, is_kernel, lists[0] if lists else (), results, body, cluster)


def variable(text: str, space: str) -> Variable:
    """`.u64 .ptr .global .align 16 name[4] = {1, 2}`."""
    declared, _, initial = text.partition("=")
    element, alignment, name = "b8", 1, ""
    counts = re.findall(r"\[\s*(\d*)\s*\]", declared)
    words = re.sub(r"\[[^\]]*\]", " ", declared).split()
    pointer = False
    for i, word in enumerate(words):
        if word == ".align":
            alignment = 1 if pointer else int(words[i + 1])
        elif word == ".ptr":
            pointer = True
        elif word.startswith(".") and word[1:] in BITS:
            element = word[1:]
        elif not word.startswith(".") and not (i and words[i - 1] == ".align"):
            name = word
    size = max(1, BITS[element] // 8)
    alignment = max(alignment, size)
    for count in counts:
        size *= int(count or 0)
    return Variable(name, space, size, alignment, _initial(initial, element, size))


def _initial(text: str, element: str, size: int) -> bytes | None:
    if not text:
        return None
    width, data = BITS[element] // 8, b""
    for word in text.replace("{", " ").replace("}", " ").replace(",", " ").split():
        bits = int(word[2:], 16) if word[:2].lower() in ("0f", "0d") else int(word.rstrip("U"), 0)
        data += (bits & ((1 << 8 * width) - 1)).to_bytes(width, "little")
    return data.ljust(size, b"\0")
