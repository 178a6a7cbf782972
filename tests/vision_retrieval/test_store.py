"""An index that is kept: killed, carried on, with changed, copied and broken files, and on a full disk."""

import errno
import os
import shutil
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from explainer.core.runs import NO_RUNS, NoRuns
from explainer.demos.reuse.search_by_picture import SearchByPicture
from explainer.runtime.frames import SourceFrames
from explainer.sources.folder import open_folder
from explainer.testing import fake_context, networks, run_demo
from explainer.testing.context import FakeContext
from explainer.vision.retrieval import features
from explainer.vision.retrieval import gallery as galleries
from explainer.vision.retrieval.gallery import Gallery, kept
from explainer.vision.retrieval.store import SUFFIX, Store, content_of, fingerprint, make_room

COUNT = 40
NAMES = ("красный", "红色", "أحمر", "a b", "é")


class Keeps(NoRuns):
    """Something may be kept."""


def context_of(folder: Path, runs: NoRuns) -> FakeContext:
    """As of a program that has just started, with a network that came with it."""
    card = replace(networks.tiny_card(networks.TINY_LAYERS, 7), tier="shipped")
    return fake_context(networks.TinyNet(), card, frames=SourceFrames(lambda: open_folder(folder)), runs=runs)


class Killed(BaseException):
    """As a kill: nothing is tidied up after it."""


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(galleries, "Store", partial(Store, block=8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """40 pictures, of which two are the same, one is tiny, one cannot be read and one leads to itself."""
    made = tmp_path / "mine"
    made.mkdir()
    for n in range(COUNT):
        write(made / f"{NAMES[n % len(NAMES)]} {n}.png", n)
    shutil.copy(made / f"{NAMES[0]} 0.png", made / "copy.png")
    (made / "broken.png").write_bytes(b"\x89PNG no")
    cv2.imwrite(str(made / "tiny.png"), np.full((1, 1, 3), 9, np.uint8))
    (made / "circle.png").symlink_to(made / "circle.png")
    return made


def write(path: Path, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures the network was shown in each pass."""
    passes: list[int] = []
    as_it_is = features.pooled

    def counted(net: Any, squares: NDArray[np.uint8], layer: str) -> NDArray[np.float32]:
        passes.append(len(squares))
        return as_it_is(net, squares, layer)

    monkeypatch.setattr(galleries, "pooled", counted)
    return passes


def opened(folder: Path) -> tuple[Gallery, Generator[int]]:
    """A gallery of a folder as a program that has just started has it, and what fills it."""
    context = context_of(folder, Keeps())
    gallery = kept(context, "own", "last", 3)[1]
    return gallery, gallery.fill(context.net, "last")


def filled(folder: Path) -> Gallery:
    gallery, filling = opened(folder)
    for _ in filling:
        pass
    return gallery


def same(one: Gallery, other: Gallery) -> None:
    assert one.called == other.called
    assert one.unread == other.unread == 2
    np.testing.assert_allclose(one.vectors, other.vectors, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(one.squares, other.squares)


def test_what_was_embedded_once_is_not_embedded_again(folder: Path, embedded: list[int]) -> None:
    before = filled(folder)
    assert sum(embedded) >= COUNT + 1
    del embedded[:]
    again = filled(folder)
    assert not embedded
    assert again.known_before == len(again) == COUNT + 2
    same(before, again)
    assert not [path for path in folder.iterdir() if path.suffix == SUFFIX]


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_a_kill_costs_the_newest_block_at_most(
    folder: Path, embedded: list[int], steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery, filling = opened(folder)
    for _ in range(steps):
        next(filling)
    done = len(gallery)
    with monkeypatch.context() as dead:
        dead.setattr(Store, "flush", lambda _: None)
        filling.close()
    del embedded[:]
    again = filled(folder)
    assert again.known_before >= done - 8
    assert sum(embedded) <= COUNT + 2 - (done - 8)
    same(again, filled(folder))
    monkeypatch.setenv("EXPLAINER_HOME", str(folder.parent / "another"))
    same(again, filled(folder))


def test_a_kill_while_a_block_is_written_leaves_no_cut_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(file: Path, made: Any, **_: Any) -> None:
        Path(file).write_bytes(made.tobytes()[:100])
        raise Killed

    with monkeypatch.context() as dead:
        dead.setattr(np, "save", cut)
        with pytest.raises(Killed):
            filled(folder)
    again = filled(folder)
    assert again.store is not None
    assert again.store.damaged == 0
    same(again, filled(folder))


def test_only_what_changed_is_embedded_again_and_a_touched_file_is_known_by_its_pixels(
    folder: Path, embedded: list[int]
) -> None:
    before = filled(folder)
    first, second = sorted(path for path in folder.glob("*.png") if path.stem.endswith((" 1", " 2")))
    write(first, 99)
    os.utime(second, ns=(1, 1))
    (folder / "moved.png").write_bytes((folder / "tiny.png").read_bytes())
    (folder / "tiny.png").unlink()
    del embedded[:]
    again = filled(folder)
    assert embedded == [1]
    at, was = again.called.index(first.name), before.called.index(first.name)
    assert not np.allclose(again.vectors[at], before.vectors[was])
    at, was = again.called.index("moved.png"), before.called.index("tiny.png")
    np.testing.assert_array_equal(again.vectors[at], before.vectors[was])
    del embedded[:]
    filled(folder)
    assert not embedded


def test_a_full_disk_is_said_and_the_search_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "full")

    context = context_of(folder, Keeps())
    with monkeypatch.context() as disk:
        disk.setattr(np, "save", full)
        result = run_demo(SearchByPicture(), None, context)
    assert result.values["pictures"] == COUNT + 2
    assert "The index is not kept" in result.reading
    assert "disk is full" in result.reading
    assert filled(folder).known_before <= 1  # the copy, by its pixels


def test_a_damaged_block_is_passed_over(folder: Path, embedded: list[int]) -> None:
    before = filled(folder)
    assert before.store is not None
    blocks = sorted(before.store.folder.glob(f"*{SUFFIX}"))
    blocks[0].write_bytes(blocks[0].read_bytes()[:-5])
    blocks[1].write_bytes(b"")
    del embedded[:]
    again = filled(folder)
    assert again.store is not None
    assert again.store.damaged == 2
    assert 0 < sum(embedded) <= 16
    same(before, again)


def test_nothing_is_kept_where_nothing_may_be(folder: Path) -> None:
    assert kept(context_of(folder, NO_RUNS), "own", "last", 3)[1].store is None


def test_the_oldest_blocks_make_room(tmp_path: Path) -> None:
    store = Store(tmp_path / "one", 2, block=1)
    copy = np.zeros((2, 2, 3), np.uint8)
    for n in range(4):
        store.add(fingerprint(n), content_of(copy + np.uint8(n)), np.full(3, n, np.float32), copy)
    assert len(store) == 4
    blocks = sorted((tmp_path / "one").iterdir())
    for age, path in enumerate(blocks):
        os.utime(path, (age, age))
    make_room(tmp_path, 2 * blocks[0].stat().st_size)
    assert sorted((tmp_path / "one").iterdir()) == blocks[2:]
    assert len(Store(tmp_path / "one", 2)) == 2
