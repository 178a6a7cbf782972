"""The pictures of a folder, in the order a person would put them."""

import re
from dataclasses import replace
from pathlib import Path

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.core.source import SourceKind
from explainer.sources.identity import new_id
from explainer.sources.kinds import PICTURE_SUFFIXES
from explainer.sources.reading import check_picture, read_picture


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that counts numbers as numbers: ``img2`` comes before ``img10``, case does not matter."""
    parts = re.findall(r"(\d+)|(\D+)", name.casefold())
    key = tuple((0, int(digits), "") if digits else (1, 0, text) for digits, text in parts)
    return (*key, (2, 0, name))  # equal but for case or leading zeros: still one fixed order


class FolderSource:
    """Pictures of one folder. Frame number = place in the sorted list, readable or not.

    ``read`` passes over files that cannot be shown and says so in the notes of the next good one;
    ``at`` returns the `Problem` of such a file. A picture a second is taken as the pace for ``time_s``.
    """

    def __init__(self, folder: Path, files: tuple[Path, ...], *, stretch: bool = False) -> None:
        self.id = new_id("folder")
        self.kind: SourceKind = "folder"
        self.title = folder.name or str(folder)
        self.count: int | None = len(files)
        self.fps = 0.0
        self.names = tuple(file.name for file in files)
        self._files, self._stretch = files, stretch
        self._next = 0
        self._last: Frame | None = None  # so that a still looked at twice keeps its identity

    def read(self) -> Frame | Problem | None:
        """Return the next picture that can be shown."""
        skipped: list[Problem] = []
        while self._next < len(self._files):
            got = self._load(self._next)
            self._next += 1
            if isinstance(got, Frame):
                return self._with(got, skipped)
            skipped.append(got)
        return _said(skipped) if skipped else None

    def at(self, index: int) -> Frame | Problem:
        """Return picture number `index` of the sorted list."""
        if not 0 <= index < len(self._files):
            what = f"{self.title} has no picture number {index}."
            return Problem(what, f"It has numbers 0 to {len(self._files) - 1}.")
        self._next = index + 1
        return self._load(index)

    def close(self) -> None:
        """Nothing is held open."""
        self._next = len(self._files)
        self._last = None

    def _load(self, index: int) -> Frame | Problem:
        if self._last is not None and self._last.index == index:
            return self._last
        picture = read_picture(self._files[index], stretch=self._stretch)
        if isinstance(picture, Problem):
            return picture
        name = self._files[index].name
        self._last = Frame(picture.pixels, self.id, index, float(index), name, picture.notes, picture.stretchable)
        return self._last

    def _with(self, frame: Frame, skipped: list[Problem]) -> Frame:
        if not skipped:
            return frame
        notes = (*(f"Skipped: {problem.what}" for problem in skipped), *frame.notes)
        return replace(frame, notes=notes)


def open_folder(path: Path | str, *, stretch: bool = False) -> FolderSource | Problem:
    """List the pictures in `path`; subfolders and hidden files are left out. `stretch` as in `read_picture`.

    Returns
    -------
    FolderSource or Problem
        A `Problem` when the folder is missing or not one picture in it can be shown.
    """
    folder = Path(path)
    try:
        if not folder.is_dir():
            what = f"{folder.name or folder} is {'not a folder' if folder.exists() else 'missing'}."
            return Problem(what, "Choose a folder with pictures.")
        files = [f for f in folder.iterdir() if _is_candidate(f)]
    except (OSError, ValueError) as error:
        return Problem(f"{folder.name} cannot be read.", "Check that you are allowed to open it.", repr(error))
    if not files:
        return Problem(f"{folder.name or folder} has no picture in it.", "Choose a folder with pictures.")
    files.sort(key=lambda f: natural(f.name))
    problems = []
    for file in files:
        problem = check_picture(file)
        if problem is None:
            return FolderSource(folder, tuple(files), stretch=stretch)
        problems.append(problem)
    return _none_of(folder, problems)


def _is_candidate(file: Path) -> bool:
    return file.suffix.lower() in PICTURE_SUFFIXES and not file.name.startswith(".") and file.is_file()


def _none_of(folder: Path, problems: list[Problem]) -> Problem:
    details = "\n".join(problem.what for problem in problems)
    what = f"None of the {len(problems)} pictures in {folder.name or folder} can be shown."
    if len(problems) == 1:
        what = f"The only picture in {folder.name or folder} cannot be shown: {problems[0].what}"
    return Problem(what, "Choose a folder with pictures.", details)


def _said(skipped: list[Problem]) -> Problem:
    """Return one problem for the files at the end of the list, after which no good one comes."""
    if len(skipped) == 1:
        return skipped[0]
    details = "\n".join(problem.what for problem in skipped)
    return Problem(f"The last {len(skipped)} pictures cannot be shown.", "They were skipped.", details)
