"""A small house: demos that compute nothing hard, models of names, three lessons, and the real rooms around them."""

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from PIL import Image as Pil

from explainer.core.charts import Bars, Curve, Series
from explainer.core.controls import ClassIndex, Doc, LayerName, OnPicture, Options, Presses, Range, Resets, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.geometry import CENTRE, BoxXYXY, PointXY, scale_shift
from explainer.core.layers import Boxes, Cells, Heat, Image, Panel
from explainer.core.model_card import LayerCard, ModelCard
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.lessons.catalogue import read_library
from explainer.runtime.engine import Engine
from explainer.runtime.scheduler import Scheduler
from explainer.runtime.session import Session
from explainer.shell.conductor import Conductor
from explainer.shell.main_window import MainWindow
from explainer.shell.model_manager import ModelRow

WAIT_S = 10.0
Mode = Literal["soft", "hard"]
Part = Literal["ears", "eyes", "nose"]
BOX = BoxXYXY(0.25, 0.25, 0.5, 0.75)
GRID = ((0.0, 1 / 9, 0.0), (0.5, 1.0, 0.5))


@dataclass(frozen=True, slots=True)
class Looks:
    radius: Annotated[int, Doc("Radius", "A wider one hides more."), Range(1, 64, unit="px")] = 8
    rate: Annotated[float, Doc("Rate", "How fast."), Range(1e-4, 1.0, log=True)] = 0.01
    share: Annotated[float, Doc("Share"), Range(0.0, 1.0, step=0.05)] = 0.5
    mode: Annotated[Mode, Doc("Mode", "Which way."), Options({"soft": "Soft edge", "hard": "Hard edge"})] = "soft"
    strength: Annotated[float, Doc("Strength"), Range(-2.0, 2.0), When("mode", ("hard",))] = 0.0
    parts: Annotated[tuple[Part, ...], Doc("Parts")] = ("ears",)
    loud: Annotated[bool, Doc("Loud", "Say more.")] = False
    word: Annotated[str, Doc("Word")] = "cat"
    again: Annotated[Presses, Doc("Draw again")] = 0
    kernel: Annotated[tuple[tuple[float, ...], ...], Doc("Kernel"), Range(-2.0, 2.0)] = GRID
    layer: Annotated[LayerName, Doc("Layer")] = "last"
    target: Annotated[ClassIndex, Doc("Class")] = "top-1"
    spot: Annotated[PointXY, OnPicture("input"), Doc("Spot")] = CENTRE


@dataclass(frozen=True, slots=True)
class Boxed:
    box: Annotated[BoxXYXY, OnPicture("input"), Doc("Target", "What is followed."), Resets()] = BOX


@dataclass(frozen=True, slots=True)
class Trained:
    epochs: Annotated[int, Doc("Epochs"), Range(1, 50)] = 3


class Hooked:
    """Mixin: a test may hang a function into `run`."""

    hook = None
    runs = 0

    def enter(self, frame, params, ctx):
        type(self).runs += 1
        if type(self).hook is not None:
            type(self).hook(frame, params, ctx)


def picture_panel(frame, title="Input", layers=()):
    return Panel(title, (float(frame.width), float(frame.height)), (Image("picture", frame.pixels), *layers))


class LooksDemo(Hooked, Demo[Looks]):
    info = DemoInfo(id="looks", title="Looks", topics=(1,))

    def run(self, frame, params, ctx):
        self.enter(frame, params, ctx)
        cell = scale_shift(frame.width / 4, frame.height / 4)
        heat = Heat("map", np.arange(16, dtype=np.float32).reshape(4, 4), 0.0, 15.0, cell)
        cells = Cells("maps", np.zeros((2, 4, 4), np.float32), 2, 0, 1, sets=({"word": "one"}, {"word": "two"}))
        scores = Bars("Scores", ("cat", "dog"), (0.7, 0.2), sets=({"target": "0"}, {"target": "1"}))
        curve = Curve("Fall", (Series("score", np.arange(3.0), np.arange(3.0)),), "share", "score")
        panels = (
            picture_panel(frame), picture_panel(frame, "Map", (heat,)), Panel("Maps", cells.size, (cells,), frame=False)
        )  # fmt: skip
        values = {"radius_px": float(params.radius), "mean": float(frame.pixels.mean())}
        return Result(
            f"Radius **{params.radius}**.",
            values,
            panels,
            (scores, curve),
            {"notes.txt": "n"},
            ("checked",),
            measured={"took_ms": 1.5},
        )


class FollowDemo(Hooked, Demo[Boxed]):
    info = DemoInfo(id="follow", title="Follow", topics=(2,), temporal=True)

    def run(self, frame, params, ctx):
        self.enter(frame, params, ctx)
        count = (ctx.state or 0) + 1
        x0, y0, x1, y1 = params.box
        size = np.array([frame.width, frame.height] * 2)
        panel = picture_panel(frame, layers=(Boxes("box", np.array([[x0, y0, x1, y1]]) * size),))
        first = Panel("Count", (10.0, 10.0), (), frame=False)  # the picture is not the first panel here
        return Result(f"Frame {count}.", {"count": float(count)}, (first, panel), state=count)


class TrainDemo(Hooked, Demo[Trained]):
    info = DemoInfo(id="train", title="Train", topics=(3,), uses_frame=False, uses_model=False)

    def run(self, frame, params, ctx):
        self.enter(frame, params, ctx)
        for epoch in range(params.epochs):
            ctx.checkpoint()
            ctx.progress((epoch + 1) / params.epochs, f"epoch {epoch + 1}")
            ctx.publish(Result("…", {"epoch": float(epoch)}, partial=True, state=epoch))
        return Result("Trained.", {"epoch": float(params.epochs)})


class Demos:
    def __init__(self):
        self.all = (LooksDemo(), FollowDemo(), TrainDemo())

    def demos(self):
        return self.all

    def demo(self, demo_id):
        for one in self.all:
            if one.info.id == demo_id:
                return one
        raise ExplainerError(f"There is no demo called {demo_id}.", "Choose one from the menu.")


def card(name, layers):
    made = tuple(LayerCard(la, f"{la} block", (8, 4, 4)) for la in layers)
    labels = ("cat", "dog", "tiger cat", "hot dog")
    return ModelCard(name, name.title(), "own", "Nothing", 8, 8, (0, 0, 0), (1, 1, 1), "bilinear", made, labels)


class Models:
    """The house's two nets; the second lacks a layer."""

    def __init__(self):
        self.made = {
            c.name: c for c in (card("efficientnet-lite0", ("low", "mid", "top")), card("other", ("low", "top")))
        }

    def cards(self):
        return tuple(self.made.values())

    def card(self, name):
        if name not in self.made:
            raise ExplainerError(f"There is no model called {name}.", "Choose another.")
        return self.made[name]

    @contextmanager
    def lease(self, name, settings):
        yield name

    def device(self, wanted):
        return "cpu"


class ModelManager:
    def rows(self):
        return [
            ModelRow("resnet18", "ResNet-18", "ImageNet", 45.0, here=False),
            ModelRow("other", "Other", "", 1.0, here=True),
        ]

    def architectures(self):
        return ["resnet18"]

    def fetch(self, name, progress, token):
        progress(1.0)

    def add_own(self, file, architecture):
        return "other"

    def devices(self):
        return ("cpu",)

    def threads(self):
        return 1, 1


PLAN = {
    "chapters": [{"number": 1, "title": "First", "topics": [1, 2]}, {"number": 2, "title": "Second", "topics": [3]}],
    "topics": {"1": "Looking", "2": "Following", "3": "Training"},
}
LESSONS = {
    "looks": (1, 1, "Looks", "looks", {"radius": 8},
              "## See\n\n{value:radius_px}, {value:took_ms} ms. [Nine](try:radius=9), [far](try:radius=999).\n\n$x^2$"),
    "hard-looks": (1, 1, "Hard looks", "looks", {"mode": "hard", "layer": "mid"}, "See [the other](lesson:looks)."),
    "follow": (2, 1, "Follow", "follow", {}, "One target."),
    "train": (3, 2, "Train", "train", {}, "Run it."),
}  # fmt: skip


def library(folder):
    folder.mkdir(exist_ok=True)
    (folder / "chapters.json").write_text(json.dumps(PLAN), encoding="utf8")
    (folder / "papers.bib").write_text("", encoding="utf8")
    for name, (topic, chapter, title, demo, preset, body) in LESSONS.items():
        lines = {
            "id": name,
            "topic": topic,
            "chapter": chapter,
            "title": title,
            "demo": demo,
            "preset": json.dumps(preset),
        }
        head = "\n".join(f"{key}: {value}" for key, value in lines.items())
        (folder / f"{name}.md").write_text(f"---\n{head}\n---\n{body}", encoding="utf8")
    made = read_library(folder, folder / "papers.bib")
    assert not made.problems, made.problems
    return made


def photo(path, value=128, size=(64, 48)):
    pixels = np.full((size[1], size[0], 3), value, np.uint8)
    pixels[::4] = 255 - value
    Pil.fromarray(pixels).save(path)
    return str(path)


class House:
    """Everything that a window needs, in a folder of the test's own."""

    def __init__(self, tmp_path):
        for demo in (LooksDemo, FollowDemo, TrainDemo):
            demo.hook, demo.runs = None, 0
        self.folder = tmp_path
        self.pictures = [photo(tmp_path / f"{n}.png", value) for n, value in (("a", 30), ("b", 90), ("c", 150))]
        self.library, self.demos, self.models = library(tmp_path / "lessons"), Demos(), Models()
        self.session = Session(source=self.pictures[0], demo="looks", theme="light")
        self.open = []

    def scheduler(self, emit):
        return Scheduler(Engine(self.models), emit)

    def conductor(self, session=None):
        made = Conductor(self.demos, self.library, self.models, self.scheduler, session or self.session)
        self.open.append(made)
        return made

    def window(self, session=None, *, keeper=None, size=(1280, 800)):
        made = MainWindow(self.conductor(session), ModelManager(), keeper=keeper)
        if not (session and session.geometry):
            made.resize(*size)
        return made

    def close(self):
        for hooked in (LooksDemo, FollowDemo, TrainDemo):
            hooked.hook = None
        for conductor in self.open:
            conductor.close()


class Heard:
    """What a conductor said, by signal."""

    def __init__(self, conductor):
        self.results, self.problems, self.notes, self.playing = [], [], [], []
        conductor.delivered.connect(self.results.append)
        conductor.failed.connect(self.problems.append)
        conductor.noted.connect(self.notes.append)
        conductor.playing_changed.connect(self.playing.append)

    def last(self, name):
        return self.results[-1].result.values.get(name) if self.results else None


class Held:
    """A hook that stops inside `run`, whatever the token says, until it is let go."""

    def __init__(self):
        self.inside, self.free = threading.Event(), threading.Event()

    def __call__(self, frame, params, ctx):
        if not self.inside.is_set():
            self.inside.set()
            assert self.free.wait(WAIT_S)
