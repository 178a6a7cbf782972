"""What a fetched file hashed to when it first came: the whole SHA-256, and from then on the measure of it.

torchvision states the first eight to ten digits, in the file's name, and the size. That tells damage and is no
proof against somebody who forges a file. Nothing longer is published, so the whole hash is written down once the
published digits and size agreed, as ``sha256sum`` writes it, in ``NAME.sha256`` beside the file. Needs no torch.
"""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from explainer.core.problem import ExplainerError
from explainer.core.writing import write_text
from explainer.vision.zoo.cards import Published

PIECE = 1 << 20
_LINE = re.compile(r"([0-9a-f]{64})  ?\*?(.+)\n?")


def sha256(path: Path, check: Callable[[], object] = lambda: None) -> str:
    """Hash of a file, 64 hexadecimal digits.

    Parameters
    ----------
    check
        Called for every piece; may raise to give up.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            check()
    return digest.hexdigest()


def path_of(offer: Published) -> Path:
    """Where the whole hash is written down."""
    return offer.path.with_name(f"{offer.file}.sha256")


def known(offer: Published) -> str:
    """Return the whole hash if the file was fetched before, else the published first digits."""
    try:
        line = _LINE.fullmatch(path_of(offer).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        line = None
    return line[1] if line and line[1].startswith(offer.sha256_prefix) else offer.sha256_prefix


def write(offer: Published, digest: str) -> None:
    """Write down what the file hashes to.

    Raises
    ------
    ExplainerError
        If it cannot be written.
    """
    write_text(path_of(offer), f"{digest}  {offer.file}\n")


def check(offer: Published) -> None:
    """Compare a fetched file with what it hashed to when it came.

    Raises
    ------
    ExplainerError
        If it is another one now. A file that was put there by hand has no record and is not compared.
    """
    digits = known(offer)
    try:
        changed = len(digits) == 64 and sha256(offer.path) != digits
    except OSError as error:
        what = f"The weights of {offer.title} cannot be read."
        raise ExplainerError(what, "Check that you are allowed to read them.", str(error)) from error
    if changed:
        what = f"The weights of {offer.title} are not the ones that were fetched."
        raise ExplainerError(what, "Fetch them again.", f"sha256 should be {digits}")
