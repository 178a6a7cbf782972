"""``explainer render``: run a demo on a source and write pictures, arrays, documents and numbers."""

import argparse
import os
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from explainer import stopping
from explainer.commands import bootstrap, render_play
from explainer.commands.prefetch import prefetch
from explainer.core import writing
from explainer.core.charts import Chart, chart_slug
from explainer.core.context import Settings
from explainer.core.controls import Control
from explainer.core.demo import Demo
from explainer.core.frame import Frame
from explainer.core.heroes import aspect
from explainer.core.layers import Arrows, Boxes, Cells, Heat, Image, Label, Layer, Lines, Mask, Panel, Points, slug
from explainer.core.numerals import is_whole
from explainer.core.problem import ExplainerError, Problem
from explainer.core.result import Result
from explainer.core.source import Source
from explainer.core.unsuitable import Unsuitable
from explainer.core.words import printable
from explainer.runtime.engine import NO_FRAME, Engine, Job
from explainer.runtime.events import Failed, Finished
from explainer.runtime.frames import SourceFrames
from explainer.runtime.summary import summary
from explainer.runtime.token import JobToken
from explainer.sources.opening import open_source
from explainer.sources.synthetic import pan

TEMPORAL_FRAMES = 60
PANEL_WIDTH, CHART_SIZE = 720, (560, 320)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``render``."""
    parser.add_argument("demo", metavar="ID")
    parser.add_argument("--source", metavar="FILE", help="file, folder or camera:N; by default the demo's own sample")
    parser.add_argument("--size", type=bootstrap.size_of, metavar="WxH", help="of one panel or chart")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--frames", type=_positive, metavar="N", help="frames of a video to run over")
    parser.add_argument("--video", action="store_true", help="write video.mp4 over the whole file")
    render_play.add_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    bootstrap.add_set_argument(parser)
    bootstrap.add_session_arguments(parser)


@dataclass(frozen=True, slots=True)
class Run:
    """What is asked for, resolved."""

    demo: Demo[Any]
    params: Any
    settings: Settings
    source: str
    size: tuple[int, int] | None
    theme: str
    out: Path


def run(args: argparse.Namespace) -> int:
    """Render and write; one line on stdout says where."""
    demo = bootstrap.demo_of(args.demo)
    one = render_play.asked(args, demo)
    settings = bootstrap.settings_of(args)
    params = bootstrap.params_of(demo, args.values, bootstrap.zoo().card(settings.model))
    source = f"sample:{demo.info.sample or 'cat'}" if args.source is None else args.source
    task = Run(demo, params, settings, source, args.size, args.theme, args.out)
    writing.make_folder(args.out)
    with closing(_Pictures(task)) as pictures:
        if one is not None:
            task, finished = _played(task, one, pictures, args)
        else:
            finished = _over_video(task, pictures, args.frames) if args.video else _last(task, pictures, args.frames)
    write(task, finished, pictures.notes)
    print(f"{demo.info.title}: {args.out}")
    over_film = args.video and one is None  # one picture of a film that does not suit says nothing of the rest
    return 0 if over_film else _suited(finished.result.unsuitable)


def _suited(found: Unsuitable | None) -> int:
    """Say on stderr why what was written means nothing, and which samples would suit; the exit code."""
    if found is None:
        return 0
    samples = " or ".join(f"sample:{one.value}" for one in found.offers if one.kind == "sample")
    print(f"{found.sentence} Try {samples}." if samples else found.sentence, file=sys.stderr)
    return 1


# Running ------------------------------------------------------------------------------------------------


class _Pictures:
    """The frames a demo is to see: a still, a video, or a pan over a still for a temporal demo."""

    def __init__(self, task: Run) -> None:
        self._source: Source | None = _opened(task) if task.demo.info.uses_frame else None
        self._notes: dict[str, None] = {}  # in the order in which they came

    @property
    def notes(self) -> list[str]:
        """What was said of the pictures so far, each remark once."""
        return list(self._notes)

    def __iter__(self) -> Iterator[Frame]:
        if self._source is None:
            yield NO_FRAME
            return
        read = 0
        while (got := self._source.read()) is not None:
            if isinstance(got, Problem):
                self._give_up(got, read)
                return
            read += 1
            self._notes |= dict.fromkeys(got.notes)
            yield got

    def _give_up(self, problem: Problem, read: int) -> None:
        """After `read` pictures no further one comes: what came before counts, unless that is nothing."""
        if not read or (self._source is not None and self._source.kind == "camera"):
            raise ExplainerError(problem.what, problem.todo, problem.details)
        self._notes |= {problem.what: None}
        print(f"explainer: {problem.sentence}", file=sys.stderr)

    @property
    def fps(self) -> float:
        return self._source.fps if self._source is not None else 0.0

    @property
    def count(self) -> int | None:
        return self._source.count if self._source is not None else None

    def close(self) -> None:
        if self._source is not None:
            self._source.close()


def _opened(task: Run) -> Source:
    source = open_source(task.source)
    if isinstance(source, Problem):
        raise ExplainerError(source.what, source.todo, source.details)
    if task.demo.info.temporal and source.kind == "image":
        with closing(source):
            frame = source.at(0)
        if isinstance(frame, Problem):
            raise ExplainerError(frame.what, frame.todo, frame.details)
        return pan(frame)
    return source


def _last(task: Run, pictures: _Pictures, frames: int | None) -> Finished:
    """Run over the first N frames and keep the last result; a demo without memory needs only one."""
    count = frames or (TEMPORAL_FRAMES if task.demo.info.temporal else 1)
    newest = deque(_results(task, islice(pictures, count)), maxlen=1)
    if not newest:
        raise ExplainerError(f"{task.source} has no picture.", "Choose another source.")
    return newest[0]


def _results(task: Run, frames: Iterator[Frame]) -> Iterator[Finished]:
    engine = bootstrap.engine(bootstrap.kept_runs(finished=False), bootstrap.ZooNetworks(at_once=True))
    with closing(SourceFrames(lambda: open_source(task.source))) as every:
        for frame in frames:
            yield run_one(engine, task.demo, task.params, frame, task.settings, every)


def run_one(
    engine: Engine, demo: Demo[Any], params: Any, frame: Frame, settings: Settings, frames: Sequence[Frame] = ()
) -> Finished:
    """Run one job in this thread.

    Raises
    ------
    ExplainerError
        If the demo failed.
    Stopped
        If a signal came.
    """
    token = JobToken()
    with stopping.telling(token.cancel):
        outcome = engine.run(Job(0, demo, params, frame, settings, frames), token, lambda _event: None)
    if isinstance(outcome, Failed):
        raise ExplainerError(outcome.problem.what, outcome.problem.todo, outcome.problem.details)
    if outcome is None:  # nobody else cancels here
        raise stopping.Stopped
    return outcome


def _over_video(task: Run, pictures: _Pictures, frames: int | None) -> Finished:
    """Write ``video.mp4`` of the demo over all frames, with constant memory."""
    from explainer.commands.film import Film
    from explainer.commands.film_times import keep_times

    finished, times_s, fps = None, [], pictures.fps or 25.0
    with Film(task.out / "video.mp4", fps, task.theme, task.size) as film:
        # The next picture is computed while the last one is drawn and written.
        for finished in prefetch(_results(task, islice(pictures, frames))):
            stopping.check()
            film.add(finished.result)
            times_s.append(finished.frame.time_s)
            _say_progress(film.count, frames or pictures.count)
    if finished is None:
        raise ExplainerError(f"{task.source} has no picture.", "Choose another source.")
    if pictures.fps:
        keep_times(task.out / "video.mp4", times_s, fps)
    return finished


def _played(task: Run, one: Control, pictures: _Pictures, args: argparse.Namespace) -> tuple[Run, Finished]:
    """Play a param on the first picture; what is written beside it belongs to the last value."""
    frame = next(iter(pictures), None)
    if frame is None:
        raise ExplainerError(f"{task.source} has no picture.", "Choose another source.")
    engine = bootstrap.engine(bootstrap.kept_runs(finished=False), bootstrap.ZooNetworks(at_once=True))
    with closing(SourceFrames(lambda: open_source(task.source))) as every:
        asked: list[Any] = []

        def once(params: Any) -> Finished:
            asked[:] = [params]
            return run_one(engine, task.demo, params, frame, task.settings, every)

        fps = args.fps or render_play.FPS
        take = render_play.Take(task.demo, task.params, one, once, task.theme, task.size, args.seconds, fps)
        if args.video:
            finished = take.film(task.out / "video.mp4", _say_progress)
        else:
            finished = take.pictures(task.out, _say_progress)
    return replace(task, params=asked[0]), finished


def _say_progress(count: int, total: int | None) -> None:
    if sys.stderr.isatty():
        print(f"\r{count} of {total or '?'} frames", end="", file=sys.stderr)


# Writing ------------------------------------------------------------------------------------------------


def write(task: Run, finished: Finished, notes: Sequence[str] = ()) -> None:
    """Write everything of a finished run into ``task.out``.

    Raises
    ------
    ExplainerError
        If the folder cannot be written or the disk is full.
    """
    from explainer.commands.offscreen import application
    from explainer.render import headless
    from explainer.render.look import look

    application()
    result, lk = finished.result, look(task.theme)
    for number, panel in enumerate(result.panels):
        stopping.check()
        image = headless.panel_image(panel, lk, task.size or panel_size(panel))
        headless.save(image, task.out / f"panel-{number}-{panel.slug}.png")
    for number, chart in enumerate(result.charts):
        stopping.check()
        image = headless.chart_image(chart, lk, task.size or CHART_SIZE)
        headless.save(image, task.out / f"chart-{number}-{chart_slug(chart)}.png")
    with writing.written(task.out / "arrays.npz", _check_arrays) as file, file.open("wb") as stream:
        np.savez_compressed(stream, **arrays(result))  # type: ignore[arg-type]
    for name, text in result.documents.items():
        writing.write_text(task.out / Path(name).name, text)
    writing.write_json(task.out / "result.json", summary_of(task, finished, notes))


def _check_arrays(file: Path) -> None:
    """Read every array's checksum back."""
    with ZipFile(file) as arrays_in:
        if arrays_in.testzip() is not None:
            raise writing.CutOffError("arrays.npz could not be written whole.", "Check the disk.")


def panel_size(panel: Panel) -> tuple[int, int]:
    """Size of a panel's picture when none is asked for: 720 px wide, within reason."""
    from explainer.render.measures import HEADER

    height = round(PANEL_WIDTH / aspect(panel)) + HEADER
    return PANEL_WIDTH, min(1440, max(120, height))


def summary_of(task: Run, finished: Finished, notes: Sequence[str] = ()) -> dict[str, Any]:
    """Return what ``result.json`` holds."""
    found = summary(task.demo.info.id, task.params, finished)
    model = task.settings.model if task.demo.info.uses_model else None
    found |= {"source": task.source, **exact_bytes(task.source), "model": model, "threads": bootstrap.threads()}
    return {**found, "notes": list(dict.fromkeys((*notes, *found["notes"])))}


def exact_bytes(source: str) -> dict[str, str]:
    """Return ``source_bytes``, the name with percent signs as in an address, where text cannot hold it exactly."""
    if printable(source) == source:
        return {}
    return {"source_bytes": quote_from_bytes(os.fsencode(source))}


def arrays(result: Result) -> dict[str, NDArray[Any]]:
    """Each layer's raw array under ``<panel>/<layer>``, and the model's input where there is one."""
    found: dict[str, NDArray[Any]] = {}
    for panel in result.panels:
        for layer in panel.layers:
            for name, array in _arrays_of(layer).items():
                found[f"{panel.slug}/{slug(layer.name)}{name}"] = array
    for chart in result.charts:
        for name, array in _numbers_of(chart).items():
            found[f"{chart_slug(chart)}/{name}"] = array
    if result.input is not None:
        found["input"] = result.input
    return found


def _arrays_of(layer: Layer) -> dict[str, NDArray[Any]]:
    match layer:
        case Image():
            return {"": layer.pixels}
        case Heat() | Mask() | Cells():
            return {"": np.asarray(layer.values)}
        case Boxes():
            return {"": layer.xyxy}
        case Points():
            return {"": layer.xy}
        case Lines():
            return {f"-{i}": path for i, path in enumerate(layer.paths)}
        case Arrows():
            return {"": np.concatenate([layer.start, layer.end], axis=1)}
        case Label():
            return {"": np.array(layer.xy)}


def _numbers_of(chart: Chart) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    for series in getattr(chart, "series", ()):
        found[slug(series.name) or "series"] = np.stack([series.x, series.y])
    for name in ("values", "counts", "edges", "xy"):
        if hasattr(chart, name):
            found[name] = np.asarray(getattr(chart, name))
    return found


def _positive(text: str) -> int:
    if not is_whole(text) or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number, 1 or more")
    return int(text)
