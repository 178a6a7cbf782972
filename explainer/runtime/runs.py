"""The last snapshots of training runs, in the user's cache: one file each, the oldest go when they become too much.

Some runs ship with the program, so that a demo which trains shows its point at once; each is dated, and listed with
the fingerprint of its file in ``resources/runs/manifest.json`` (made by ``packaging/build_runs.py``).
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load, load_file, save_file

from explainer.core.paths import resource, user_cache
from explainer.core.problem import ExplainerError
from explainer.core.runs import Arrays, KeptRun, of_recipe
from explainer.core.writing import make_folder, written

MOST_BYTES = 200 * 2**20
SUFFIX = ".safetensors"
ABOUT = "explainer"  # the header's entry that holds our JSON


def shipped_folder() -> Path:
    """Folder of the runs that ship with the program."""
    return resource("runs")


def runs_folder() -> Path:
    """Folder of kept runs; it may not exist yet."""
    return user_cache() / "runs"


@dataclass(frozen=True, slots=True)
class DiskRuns:
    """Implements `explainer.core.runs.Runs` over a folder.

    Parameters
    ----------
    folder
        Made when first written to.
    finished
        Whether a run that has reached its end is given back. Without, it is trained again, and only one that was
        broken off is carried on.
    most_bytes
        Size of all files together; those that were not used longest go.
    shipped
        Folder of runs that came with the program; asked where the user has none.
    """

    folder: Path
    finished: bool = True
    most_bytes: int = MOST_BYTES
    shipped: Path | None = None

    def load(self, key: str, steps: int) -> KeptRun | None:
        """Return the furthest of run `key` that is not beyond `steps`; a damaged file is passed over."""
        known = ((*about, path) for path in self._files(key) if (about := _done_of(path)) is not None)
        for done, wanted, path in sorted(known, reverse=True):
            if done > steps or (done >= wanted and not self.finished):
                continue
            with suppress(OSError, SafetensorError, ValueError):
                arrays = load_file(path)
                when = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
                os.utime(path, (datetime.now().timestamp(), path.stat().st_mtime))  # noqa: DTZ005 - seconds only
                return KeptRun(arrays, when)
        return self._came_along(key, steps) if self.finished and self.shipped else None

    def _came_along(self, key: str, steps: int) -> KeptRun | None:
        """Return a run of this recipe that ships, if its file is the one that was listed."""
        folder = self.shipped or Path()
        rows = [row for row in listed(folder) if row["recipe"] == of_recipe(key) and row["steps"] <= steps]
        for row in sorted(rows, key=lambda one: -int(one["steps"])):
            with suppress(OSError, SafetensorError, ValueError):
                held = (folder / row["file"]).read_bytes()
                if hashlib.sha256(held).hexdigest() == row["sha256"]:
                    return KeptRun(load(held), datetime.fromisoformat(row["date"]))
        return None

    def save(self, key: str, steps: int, done: int, arrays: Arrays) -> None:
        """Write it beside its place and move it there; a full disk leaves what was there before."""
        path = self.folder / f"{key}-{steps}{SUFFIX}"
        about = {ABOUT: json.dumps({"steps": steps, "done": done})}
        with suppress(ExplainerError, OSError, SafetensorError):
            make_folder(self.folder)
            with written(path) as file:
                save_file({name: np.asarray(array, order="C") for name, array in arrays.items()}, file, about)
            self._make_room(path)

    def _files(self, key: str = "") -> Iterator[Path]:
        with suppress(OSError):
            yield from self.folder.glob(f"{key}*{SUFFIX}")

    def _make_room(self, newest: Path) -> None:
        found = [(path.stat().st_atime, path.stat().st_size, path) for path in self._files()]
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self.most_bytes:
                return
            if path != newest:
                path.unlink(missing_ok=True)
                total -= size


def listed(folder: Path) -> list[dict[str, Any]]:
    """Rows of the list of shipped runs: ``file``, ``recipe``, ``steps``, ``date``, ``sha256``; none where it is not."""
    try:
        rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return list(rows)


def _done_of(path: Path) -> tuple[int, int] | None:
    """Steps that are done, and of how many."""
    try:
        with safe_open(path, "numpy") as file:
            about = json.loads(file.metadata()[ABOUT])
            return int(about["done"]), int(about["steps"])
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None


def kept() -> tuple[int, int]:
    """Count the runs that are kept, and their bytes."""
    sizes = [path.stat().st_size for path in runs_folder().glob(f"*{SUFFIX}")] if runs_folder().is_dir() else []
    return len(sizes), sum(sizes)
