"""The tables by which a loader finds symbols: dynamic symbols, their names, and two hash tables."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clawc.runtime.elf import SYMBOL, Symbol

_BLOOM_SHIFT = 26


@dataclass(frozen=True)
class SymbolTables:
    """The tables for `symbols`, in the order that the GNU hash table asks for."""

    symbols: tuple[Symbol, ...]
    names: bytes  # .dynstr
    name_offsets: tuple[int, ...]

    @classmethod
    def of(cls, symbols: Sequence[Symbol]) -> SymbolTables:
        names, offsets = b"\0", []
        for symbol in symbols:
            offsets.append(len(names))
            names += symbol.name.encode() + b"\0"
        buckets = _bucket_count(len(symbols))
        order = sorted(range(len(symbols)), key=lambda i: _gnu_hash(symbols[i].name) % buckets)
        return cls(tuple(symbols[i] for i in order), names, tuple(offsets[i] for i in order))

    def dynamic_symbols(self, place: Callable[[Symbol], tuple[int, int]]) -> bytes:
        """.dynsym; `place` gives a symbol's section index and address."""
        table = bytes(SYMBOL.size)
        for symbol, name in zip(self.symbols, self.name_offsets, strict=True):
            section, address = place(symbol)
            table += SYMBOL.pack(name, symbol.info, symbol.other, section, address, symbol.size)
        return table

    def gnu_hash(self) -> bytes:
        """.gnu.hash: a Bloom filter, then buckets that point into chains of hashes."""
        hashes = [_gnu_hash(symbol.name) for symbol in self.symbols]
        count = _bucket_count(len(hashes))
        words = 1 << (len(hashes) * 12 // 64).bit_length()
        bloom = [0] * words
        buckets = [0] * count
        chain = []
        for i, value in enumerate(hashes):
            bit = 1 << value % 64 | 1 << (value >> _BLOOM_SHIFT) % 64
            bloom[value // 64 % words] |= bit
            bucket = value % count
            buckets[bucket] = buckets[bucket] or i + 1  # 0 is the null symbol
            last = i + 1 == len(hashes) or hashes[i + 1] % count != bucket
            chain.append(value & ~1 | last)
        head = struct.pack("<IIII", count, 1, words, _BLOOM_SHIFT)
        return head + struct.pack(f"<{words}Q{count}I{len(chain)}I", *bloom, *buckets, *chain)

    def sysv_hash(self) -> bytes:
        """.hash: as many buckets as symbols."""
        count = len(self.symbols) + 1
        buckets, chain = [0] * count, [0] * count
        for i, symbol in enumerate(self.symbols, start=1):
            bucket = _sysv_hash(symbol.name) % count
            chain[i] = buckets[bucket]
            buckets[bucket] = i
        return struct.pack(f"<II{2 * count}I", count, count, *buckets, *chain)


def _bucket_count(symbols: int) -> int:
    return max(symbols // 4, 1)


def _gnu_hash(name: str) -> int:
    value = 5381
    for byte in name.encode():
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value


def _sysv_hash(name: str) -> int:
    value = 0
    for byte in name.encode():
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ high >> 24) & ~high & 0x0FFFFFFF
    return value
