"""LaTeX → SVG → picture, without a web engine.

Setting a formula takes ziamath tens of milliseconds of pure Python; drawing what it set takes one. So `svg` may
be asked from any thread ahead of time, and `is_set` says whether `picture` will be quick.

Symbols may have colours of their own. ziamath colours single letters only, so each letter of a symbol is coloured
in the MathML; that colour finds the letters again in what was drawn.
"""

import re
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from functools import cache, lru_cache
from threading import Lock
from typing import Any
from xml.etree import ElementTree as ET

from PySide6.QtCore import QByteArray, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

HELD = 512
LONGEST = 600
"""Characters of a formula; the longest of our lessons has 140."""
WORK_MOST = 10_000
"""Parts of a formula, each counted twice as much as the one around it: ziamath measures what lies inside anew at
each level. Our lessons reach 2,800, and take up to 0.1 s; at this bound it is about 1 s."""
LARGEST_PX = 4096
Colours = tuple[tuple[str, str], ...]
"""Symbols in LaTeX without their indices, each with its colour as ``#rrggbb``."""
_Key = tuple[str, float, str, Colours]
_PATH = re.compile(r'<path d="([^"]*)" fill="([^"]*)"')
_PLACE = re.compile(r"(-?[\d.]+)[ ,](-?[\d.]+)")
_SCRIPTED = ("msub", "msup", "msubsup")
# Formulas that are set, or why they cannot be; the one used longest ago first.
_set: OrderedDict[_Key, bytes | ValueError] = OrderedDict()
_lock = Lock()


def svg(latex: str, size_px: float, colour: str, symbols: Colours = ()) -> bytes:
    """SVG of a formula; may be called from any thread.

    Parameters
    ----------
    symbols
        What has a colour of its own. Indices take the colour of the symbol on which they stand.

    Raises
    ------
    ValueError
        If the formula cannot be read, or is too long or nested too deeply to be set; the text says which.
    """
    key = (latex, size_px, colour, symbols)
    with _lock:
        made = _set.get(key)
        if made is not None:
            _set.move_to_end(key)
    if made is None:
        made = _kept(key)
    if isinstance(made, ValueError):
        raise made
    return made


def _kept(key: _Key) -> bytes | ValueError:
    try:
        made: bytes | ValueError = _made(*key)
    except ValueError as error:
        made = error
    with _lock:
        _set[key] = made
        while len(_set) > HELD:
            _set.popitem(last=False)
    return made


def is_set(latex: str, size_px: float, colour: str, symbols: Colours = ()) -> bool:
    """Whether `svg` knows this one already, or knows that it cannot be set."""
    with _lock:
        return (latex, size_px, colour, symbols) in _set


def _made(latex: str, size_px: float, colour: str, symbols: Colours) -> bytes:
    if len(latex) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST} characters")
    ziamath = library()
    try:
        tree = _tree(latex)
        if _work(tree) > WORK_MOST:
            raise OverflowError
        tree.set("mathcolor", colour)
        _colour_symbols(tree, symbols)
        text: str = ziamath.Math(ET.tostring(tree, encoding="unicode"), size=size_px).svg()
    except (OverflowError, RecursionError) as error:
        raise ValueError("its parts are nested too deeply") from error
    except Exception as error:  # ziamath raises whatever its parser meets
        raise ValueError("it cannot be set") from error
    return text.encode()


def _tree(latex: str) -> ET.Element:
    return ET.fromstring(library().tex.tex2mml(latex))  # noqa: S314 - made by tex2mml


def _colour_symbols(tree: ET.Element, symbols: Colours) -> None:
    """Colour what is a symbol, larger ones first: ``x'`` is no ``x``."""
    if not symbols:
        return
    wanted = sorted(((_shape(_alone(tex)), colour) for tex, colour in symbols), key=lambda one: -len(one[0]))
    for shape, colour in wanted:
        for part in _alike(tree, shape):
            for leaf in part.iter():
                if len(leaf) == 0 and "mathcolor" not in leaf.attrib:
                    leaf.set("mathcolor", colour)


def _alone(tex: str) -> ET.Element:
    """The symbol itself, out of the rows around it."""
    part = _tree(tex)
    while len(part) == 1:
        part = part[0]
    return part


def _alike(tree: ET.Element, shape: str) -> Iterator[ET.Element]:
    """Parts that are the symbol, with the indices that stand on it."""
    for part in tree.iter():
        if shape in (_shape(part), *_without_indices(part)):
            yield part


def _without_indices(part: ET.Element) -> Iterator[str]:
    """Shapes of what indices stand on; a stroke above may belong to it."""
    if _name(part) in _SCRIPTED:
        yield _shape(part[0])
    if _name(part) == "msubsup":
        yield f"msup({_shape(part[0])}{_shape(part[2])})"


def _shape(part: ET.Element) -> str:
    inside = "".join(map(_shape, part)) or (part.text or "").strip()
    return f"{_name(part)}({inside})"


def _name(part: ET.Element) -> str:
    return part.tag.rpartition("}")[2]


def where(latex: str, size_px: float, colour: str, symbols: Colours) -> tuple[tuple[str, QRectF], ...]:
    """LaTeX of a symbol and the box of one of its letters, in px from the formula's upper left corner."""
    try:
        text = svg(latex, size_px, colour, symbols).decode()
    except ValueError:
        return ()
    tex = {of: name for name, of in symbols}
    corner = QSvgRenderer(QByteArray(text.encode())).viewBoxF().topLeft()
    found = ((tex.get(one[2]), _box(one[1])) for one in _PATH.finditer(text))
    return tuple((name, box.translated(-corner)) for name, box in found if name is not None)


def extent(latex: str, size_px: float, colour: str, symbols: Colours = ()) -> tuple[float, float]:
    """Width and height of a formula in px; 0 where it cannot be set."""
    try:
        box = QSvgRenderer(QByteArray(svg(latex, size_px, colour, symbols))).viewBoxF()
    except ValueError:
        return 0.0, 0.0
    return box.width(), box.height()


def _box(path: str) -> QRectF:
    xs, ys = zip(*((float(x), float(y)) for x, y in _PLACE.findall(path)), strict=True)
    return QRectF(QPointF(min(xs), min(ys)), QPointF(max(xs), max(ys)))


def _work(part: ET.Element, twice: int = 1) -> int:
    """Add up the parts, each for two of the one around it; what is far beyond the bound is not added to its end."""
    total = twice
    for inner in part:
        if total > WORK_MOST:
            break
        total += _work(inner, 2 * twice)
    return total


@cache
def library() -> Any:
    """Load ziamath, which takes 0.1 s the first time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it asks for its fonts in a way that Python has given up
        import ziamath
    # The default, SVG 2 with shared symbols, draws nothing in Qt.
    ziamath.config.svg2 = False
    return ziamath


@lru_cache(maxsize=256)
def picture(
    latex: str, size_px: float, colour: str, ratio: float = 1.0, room_px: float = 0.0, symbols: Colours = ()
) -> QImage:
    """Draw a formula on a transparent ground at device pixel ratio `ratio`; words where it cannot be set.

    Parameters
    ----------
    room_px
        A wider formula is shrunk to this width, to half its size at most; 0 for no limit.
    """
    try:
        renderer = QSvgRenderer(QByteArray(svg(latex, size_px, colour, symbols)))
    except ValueError as error:
        return _words(f"(A formula is not shown: {error}.)", size_px, colour, ratio)
    box = renderer.viewBoxF()
    if max(box.width(), box.height()) > LARGEST_PX:
        return _words("(A formula is not shown: it is too large.)", size_px, colour, ratio)
    scale = ratio * (max(0.5, room_px / box.width()) if 0 < room_px < box.width() else 1.0)
    image = QImage(
        max(1, round(box.width() * scale)),
        max(1, round(box.height() * scale)),
        QImage.Format.Format_ARGB32_Premultiplied,
    )
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, image.width(), image.height()))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


def _words(text: str, size_px: float, colour: str, ratio: float) -> QImage:
    """Draw a sentence in place of a formula."""
    font = QFont()
    font.setPixelSize(max(1, round(size_px)))
    room = QFontMetricsF(font).boundingRect(text)
    image = QImage(
        round((room.width() + 2) * ratio), round((room.height() + 2) * ratio), QImage.Format.Format_ARGB32_Premultiplied
    )
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(QPointF(1 - room.x(), 1 - room.y()), text)
    painter.end()
    return image


def height(latex: str, size_px: float = 16.0) -> float:
    """Height of a formula in px; ``check`` refuses formulas that run away."""
    return float(QSvgRenderer(QByteArray(svg(latex, size_px, "#000000"))).viewBoxF().height())
