"""What the house promises of its rooms: what may be loaded where, and that every value has somebody who draws it."""

import json
import subprocess
import sys
from typing import get_args

import pytest
from PySide6.QtWidgets import QWidget

from explainer.core.charts import Chart
from explainer.core.controls import Kind
from explainer.core.layers import Layer
from explainer.demos.finding import Demos
from explainer.render.chart_view import BODIES
from explainer.render.look import contrast, theme
from explainer.render.painters import PAINTERS
from explainer.shell.editor_table import EDITORS

TORCH = {"torch", "torchvision", "captum"}
QT = {"PySide6", "shiboken6", "pyqtgraph"}
HEAVY = TORCH | QT | {"cv2", "scipy", "skimage", "PIL"}
EVERY_DEMO = "from explainer.demos.finding import Demos; found = Demos(); [d.defaults() for d in found.demos()]; "
ON_GROUNDS = [
    (role, ground) for role in ("text", "muted", "accent", "warning") for ground in ("chrome", "field", "stage")
]


def loaded(code: str) -> set[str]:
    """Top-level packages in a fresh interpreter that has run `code`."""
    tail = "import sys, json; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", code + tail], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


# What may be loaded -------------------------------------------------------------------------------------


def test_the_probe_sees_what_is_loaded() -> None:
    assert {"numpy", "cv2"} <= loaded("import cv2; ")


def test_demos_and_params_load_without_a_heavy_library() -> None:
    code = EVERY_DEMO + "assert found.demos() and not found.problems, found.problems; "
    assert loaded(code) & HEAVY == set()


@pytest.mark.parametrize("module", sorted({type(demo).__module__ for demo in Demos().demos()}))
def test_a_demo_module_alone_loads_without_torch(module: str) -> None:
    assert loaded(f"import {module}; {module}.Params(); ") & HEAVY == set()


def test_the_window_module_loads_without_torch() -> None:
    found = loaded(EVERY_DEMO + "import explainer.shell.main_window; ")
    assert found & TORCH == set()
    assert "PySide6" in found
    assert "pyqtgraph" not in found  # a quarter of a second that the window does not wait for


@pytest.mark.parametrize("room", ["core.result", "runtime.scheduler", "lessons.catalogue"])
def test_rooms_of_values_know_neither_qt_nor_torch(room: str) -> None:
    assert loaded(f"import explainer.{room}; ") & (QT | TORCH) == set()


def test_all_models_are_known_without_torch() -> None:
    assert loaded("from explainer.vision.zoo.zoo import Zoo; assert Zoo().cards(); ") & TORCH == set()


# Everybody is drawn -------------------------------------------------------------------------------------


def test_every_layer_has_a_painter() -> None:
    assert set(PAINTERS) == set(get_args(Layer))


def test_every_chart_has_a_body() -> None:
    assert set(BODIES) == set(get_args(Chart))


def test_every_kind_of_control_has_an_editor() -> None:
    assert set(EDITORS) == set(get_args(Kind))


# Traps of the toolkit -----------------------------------------------------------------------------------


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal and its count says nothing")
@pytest.mark.usefixtures("qapp")
def test_updating_a_widget_loses_no_reference_to_none() -> None:
    """PySide6 6.12.0 drops one with each call; after some thousands the interpreter aborts."""
    widget = QWidget()
    before = sys.getrefcount(None)
    for _ in range(500):
        widget.update()
    assert abs(sys.getrefcount(None) - before) <= 50


# Legible ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(("role", "ground"), ON_GROUNDS)
def test_words_stand_out_from_every_ground(name: str, role: str, ground: str) -> None:
    colours = theme(name)
    assert contrast(getattr(colours, role), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(
    ("role", "ground"), [("accent_text", "accent"), ("text", "accent_soft"), ("text", "warning_soft")]
)
def test_words_stand_out_from_coloured_grounds(name: str, role: str, ground: str) -> None:
    colours = theme(name)
    assert contrast(getattr(colours, role), getattr(colours, ground)) >= 4.5


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)
