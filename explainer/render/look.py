"""Theme, type and colours: everything that is drawn takes them from one `Look`."""

import json
from dataclasses import dataclass, fields
from functools import cache
from typing import Literal

from PySide6.QtGui import QColor, QFont, QFontDatabase

from explainer.core import paths

ThemeName = Literal["light", "dark"]
SIZES = {"fine": 10, "small": 11, "caption": 12, "base": 13, "word": 16, "title": 20}

# Okabe & Ito's set, told apart with the common colour-vision deficiencies too; yellow comes last because
# it is weak on light grounds.
CLASS_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6bb1", "#f0e442")
READ, SEEN = 4.5, 3.0  # least contrast of small text, and of what only has to be seen (WCAG 2.2, 1.4.3 and 1.4.11)


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours by what they are for, as ``#rrggbb``."""

    name: ThemeName
    chrome: str
    field: str
    stage: str
    text: str
    muted: str
    faint: str
    hairline: str
    stage_line: str
    accent: str
    accent_text: str
    accent_soft: str
    bar: str
    track: str
    warning: str
    warning_soft: str
    focus: str
    shadow: str
    symbols: tuple[str, ...]

    def color(self, role: str) -> QColor:
        """`QColor` of a role; ``#rrggbbaa`` is understood."""
        text: str = getattr(self, role)
        if len(text) == 9:
            return QColor("#" + text[7:] + text[1:7])
        return QColor(text)


@cache
def theme(name: str) -> Theme:
    """Read ``resources/themes/<name>.json``."""
    data = json.loads(paths.resource("themes", f"{name}.json").read_text(encoding="utf8"))
    data["symbols"] = tuple(data["symbols"])
    return Theme(**{f.name: data[f.name] for f in fields(Theme)})


@dataclass(frozen=True, slots=True)
class Look:
    """A theme and the user's type scale (1.0; presenter view about 1.8)."""

    theme: Theme
    scale: float = 1.0

    def px(self, length: float) -> int:
        """A length on the 4 px grid, scaled with the type."""
        return max(1, round(length * self.scale))

    def font(self, size: str = "base", *, bold: bool = False, figures: bool = False) -> QFont:
        """Inter; `figures` are tabular, so that numbers that change do not dance."""
        return QFont(_font(max(8, round(SIZES[size] * self.scale)), bold, figures))

    def series_color(self, index: int) -> QColor:
        """Accent for −1, muted for −2, else the class palette."""
        if index == -1:
            return self.theme.color("accent")
        if index == -2:
            return self.theme.color("muted")
        return QColor(CLASS_COLOURS[index % len(CLASS_COLOURS)])

    def mark_color(self, index: int) -> QColor:
        """`series_color` as the ground of white words."""
        return QColor(readable(self.series_color(index).name(), "#ffffff", READ))

    def line_color(self, index: int) -> QColor:
        """`series_color` of a line or a dot on the stage's ground, dark or light enough to be seen there."""
        return QColor(readable(self.series_color(index).name(), self.theme.stage, SEEN))

    def text_color(self, index: int) -> QColor:
        """`series_color` of a word on the stage's ground, dark or light enough to be read there."""
        return QColor(readable(self.series_color(index).name(), self.theme.stage, READ))

    def symbol_color(self, index: int) -> QColor:
        """Colour of the symbol `index` of a formula, wherever it stands: L, α, A, y, then four more."""
        return QColor(self.theme.symbols[index % len(self.theme.symbols)])


def look(theme_name: str = "light", scale: float = 1.0) -> Look:
    """`Look` of a named theme."""
    return Look(theme(theme_name), scale)


@cache
def _font(size_px: int, bold: bool, figures: bool) -> QFont:
    """Made once: finding a font takes a quarter of a millisecond, and each painted panel asks for several."""
    made = QFont(family())
    made.setPixelSize(size_px)
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if figures and hasattr(made, "setFeature"):  # Qt 6.7; it widens the hyphen too, so not for words
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


@cache
def family() -> str:
    """Load the bundled fonts once; needs a running Qt application."""
    families: list[str] = []
    for file in sorted(paths.resource("fonts").glob("Inter-*.ttf")):
        number = QFontDatabase.addApplicationFont(str(file))
        families += QFontDatabase.applicationFontFamilies(number)
    return "Inter" if "Inter" in families else (families or [QFont().family()])[0]


def is_light(colour: QColor) -> bool:
    """Whether black reads better on it than white, by relative luminance (yellow is light, blue is not)."""
    return _luminance(colour.name()) > 0.179


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two ``#rrggbb`` colours, 1…21 (WCAG 2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@cache
def readable(colour: str, ground: str, ratio: float) -> str:
    """`colour`, mixed with as much black, or white on a dark `ground`, as a contrast of `ratio` needs."""
    end = 0 if _luminance(ground) > 0.179 else 255
    channels = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    for step in range(101):
        mixed = "#" + "".join(f"{round(c + (end - c) * step / 100):02x}" for c in channels)
        if contrast(mixed, ground) >= ratio:
            return mixed
    return mixed


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
