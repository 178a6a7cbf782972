"""Thumbnails of lessons and samples: what each is made of, whether it is still that, and how it is made.

``packaging/make_thumbnails.py`` makes them, ``explainer check`` says which are stale, `explainer.render.thumbnails`
shows them.
"""

import ast
import hashlib
import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explainer.commands import bootstrap
from explainer.core import paths, writing
from explainer.core.charts import Chart
from explainer.core.demo import Demo
from explainer.core.frame import Frame
from explainer.core.heroes import main_views, shown_part
from explainer.core.layers import Panel
from explainer.core.params import changed
from explainer.core.problem import ExplainerError, Problem
from explainer.core.result import Result
from explainer.lessons.front_matter import FrontMatter
from explainer.render.thumbnails import SAMPLE_SIZE, SIZE, lesson_file, sample_file
from explainer.sources.opening import open_source, path_of, sample_names

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

VERSION = 1
"""Goes up when all thumbnails are to look different."""
COMMAND = "packaging/make_thumbnails.py"
SAMPLE = "dog"
FRAMES = 40  # of a film, for demos that need motion
NARROW, WIDE = 0.8, 2.2  # shapes outside are shown whole: what is cut off would be most of them
GROUND = "dark"  # tiles are dark in both themes, as photos are
QUALITY = 82


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one thumbnail is made of.

    Parameters
    ----------
    demo
        ``None`` for a sample's own picture.
    params
        Laid over the demo's defaults.
    panel
        Slug of the panel that is shown; "" for the demo's first hero.
    """

    file: str
    sample: str
    demo: Demo[Any] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    panel: str = ""

    @property
    def fingerprint(self) -> str:
        """Changes with whatever the picture may depend on and a person would edit on purpose."""
        parts = (VERSION, SIZE, SAMPLE_SIZE, self.panel, json.dumps(self.params, sort_keys=True), self.sample)
        told = hashlib.sha256(repr(parts).encode())
        told.update(code_of(self.demo) if self.demo is not None else b"")
        path = path_of(f"sample:{self.sample}")
        told.update(path.read_bytes() if path is not None and (self.demo is None or _sees(self.demo)) else b"")
        return told.hexdigest()


def recipes() -> list[Recipe]:
    """One for each lesson, in the order of the book, then one for each sample."""
    plan = json.loads(paths.resource("lessons", "thumbnails.json").read_text(encoding="utf8"))
    lessons = [_of_lesson(head, plan.get(head.id, {})) for head in bootstrap.library().heads]
    return [*lessons, *(Recipe(sample_file(name), name) for name in sample_names())]


def _of_lesson(head: FrontMatter, row: Mapping[str, Any]) -> Recipe:
    demo = bootstrap.demos().demo(head.demo)
    sample = row.get("sample") or demo.info.sample or SAMPLE
    return Recipe(lesson_file(head.id), sample, demo, {**head.preset, **row.get("set", {})}, row.get("panel", ""))


def _sees(demo: Demo[Any]) -> bool:
    return demo.info.uses_frame


@cache
def code_of(demo: Demo[Any]) -> bytes:
    """What the demo's file says, without comments, docstrings and layout."""
    tree = ast.parse(Path(inspect.getfile(type(demo))).read_text(encoding="utf8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body:
            continue
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            body[0] = ast.Pass()
    return ast.dump(tree).encode()


# What is there ------------------------------------------------------------------------------------------


def manifest() -> dict[str, dict[str, Any]]:
    """Rows of the manifest by file; empty where there is none."""
    try:
        rows = json.loads((paths.resource("thumbnails") / "manifest.json").read_text(encoding="utf8"))
    except FileNotFoundError:
        return {}
    return {row["file"]: row for row in rows}


def stale() -> list[Recipe]:
    """Return what has to be made anew: it is not there, or was made of something else."""
    rows, folder = manifest(), paths.resource("thumbnails")
    return [
        one
        for one in recipes()
        if rows.get(one.file, {}).get("made_of") != one.fingerprint or not (folder / one.file).is_file()
    ]


def problems() -> Iterator[str]:
    """Yield what ``explainer check`` says of thumbnails."""
    old = [one.file for one in stale()]
    if old:
        names = ", ".join(old[:6]) + (f" and {len(old) - 6} more" if len(old) > 6 else "")
        yield f"thumbnails: {names} were made of something else than there is now; run {COMMAND}."


# Making -------------------------------------------------------------------------------------------------


def make(one: Recipe) -> dict[str, Any]:
    """Make one thumbnail and return its row for the manifest.

    Raises
    ------
    ExplainerError
        If the demo gives no picture.
    """
    from explainer.render import headless

    image = _of_sample(one) if one.demo is None else _of_result(_result(one), one.panel)
    path = paths.resource("thumbnails") / one.file
    headless.save(image, path, QUALITY)
    source = f"Explainer, {COMMAND}: {one.demo.info.id if one.demo else 'cut out'} on {one.sample}"
    return {
        "file": one.file, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "licence": _licence(one),
        "source": source, "made_of": one.fingerprint,
    }  # fmt: skip


def write_manifest(rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the rows of what is wanted, and take away what is not."""
    folder, files = paths.resource("thumbnails"), [one.file for one in recipes()]
    for path in folder.glob("*.webp"):
        if path.name not in files:
            path.unlink()
    writing.write_json(folder / "manifest.json", [rows[file] for file in files if file in rows])


def _licence(one: Recipe) -> str:
    rows = json.loads((paths.samples() / "manifest.json").read_text(encoding="utf8"))
    path = path_of(f"sample:{one.sample}")
    own = one.demo is not None and not _sees(one.demo)
    return next((r["licence"] for r in rows if not own and path and r["file"] == path.name), "MIT")


def _result(one: Recipe) -> Result:
    from explainer.commands.render import run_one
    from explainer.core.context import Settings

    assert one.demo is not None
    settings = Settings()
    params = changed(one.demo.defaults(), bootstrap.zoo().card(settings.model), **one.params)
    engine, last = bootstrap.engine(), None
    for frame in _frames(one):
        last = run_one(engine, one.demo, params, frame, settings, (frame,))
    if last is None:
        raise ExplainerError(f"sample:{one.sample} has no picture.")
    return last.result


def _frames(one: Recipe) -> Iterator[Frame]:
    from explainer.runtime.engine import NO_FRAME
    from explainer.sources.synthetic import pan

    assert one.demo is not None
    if not _sees(one.demo):
        yield NO_FRAME
        return
    source = open_source(f"sample:{one.sample}")
    if not isinstance(source, Problem) and one.demo.info.temporal and source.kind == "image":
        still = source.at(0)
        source = still if isinstance(still, Problem) else pan(still)
    if isinstance(source, Problem):
        raise ExplainerError(source.what, source.todo)
    for _ in range(FRAMES if one.demo.info.temporal else 1):
        got = source.read()
        if isinstance(got, Frame):
            yield got
    source.close()


def _of_sample(one: Recipe) -> "QImage":
    """The middle of a sample's first picture."""
    from PySide6.QtCore import QSize, Qt
    from PySide6.QtGui import QImage

    source = open_source(f"sample:{one.sample}")
    frame = source if isinstance(source, Problem) else source.read()
    if not isinstance(frame, Frame):
        raise ExplainerError(f"sample:{one.sample} cannot be read.")
    picture = QImage(frame.pixels.data, frame.width, frame.height, 3 * frame.width, QImage.Format.Format_RGB888)
    ways = Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    grown = picture.scaled(QSize(*SAMPLE_SIZE), *ways)
    left, top = (grown.width() - SAMPLE_SIZE[0]) // 2, (grown.height() - SAMPLE_SIZE[1]) // 2
    return grown.copy(left, top, *SAMPLE_SIZE)


def _of_result(result: Result, wanted: str) -> "QImage":
    """The panel or chart that is the point, without title and scale."""
    from explainer.render import headless
    from explainer.render.look import look

    panel = _hero(result, wanted)
    if panel is not None:
        return panel_picture(panel)
    if not result.charts:
        raise ExplainerError("There is neither a panel nor a chart.")
    return headless.chart_image(_chart(result), look(GROUND, 1.2), SIZE)


def _hero(result: Result, wanted: str) -> Panel | None:
    named = next((panel for panel in result.panels if panel.slug == wanted), None)
    heroes = main_views(result).panels
    return named or (result.panels[heroes[0]] if heroes else None)


def _chart(result: Result) -> Chart:
    return result.charts[main_views(result).chart or 0]


def panel_picture(panel: Panel) -> "QImage":
    """Return the part of a panel that is looked at first, filling `SIZE`; what is long and thin is shown whole."""
    from PySide6.QtGui import QImage, QPainter

    from explainer.render import compose, painters
    from explainer.render.look import look
    from explainer.render.view_state import ViewState

    lk, (x0, y0, x1, y1) = look(GROUND, 1.0), shown_part(panel)
    across, down = SIZE[0] / (x1 - x0), SIZE[1] / (y1 - y0)
    fills = NARROW <= (x1 - x0) / (y1 - y0) <= WIDE
    zoom = max(across, down) if fills else min(across, down)
    ground = lk.theme.color("stage")
    size = max(1, round(panel.size[0] * zoom)), max(1, round(panel.size[1] * zoom))
    rgb = compose.raster(panel, size, ViewState(), (ground.red(), ground.green(), ground.blue()))
    picture = QImage(rgb.data, *size, 3 * size[0], QImage.Format.Format_RGB888)
    image = QImage(*SIZE, QImage.Format.Format_RGB32)
    image.fill(ground)
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    painter.translate(SIZE[0] / 2 - zoom * (x0 + x1) / 2, SIZE[1] / 2 - zoom * (y0 + y1) / 2)
    painter.drawImage(0, 0, picture)
    painter.scale(zoom, zoom)
    canvas = painters.Canvas(painter, lk, zoom)
    for layer in panel.layers:
        painters.paint(canvas, layer)
    painter.end()
    return image
