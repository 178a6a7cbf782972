"""From what a person names to a source."""

from pathlib import Path

from explainer.core.paths import samples
from explainer.core.problem import Problem
from explainer.core.source import Source
from explainer.sources.addresses import is_web, meant, scheme_of
from explainer.sources.animated import open_animated
from explainer.sources.camera import CameraSource, list_cameras
from explainer.sources.films import open_video
from explainer.sources.folder import open_folder
from explainer.sources.image import open_image
from explainer.sources.kinds import PICTURE_SUFFIXES, VIDEO_SUFFIXES, is_animated, is_video
from explainer.sources.synthetic import EndlessSource, MovingSquare

__all__ = ["is_address", "is_video", "lasting", "open_source", "path_of", "sample_names"]

STRETCHED = "#stretch"
_SYNTHETIC = {"square": MovingSquare, "endless": EndlessSource}


def open_source(spec: str) -> Source | Problem:
    """Open a picture, a video, a folder, ``camera:N``, ``synthetic:square`` or ``sample:NAME``.

    ``#stretch`` after the name of a picture or folder stretches deep pictures from the values they use.

    Parameters
    ----------
    spec
        A path, where ``~`` is the home folder, or one of the words above. What exists as a file is taken as
        one whatever it is called. Pictures and videos are told apart by their first bytes.

    Returns
    -------
    Source or Problem
        Never raises for bad input. A camera is returned even while it is not connected: it says so when
        it is read, and comes by itself.
    """
    try:
        if not spec.strip():
            return Problem("No source is named.", "Name a picture, a video, a folder or camera:0.")
        spec, stretch = without_stretch(spec)
        stands_for = meant(spec)
        if isinstance(stands_for, Problem):
            return stands_for
        spec = stands_for
        path = _path(spec)
        if path.exists():
            return _opened(path, stretch)
    except (OSError, ValueError, RuntimeError) as error:  # too long, a zero byte, no such home
        return Problem(f"“{_short(spec)}” cannot be opened.", "Check the name.", repr(error))
    word, _, rest = spec.partition(":")
    match word:
        case "camera":
            return _camera(rest)
        case "synthetic":
            return _synthetic(rest)
        case "sample":
            return _sample(rest, stretch)
    if is_address(spec):
        return Problem("Web addresses are not opened.", "Save the picture or video and open the file.")
    return _opened(path)


def lasting(spec: str) -> str:
    """Return a spec that means the same from wherever it is read again: paths are whole, links kept as they are."""
    plain, stretch = without_stretch(spec)
    word = plain.partition(":")[0]
    try:
        path = _path(plain)
        is_word = word in ("camera", "synthetic", "sample") or is_address(plain)
        if not plain.strip() or (is_word and not path.exists()):
            return spec
        whole = path.resolve() if ".." in path.parts else path
    except (OSError, ValueError, RuntimeError):  # open_source says what is wrong with such a name
        return spec
    return f"{whole}{STRETCHED if stretch else ''}"


def is_address(spec: str) -> bool:
    """Say whether `spec` is an address and not a path: ``https://…``, ``ftp://…``, ``data:…``."""
    scheme = scheme_of(spec)
    return (
        is_web(spec)
        or scheme in ("http", "https", "ftp", "rtsp", "data", "blob")
        or (len(scheme) > 1 and scheme.isalnum() and spec[len(scheme) + 1 :].startswith("//"))
    )


def path_of(spec: str) -> Path | None:
    """Return the file or folder that `spec` names, ``None`` for cameras, made pictures and what is not there."""
    spec, _ = without_stretch(spec)
    if spec.startswith("sample:"):
        name, files = spec.removeprefix("sample:"), _sample_files()
        return files.get(name) or {file.name: file for file in files.values()}.get(name)
    try:
        path = _path(spec)
        return path if spec and path.exists() else None
    except (OSError, ValueError, RuntimeError):
        return None


def without_stretch(spec: str) -> tuple[str, bool]:
    """Split ``#stretch`` off a spec, unless a file is called so, and say whether it was there."""
    plain = spec.removesuffix(STRETCHED)
    try:
        asked = plain != spec and bool(plain) and not _path(spec).exists()
    except (OSError, ValueError, RuntimeError):  # open_source says what is wrong with such a name
        asked = False
    return (plain, True) if asked else (spec, False)


def _path(spec: str) -> Path:
    """Return the path that `spec` is, whole and not to be taken for anything else."""
    plain = Path(spec)
    path = plain if not spec.startswith("~") or plain.exists() else plain.expanduser()
    return path.absolute()


def sample_names() -> tuple[str, ...]:
    """Return the names for ``sample:NAME``: pictures and videos that come with the program, sorted."""
    return tuple(sorted(_sample_files()))


def _opened(path: Path, stretch: bool = False) -> Source | Problem:
    if path.is_dir():
        return open_folder(path, stretch=stretch)
    if not is_video(path):
        return open_image(path, stretch=stretch)
    return open_animated(path) if is_animated(path) else open_video(path)


def _camera(number: str) -> Source | Problem:
    if not (number.isascii() and number.isdigit() and len(number) <= 5):
        return Problem(f"“camera:{_short(number)}” names no camera.", "Give its number, as in camera:0.")
    index = int(number)
    names = {camera.index: camera.name for camera in list_cameras()}
    return CameraSource(index, names.get(index, ""))


def _synthetic(name: str) -> Source | Problem:
    if name not in _SYNTHETIC:
        todo = f"There is {' and '.join('synthetic:' + known for known in _SYNTHETIC)}."
        return Problem(f"“synthetic:{_short(name)}” is not known.", todo)
    made: Source = _SYNTHETIC[name]()
    return made


def _sample(name: str, stretch: bool) -> Source | Problem:
    files = _sample_files()
    by_file = {file.name: file for file in files.values()}
    file = files.get(name) or by_file.get(name)
    if file is None:
        todo = f"There are {', '.join(sorted(files))}." if files else "The folder of samples is missing."
        return Problem(f"There is no sample “{_short(name)}”.", todo)
    return _opened(file, stretch)


def _sample_files() -> dict[str, Path]:
    folder = samples()
    if not folder.is_dir():
        return {}
    wanted = PICTURE_SUFFIXES | VIDEO_SUFFIXES
    return {file.stem: file for file in folder.iterdir() if file.suffix.lower() in wanted}


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
