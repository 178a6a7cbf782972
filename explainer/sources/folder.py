"""The pictures of a folder, in the order a person would put them."""

from dataclasses import replace
from pathlib import Path

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.core.source import SourceKind
from explainer.core.words import thousands
from explainer.sources.identity import new_id, shown_name
from explainer.sources.listing import Listing, below, instead, listing_of, natural
from explainer.sources.reading import check_picture, read_picture

__all__ = ["FolderSource", "natural", "open_folder"]

_SAID = 3  # broken pictures that are named one by one
_LOOKED_AT = 1_000  # so many are looked at for one that can be shown before the folder is opened all the same


class FolderSource:
    """Pictures of one folder. Frame number = place in the sorted list, readable or not.

    ``read`` passes over files that cannot be shown and says so in the notes of the next good one;
    ``at`` returns the `Problem` of such a file. A picture a second is taken as the pace for ``time_s``.
    """

    def __init__(self, folder: Path, names: tuple[str, ...], *, stretch: bool = False) -> None:
        self.id = new_id("folder")
        self.kind: SourceKind = "folder"
        self.title = shown_name(folder)
        self.count: int | None = len(names)
        self.fps = 0.0
        self.names = names
        self._folder, self._stretch = folder, stretch
        self._next = 0
        self._last: Frame | None = None  # so that a still looked at twice keeps its identity

    def read(self) -> Frame | Problem | None:
        """Return the next picture that can be shown."""
        skipped: list[Problem] = []
        while self._next < len(self.names):
            got = self._load(self._next)
            self._next += 1
            if isinstance(got, Frame):
                return self._with(got, skipped)
            skipped.append(got)
        return _said(skipped) if skipped else None

    def at(self, index: int) -> Frame | Problem:
        """Return picture number `index` of the sorted list."""
        if not 0 <= index < len(self.names):
            what = f"{self.title} has no picture number {index}."
            return Problem(what, f"It has numbers 0 to {len(self.names) - 1}.")
        self._next = index + 1
        return self._load(index)

    def stamp(self, index: int) -> tuple[str, str]:
        """What a picture is called, and what changes when its file does: path, bytes, ns; "" for one that is gone."""
        path = (self._folder / self.names[index]).absolute()
        try:
            now = path.stat()
        except (OSError, ValueError):
            return self._shown(index), ""
        return self._shown(index), repr((str(path), now.st_size, now.st_mtime_ns, self._stretch))

    def close(self) -> None:
        """Nothing is held open."""
        self._next = len(self.names)
        self._last = None

    def _load(self, index: int) -> Frame | Problem:
        if self._last is not None and self._last.index == index:
            return self._last
        path = self._folder / self.names[index]
        picture = read_picture(path, stretch=self._stretch)
        if isinstance(picture, Problem):
            return picture
        name = self._shown(index)
        self._last = Frame(picture.pixels, self.id, index, float(index), name, picture.notes, picture.stretchable)
        return self._last

    def _shown(self, index: int) -> str:
        return "/".join(shown_name(Path(part)) for part in Path(self.names[index]).parts)

    def _with(self, frame: Frame, skipped: list[Problem]) -> Frame:
        if not skipped:
            return frame
        more = len(skipped) - _SAID
        said = [f"Skipped: {problem.what}" for problem in skipped[:_SAID]]
        said += [f"Skipped: {thousands(more)} more."] if more > 0 else []
        return replace(frame, notes=(*said, *frame.notes))


def open_folder(path: Path | str, *, stretch: bool = False) -> FolderSource | Problem:
    """List the pictures in `path`; hidden files are left out. `stretch` as in `read_picture`.

    Subfolders are left out too, unless there is no picture beside them: then their pictures are taken, each named
    ``subfolder/picture``, so that a folder of folders can be learnt from.

    Returns
    -------
    FolderSource or Problem
        A `Problem` when the folder is missing or not one picture in it can be shown.
    """
    folder = Path(path)
    name = shown_name(folder)
    try:
        if not folder.is_dir():
            what = f"{name} is {'not a folder' if folder.exists() else 'missing'}."
            return Problem(what, "Choose a folder with pictures.")
        found = listing_of(folder)
    except (OSError, ValueError) as error:
        return Problem(f"{name} cannot be read.", "Check that you are allowed to open it.", repr(error))
    if not found.pictures:
        found = below(folder) or found
    return _opened(folder, found, stretch) if found.pictures else _without_picture(name, found)


def _opened(folder: Path, found: Listing, stretch: bool) -> FolderSource | Problem:
    problems = []
    for name in found.pictures[:_LOOKED_AT]:
        problem = check_picture(folder / name)
        if problem is None:
            return FolderSource(folder, found.pictures, stretch=stretch)
        problems.append(problem)
    if len(found.pictures) > _LOOKED_AT:
        return FolderSource(folder, found.pictures, stretch=stretch)
    return _none_of(folder, problems)


def _without_picture(name: str, found: Listing) -> Problem:
    held = instead(found.others)
    if not held:
        return Problem(f"{name} has no picture in it.", "Choose a folder with pictures.")
    if set(found.others) == {"film"}:
        return Problem(f"{name} has no picture in it, but {held}.", "Open the film instead of its folder.")
    return Problem(f"{name} holds {held}.", "Save them as JPEG or PNG and open those.")


def _none_of(folder: Path, problems: list[Problem]) -> Problem:
    details = "\n".join(problem.what for problem in problems[:100])
    name = shown_name(folder)
    what = f"None of the {len(problems)} pictures in {name} can be shown."
    if len(problems) == 1:
        what = f"The only picture in {name} cannot be shown: {problems[0].what}"
    return Problem(what, "Choose a folder with pictures.", details)


def _said(skipped: list[Problem]) -> Problem:
    """Return one problem for the files at the end of the list, after which no good one comes."""
    if len(skipped) == 1:
        return skipped[0]
    details = "\n".join(problem.what for problem in skipped[:100])
    return Problem(f"The last {thousands(len(skipped))} pictures cannot be shown.", "They were skipped.", details)
