"""The store of the cache: what is kept comes back whole or not at all, whoever writes beside."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from clawc.compiler.cache.store import MAGIC, Store
from clawc.runtime.atomic_file import STALE

WRITER = """
import itertools, sys
from pathlib import Path
from clawc.compiler.cache.store import Store
kept = Store(Path(sys.argv[1]), 60_000)
for turn in itertools.count():
    for key in "abcdefgh":
        found = kept.get(key)
        assert found is None or found == key.encode() * len(found), (key, len(found))
        kept.put(key, key.encode() * (1 + (turn * 7919 + int(sys.argv[2])) % 9000))
        print(end=".", flush=True)
"""


@pytest.fixture
def kept(tmp_path):
    return Store(tmp_path / "not" / "there yet", limit=1000)


def test_what_is_kept_comes_back(kept):
    assert kept.get("a") is None and kept.entries() == [] and kept.clear() == []
    for data in (b"", b"x", bytes(range(200))):
        kept.put("a", data)
        assert kept.get("a") == data
    assert kept.get("b") is None
    assert len(kept.clear()) == 1
    assert kept.get("a") is None


def test_others_may_not_look(kept):
    kept.put("a", b"x")
    assert kept.folder.stat().st_mode & 0o077 == 0


def test_an_entry_that_is_damaged_is_none(kept):
    kept.put("a", b"some bytes")
    (entry,) = kept.entries()
    whole = open(entry.path, "rb").read()
    damaged = [whole[:at] + bytes([byte ^ 1]) + whole[at + 1 :] for at, byte in enumerate(whole)]
    damaged += [whole[:length] for length in range(len(whole))]
    damaged += [whole + b"x", MAGIC]
    for data in damaged:
        with open(entry.path, "wb") as file:
            file.write(data)
        assert kept.get("a") is None
        assert not os.path.exists(entry.path)  # it is in nobody's way any more


def test_the_oldest_make_room(kept):
    used = time.time()
    for number, key in enumerate("abcdefgh"):
        kept.put(key, bytes(60))
        (path,) = (e.path for e in kept.entries() if os.path.basename(e.path) == f"{key}.entry")
        os.utime(path, (used + number, used + number))
    size = kept.entries()[0].size
    assert kept.get("a") is not None  # which makes it the one that was used last
    os.utime(kept.folder / "a.entry", (used + 8, used + 8))
    limited = Store(kept.folder, 4 * size + size // 2)
    limited.put("i", bytes(60))
    left = {os.path.basename(entry.path)[0] for entry in kept.entries()}
    assert len(left) == 3 and left <= set("ahi") | {"g"} and "b" not in left


def test_one_entry_does_not_take_it_all(kept):
    kept.put("a", bytes(251))
    assert kept.get("a") is None
    kept.put("a", bytes(250))
    assert kept.get("a") == bytes(250)


def test_what_killed_writers_left_goes(kept):
    kept.put("a", b"x")
    old, new = kept.folder / ".k.entry.0123456789ab.tmp", kept.folder / ".k.entry.0123456789ac.tmp"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, time.time() - STALE - 1))
    for key in "bcdefghijklmnop":
        kept.put(key, bytes(80))
    assert not old.exists() and new.exists()


@pytest.mark.parametrize("place", ["a file", "a file/below it", "x" * 300])
def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path, place):
    (tmp_path / "a file").write_text("here")
    kept = Store(tmp_path / place, 1000)
    kept.put("a", b"x")
    assert kept.get("a") is None and kept.entries() == [] and kept.clear() == []


def test_many_write_and_are_killed(tmp_path):
    folder = tmp_path / "many"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), str(number)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for number in range(3)
    ]
    for writer in writers:  # each has begun
        assert writer.stdout is not None and writer.stdout.read(8) == b"........"
    drawn = random.Random(0)
    for writer in writers:
        time.sleep(drawn.uniform(0, 0.2))
        writer.send_signal(signal.SIGKILL)
        _, said = writer.communicate()
        assert writer.returncode == -signal.SIGKILL, said.decode()
    kept = Store(folder, 60_000)
    for key in "abcdefgh":
        found = kept.get(key)
        assert found is None or found == key.encode() * len(found)
        kept.put(key, b"new")
        assert kept.get(key) == b"new"
