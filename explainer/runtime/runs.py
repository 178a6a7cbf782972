"""The last snapshots of training runs, in the user's cache: one file each, the oldest go when they become too much."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from explainer.core.paths import user_cache
from explainer.core.problem import ExplainerError
from explainer.core.runs import Arrays, KeptRun
from explainer.core.writing import make_folder, written

MOST_BYTES = 200 * 2**20
SUFFIX = ".safetensors"
ABOUT = "explainer"  # the header's entry that holds our JSON


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
    """

    folder: Path
    finished: bool = True
    most_bytes: int = MOST_BYTES

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
