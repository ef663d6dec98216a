"""Programs of `wmma`: loads, a product and a store, with rows apart in memory."""

from __future__ import annotations

import re

import numpy as np
from mma_runner import BITS, NUMBERS, codes, for_chip
from ptx_runner import kernel, launch

RNG = np.random.default_rng(8)
RANGE = {"s8": (-128, 128), "u8": (0, 256), "s4": (-8, 8), "u4": (0, 16), "b1": (0, 2)}


def in_memory(matrix: np.ndarray, type_: str, by_rows: bool, stride: int) -> np.ndarray:
    """Rows or columns `stride` elements apart, as bytes; what is between them is 0."""
    major = codes(matrix if by_rows else matrix.T, type_)
    bits = BITS[type_]
    whole = np.zeros((major.shape[0], stride), np.uint64)
    whole[:, : major.shape[1]] = major
    each = (whole[..., None] >> np.arange(bits, dtype=np.uint64) & np.uint64(1)).astype(np.uint8)
    return np.packbits(each.reshape(-1), bitorder="little")


def from_memory(data: np.ndarray, type_: str, shape: tuple[int, int], by_rows: bool, stride: int):
    rows, columns = shape if by_rows else shape[::-1]
    found = data.view(NUMBERS[type_]).reshape(rows, stride)[:, :columns].astype(np.float64)
    return found if by_rows else found.T


def registers(shape: str, which: str, type_: str) -> int:
    m, n, k = map(int, re.findall(r"\d+", shape))
    if type_ == "f16" and which in "ab":
        return 8
    size = {"a": m * k, "b": k * n}.get(which, m * n)
    return size * BITS[type_] // 32 // (64 if type_ == "f64" else 32)


def named(which: str, count: int, type_: str) -> str:
    prefix = "%w" if type_ == "f64" else "%v"
    return "{" + ", ".join(f"{prefix}{which}{i}" for i in range(count)) + "}"


class Program:
    """Loads of A, B and C, a product, and a store of D; strides are in elements."""

    def __init__(self, shape: str, type_: str, d: str, c: str, layouts="rcrr", space="global"):
        self.m, self.n, self.k = map(int, re.findall(r"\d+", shape))
        self.shape, self.types, self.space = shape, {"a": type_, "b": type_, "c": c, "d": d}, space
        self.rows = {name: layout == "r" for name, layout in zip("abcd", layouts, strict=True)}
        self.operation = self.saturate = ""
        self.strides = {name: self.packed(name) + self.gap(name) for name in "abcd"}
        sizes = {"a": (self.m, self.k), "b": (self.k, self.n), "c": (self.m, self.n)}
        self.matrices = {
            name: RNG.integers(*RANGE.get(self.types[name], (-4, 5)), size)
            for name, size in sizes.items()
        }

    def size(self, name: str) -> tuple[int, int]:
        return {"a": (self.m, self.k), "b": (self.k, self.n)}.get(name, (self.m, self.n))

    def packed(self, name: str) -> int:
        return self.size(name)[1 if self.rows[name] else 0]

    def gap(self, name: str) -> int:
        """32 bytes between rows: what every alignment allows."""
        return 256 // BITS[self.types[name]]

    def transfer(self, name: str, base: str) -> str:
        layout = "row" if self.rows[name] else "col"
        space = f".{self.space}" if self.space else ""
        count = registers(self.shape, name, self.types[name])
        held = named(name, count, self.types[name])
        stride = f", {self.strides[name]}" if self.strides[name] != self.packed(name) else ""
        tail = f"sync.aligned.{layout}.{self.shape}{space}.{self.types[name]}"
        if name == "d":
            return f"wmma.store.d.{tail} [{base}], {held}{stride};"
        return f"wmma.load.{name}.{tail} {held}, [{base}]{stride};"

    def product(self) -> str:
        layouts = ".".join("row" if self.rows[name] else "col" for name in "ab")
        t = self.types
        types = f"{t['d']}.{t['a']}.{t['b']}.{t['c']}"
        if t["a"] == "f16":
            types = f"{t['d']}.{t['c']}"
        held = ", ".join(named(x, registers(self.shape, x, t[x]), t[x]) for x in "dabc")
        opcode = f"wmma.mma{self.operation}.sync.aligned.{layouts}.{self.shape}.{types}"
        return f"{opcode}{self.saturate} {held};"

    def text(self, between: str = "") -> str:
        kinds_ = [("b32", "v"), ("b64", "w")]
        lines = [
            f".reg .{width} {', '.join(f'%{p}{n}{i}' for n in 'abcd' for i in range(16))};"
            for width, p in kinds_
        ]
        bases = {name: f"%d{i}" for i, name in enumerate("abcd")}
        lines += [between]
        lines += [self.transfer(name, bases[name]) for name in "abc"]
        lines += [self.product(), self.transfer("d", bases["d"])]
        return for_chip(kernel("\n".join(lines), 4), "sm_90")

    def run(self, text: str = "", threads: int = 32, **settings):
        """D as it is in memory afterwards, and the outcome."""
        arrays = [
            in_memory(self.matrices[x], self.types[x], self.rows[x], self.strides[x]) for x in "abc"
        ]
        rows = self.size("d")[0 if self.rows["d"] else 1]
        found = np.zeros(rows * self.strides["d"] * BITS[self.types["d"]] // 8, np.uint8)
        outcome = launch(text or self.text(), "k", 1, threads, [*arrays, found], **settings)
        layout = self.size("d"), self.rows["d"], self.strides["d"]
        return from_memory(found, self.types["d"], *layout), outcome

    def expected(self) -> np.ndarray:
        a, b, c = (self.matrices[name] for name in "abc")
        if self.operation == ".xor.popc":
            return c + (a[:, :, None] ^ b[None]).sum(axis=1)
        return a @ b + c
