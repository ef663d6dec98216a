"""Files written wholly or not at all: what stays when it fails, names, permissions, left-overs."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from clawc.runtime import atomic_file
from clawc.runtime.artifact import Artifact
from clawc.runtime.atomic_file import STALE, write_atomically
from clawc.runtime.errors import ArtifactError


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    write_atomically(tmp_path / "file", [b"old"])

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_file.os, "fsync", full)
    with pytest.raises(ArtifactError, match="No space left on device"):
        Artifact().save(tmp_path / "file")
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real" / "file")
    write_atomically(tmp_path / "link", [b"a", memoryview(b"b")])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "file").read_bytes() == b"ab"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_permissions_stay(tmp_path, mode):
    path = tmp_path / "file"
    path.write_bytes(b"secret")
    path.chmod(mode)
    write_atomically(path, [b"new secret"])
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_bytes() == b"new secret"


def test_a_new_file_has_the_permissions_of_any_other(tmp_path):
    write_atomically(tmp_path / "ours", [b""])
    (tmp_path / "other").write_bytes(b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("name", ["a" * 255, "é" * 127, "字" * 85, "🦀" * 63, "a" + "字" * 84])
def test_names_as_long_as_a_name_may_be(tmp_path, name):
    write_atomically(tmp_path / name, [b"data"])
    assert os.listdir(tmp_path) == [name]


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path):
    path = tmp_path / "file.claw"
    killed = f"""
import os, signal
from clawc.runtime.atomic_file import write_atomically
def pieces():
    yield b"half"
    os.kill(os.getpid(), signal.SIGKILL)
write_atomically({str(path)!r}, pieces())
"""
    subprocess.run([sys.executable, "-c", killed], check=False)
    (left,) = os.listdir(tmp_path)
    assert left.startswith(".file.claw.") and left.endswith(".tmp")
    others = {".other.claw.0123456789ab.tmp", ".file.claw.tmp", ".file.claw.0123456789ab.tmpx"}
    for other in others:
        (tmp_path / other).write_bytes(b"")
        os.utime(tmp_path / other, (0, 0))
    write_atomically(path, [b"whole"])
    assert set(os.listdir(tmp_path)) == {left, "file.claw", *others}, "it may be being written"
    long_ago = (tmp_path / "file.claw").stat().st_mtime - STALE - 60
    os.utime(tmp_path / left, (long_ago, long_ago))
    write_atomically(path, [b"whole"])
    assert set(os.listdir(tmp_path)) == {"file.claw", *others}
    assert path.read_bytes() == b"whole"


def test_a_pipe_is_written_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        write_atomically(tmp_path / "pipe", [b"one", b"two"])
        assert reader.communicate()[0] == b"onetwo"
    assert os.listdir(tmp_path) == ["pipe"]
