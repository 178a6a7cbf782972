"""Files come into being whole or not at all, and what was there before stays."""

import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from explainer.core import writing
from explainer.core.problem import ExplainerError
from explainer.core.processes import is_alive, machine

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_there_and_nothing_else(tmp_path: Path) -> None:
    writing.write_text(tmp_path / "a.txt", "grün\n")
    writing.write_bytes(tmp_path / "b.bin", b"\x00\xff")
    writing.write_json(tmp_path / "c.json", {"name": "caf\udce9", "n": [1, 2.5]})
    assert names(tmp_path) == ["a.txt", "b.bin", "c.json"]
    assert (tmp_path / "a.txt").read_bytes() == "grün\n".encode()
    assert (tmp_path / "b.bin").read_bytes() == b"\x00\xff"
    assert json.loads((tmp_path / "c.json").read_text("utf-8")) == {"name": "caf\ufffd", "n": [1, 2.5]}


def test_a_failure_half_way_keeps_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("before")
    with pytest.raises(KeyboardInterrupt), writing.written(target) as file:
        file.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == "before"
    assert names(tmp_path) == ["a.txt"]


def test_a_check_that_fails_keeps_what_was_there(tmp_path: Path) -> None:
    def check(_file: Path) -> None:
        raise writing.CutOffError("a.txt is not whole.")

    target = tmp_path / "a.txt"
    target.write_text("before")
    with pytest.raises(ExplainerError, match="not whole"), writing.written(target, check) as file:
        file.write_text("half")
    assert target.read_text() == "before"
    assert names(tmp_path) == ["a.txt"]


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExplainerError) as caught, writing.written(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert "the disk is full" in caught.value.problem.sentence
    assert names(tmp_path) == []


@posix
def test_a_file_beyond_the_limit_is_a_sentence(tmp_path: Path) -> None:
    """In a process of its own, because the limit can be lowered and not raised again."""
    code = (
        "import resource, sys; sys.dont_write_bytecode = True  # byte code would be cut short too, for others to find\n"
        "from pathlib import Path; from explainer.core import writing\n"
        "from explainer.core.problem import ExplainerError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: writing.write_bytes(Path(sys.argv[1]), bytes(5000))\n"
        "except ExplainerError as error: print(error.problem.sentence)"
    )
    target = tmp_path / "a.bin"
    target.write_bytes(b"before")
    done = subprocess.run([sys.executable, "-c", code, str(target)], capture_output=True, text=True, check=True)
    assert "grew beyond the largest size" in done.stdout
    assert target.read_bytes() == b"before"
    assert names(tmp_path) == ["a.bin"]


@posix
def test_permissions_and_links_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("before")
    real.chmod(0o640)
    link.symlink_to("real.txt")
    writing.write_text(link, "after")
    assert link.is_symlink()
    assert real.read_text() == "after"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    link.unlink()
    link.symlink_to("link.txt")
    with pytest.raises(ExplainerError):
        writing.write_text(link, "round and round")


@posix
def test_a_new_file_has_the_permissions_that_any_new_file_has(tmp_path: Path) -> None:
    writing.write_text(tmp_path / "a.txt", "a")
    (tmp_path / "b.txt").write_text("b")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "b.txt").stat().st_mode


@posix
def test_devices_are_written_into_and_not_replaced(tmp_path: Path) -> None:
    writing.write_text(Path(os.devnull), "gone")
    assert not Path(os.devnull).is_file()
    if Path("/dev/full").exists():
        with pytest.raises(ExplainerError, match="the disk is full"):
            writing.write_text(Path("/dev/full"), "lost")


def test_a_folder_in_the_way_and_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ExplainerError, match="a folder has that name"):
        writing.write_text(tmp_path / "folder", "x")
    for act in (writing.make_folder, lambda path: writing.write_text(path, "x")):
        with pytest.raises(ExplainerError) as caught:
            act(tmp_path / "file" / "below")
        assert "could not be" in caught.value.problem.sentence
    with pytest.raises(ExplainerError, match="its folder does not exist"):
        writing.write_text(tmp_path / "nowhere" / "a.txt", "x")


@posix
def test_names_of_any_bytes(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    writing.make_folder(folder)
    target = folder / "\udcff.txt"
    writing.write_text(target, "a")
    with writing.written(folder / "film.mp4", plain_name=True) as file:
        str(file).encode("utf-8")
        file.write_text("b")
    assert target.read_text() == "a"
    assert (folder / "film.mp4").read_text() == "b"
    assert len(names(folder)) == 2


def test_what_dead_processes_left_is_cleared_and_no_more(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    stale = [f".explainer-{machine()}-{child.pid}-0.mp4", f".explainer-{machine()}-{os.getpid()}-999999"]
    kept = [
        f".explainer-{machine()}-{os.getppid()}-0.png", f".explainer-00000000-{child.pid}-0.png",
        ".explainer-notes.txt", "picture.png",
    ]  # fmt: skip
    for name in (*stale, *kept):
        (tmp_path / name).write_text("x")
    with writing.written(tmp_path / "new.txt") as file:
        file.write_text("new")
        writing.make_folder(tmp_path)
    assert names(tmp_path) == sorted([*kept, "new.txt"])
    old = tmp_path / kept[1]
    os.utime(old, (0, 0))
    writing.clear_stale(tmp_path)
    assert not old.exists()


def test_a_process_that_is_gone_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert is_alive(child.pid)
    child.communicate(b"\n")
    assert not is_alive(child.pid)
