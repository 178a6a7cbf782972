"""The real window, offscreen, on tiny pictures, in the hands of somebody who does anything.

A case is a window that starts with a session (spoiled in half of the cases), `ACTIONS` things that a person may do,
and an orderly end. ``EXPLAINER_MONKEY`` sets another number of actions.
"""

import json
import os
import sys
import threading
from functools import cache

import numpy as np
from fuzz_sessions import spoiled_file
from fuzzing import limited
from judging import shown
from mutations import spoiled, text, value
from PIL import Image

LIMITS = limited(cpu_s=400.0, memory_mb=3000)
ACTIONS = int(os.environ.get("EXPLAINER_MONKEY", "50"))
SIZES = ((640, 480), (800, 600), (1024, 768), (1280, 800), (1920, 1080), (2560, 1440), (640, 1200), (2000, 480))
TURNS = 6
WAIT_MS = 60_000
LEFT_ALONE = frozenset(("quit", "open", "open-folder", "save"))  # they end the window, or open what the system draws
KEYS = (
    "Right", "Left", "Up", "Down", "Space", "Return", "Escape", "Tab", "Backtab", "Delete", "Home", "End", "PageUp",
    "PageDown", "Plus", "Minus",
)  # fmt: skip
raised = []


def prepare(_folder):
    """One application; dialogs are closed by themselves, browsers and the system's dialogs are not opened."""
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QDesktopServices
    from PySide6.QtWidgets import QApplication, QFileDialog

    from explainer.commands import offscreen

    app = offscreen.application()
    QDesktopServices.openUrl = staticmethod(lambda _url: True)
    for name in ("getOpenFileName", "getSaveFileName"):
        setattr(QFileDialog, name, staticmethod(lambda *_a, **_k: ("", "")))
    QFileDialog.getExistingDirectory = staticmethod(lambda *_a, **_k: "")
    sys.excepthook = lambda kind, error, trace: raised.append(error)
    closing = QTimer(app, interval=30)
    closing.timeout.connect(_close_dialogs)
    closing.start()
    assert QApplication.instance() is app


def _close_dialogs():
    from PySide6.QtWidgets import QApplication

    for widget in (QApplication.activePopupWidget(), QApplication.activeModalWidget()):
        if widget is not None:
            widget.close()


def case(draw, folder):
    """Open, act, close; then look at what was kept."""
    from PySide6.QtWidgets import QApplication

    raised.clear()
    _pictures(draw, folder)
    settings = folder / "settings"
    settings.mkdir()
    if draw.random() < 0.5:
        (settings / "session.json").write_bytes(spoiled_file(draw))
    window, keeper = _opened(folder, settings)
    done = []
    try:
        for _ in range(ACTIONS):
            act = draw.choice(ACTS)
            done.append(act.__name__)
            act(draw, window, folder)
            _settled(window)
    except BaseException as error:
        error.add_note(f"after {done}")
        raise
    finally:
        window.memory.now()
        window.close()
        for _ in range(TURNS):
            QApplication.processEvents()
    left = [t.name for t in threading.enumerate() if t.name.startswith("explainer")]
    assert not window.isVisible()
    assert left == [], left
    _kept(keeper.path)
    window.deleteLater()
    _no_error(done)


def _opened(folder, settings):
    from PySide6.QtWidgets import QApplication

    from explainer.commands.window import known, make_window
    from explainer.runtime.keeping import take_place
    from explainer.runtime.session import replace

    keeper = take_place(settings)
    opening = keeper.opening()
    session = replace(opening.session, source=str(folder / "1.png"), settings=known(opening.session.settings))
    session = replace(session, settings=replace(session.settings, model=known(session.settings).model, threads=1))
    window = make_window(session, keeper=keeper)
    window.resize(1280, 800)
    window.show()
    window.memory.offer(opening.offered)
    window.start()
    QApplication.processEvents()
    return window, keeper


def _pictures(draw, folder):
    for number in range(1, 4):
        pixels = np.random.default_rng(number).integers(0, 256, (40, 30 + 10 * number, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    (folder / "broken.png").write_bytes(spoiled(draw, (folder / "1.png").read_bytes()))
    (folder / "<img src=x>.jpg").write_bytes(b"no picture")


# Invariants ---------------------------------------------------------------------------------------------


def _settled(window):
    from PySide6.QtWidgets import QApplication

    for _ in range(TURNS):
        QApplication.processEvents()
    _no_error([])
    _inside(window)


def _no_error(done):
    if raised:
        error = raised[0]
        error.add_note(f"raised within the event loop, after {done}")
        raise error


def _inside(window):
    """Nothing of the window asks for more room than it has."""
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QWidget

    assert window.minimumSizeHint().width() <= 640, window.minimumSizeHint()
    panes = window.panes
    for part in panes.findChildren(QWidget, options=_direct()):
        if part.isVisible():
            corner = part.mapTo(window, QPoint(part.width(), part.height()))
            name = f"{type(part).__name__} {part.objectName()}"
            assert corner.x() <= window.width() + 1, (name, corner, window.size())
            assert corner.y() <= window.height() + 1, (name, corner, window.size())


def _direct():
    from PySide6.QtCore import Qt

    return Qt.FindChildOption.FindDirectChildrenOnly


def _kept(path):
    from explainer.runtime.session import load

    session, problem = load(path)
    assert problem is None, problem
    json.dumps(dict(session.params))
    shown(session.demo)


# What a person does -------------------------------------------------------------------------------------


def press_key(draw, window, _folder):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    target = QApplication.focusWidget() or window
    modifier = draw.choice((Qt.KeyboardModifier.NoModifier,) * 3 + (Qt.KeyboardModifier.ShiftModifier,))
    if draw.random() < 0.5:
        QTest.keyClick(target, getattr(Qt.Key, f"Key_{draw.choice(KEYS)}"), modifier)
    else:
        QTest.keyClicks(target, draw.choice("0123456789abcmrsx[]?+-.,"))


def trigger(draw, window, _folder):
    name = draw.choice([name for name in window.actions if name not in LEFT_ALONE])
    window.actions[name].trigger()


@cache
def _clickable():
    from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QLineEdit

    return QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QLineEdit


def click(draw, window, _folder):
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    kinds = _clickable()
    parts = [p for kind in kinds for p in window.findChildren(kind) if p.isVisible() and p.isEnabled()]
    parts = [part for part in parts if part.width() > 0 and part.height() > 0]
    if parts:
        part = draw.choice(parts)
        target = part.viewport() if hasattr(part, "viewport") else part
        spot = QPoint(draw.randrange(max(1, target.width())), draw.randrange(max(1, target.height())))
        QTest.mouseClick(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, spot)


def drag_on_the_stage(draw, window, _folder):
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    views = [view for view in window.stage.board.panels if view.isVisible()] or [window.stage]
    view = draw.choice(views)
    target = view._graphics.viewport() if hasattr(view, "_graphics") else view
    spots = [QPoint(draw.randrange(max(1, target.width())), draw.randrange(max(1, target.height()))) for _ in range(4)]
    button, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mousePress(target, button, plain, spots[0])
    for spot in spots[1:]:
        QTest.mouseMove(target, spot)
    QTest.mouseRelease(target, button, plain, spots[-1])


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def _brought(draw, folder):
    from PySide6.QtCore import QMimeData, QUrl
    from PySide6.QtGui import QImage

    data, way = QMimeData(), draw.randrange(6)
    if way == 0:
        data.setUrls([QUrl.fromLocalFile(str(folder / name)) for name in draw.sample(_names(folder), 2)])
    elif way == 1:
        data.setText(text(draw).replace("camera:", "camera "))
    elif way == 2:
        data.setImageData(QImage(draw.randrange(1, 30), draw.randrange(1, 30), draw.choice(list(QImage.Format)[4:20])))
    elif way == 3:
        data.setData("image/png", spoiled(draw, b"\x89PNG\r\n\x1a\n" + draw.randbytes(60)))
    elif way == 4:
        data.setData("text/uri-list", b"file://" + draw.randbytes(9) + b"\r\nhttps://a.invalid/x.png")
    else:
        data.setText(str(folder / draw.choice(_names(folder))))
    return data


def drop(draw, window, folder):
    window.doors.drop(_brought(draw, folder))


def paste(draw, window, folder):
    from PySide6.QtGui import QGuiApplication

    QGuiApplication.clipboard().setMimeData(_brought(draw, folder))
    window.actions["paste"].trigger()


def open_source(draw, window, folder):
    known = [str(folder), "synthetic:square", "sample:cat", *(str(folder / name) for name in _names(folder))]
    window.conductor.open(draw.choice([*known, f"{folder / '1.png'}#stretch"]))


def other_demo(draw, window, _folder):
    window.conductor.choose_demo(draw.choice(window.conductor.catalogue.demos()).info.id)


def other_lesson(draw, window, _folder):
    window.conductor.choose_lesson(draw.choice(window.conductor.library.heads).id)


def other_values(draw, window, _folder):
    from explainer.contract.cases import cases

    conductor = window.conductor
    controls = conductor.demo.controls()
    if controls:
        one = draw.choice(controls)
        allowed = cases(one, conductor.card, getattr(conductor.params, one.name))
        given = draw.choice(allowed) if allowed and draw.random() < 0.8 else value(draw, 2)
        conductor.set_params({one.name: given})


def resize(draw, window, _folder):
    window.resize(*draw.choice(SIZES))


def present(_draw, window, _folder):
    window.actions["present"].trigger()


def scale(draw, window, _folder):
    window.actions[draw.choice(("larger", "smaller", "smaller"))].trigger()


def stretch(_draw, window, _folder):
    window.doors.stretch()


def undo(draw, window, _folder):
    for _ in range(draw.randrange(1, 5)):
        window.actions[draw.choice(("undo", "undo", "redo"))].trigger()


def lose_a_file(draw, _window, folder):
    path = folder / draw.choice(("1.png", "2.png", "3.png"))
    if path.exists():
        path.unlink()
    else:
        Image.new("RGB", (20, 20), "teal").save(path)


def wait_for_a_result(_draw, window, _folder):
    from PySide6.QtTest import QTest

    QTest.qWait(120)
    assert window.conductor.scheduler is not None


def save(draw, window, folder):
    from explainer.shell import saving

    if window.stage.result is not None:
        shown(saving.save(window.stage, folder / draw.choice(("out.png", "out.jpg", "gone/out.png"))))


ACTS = (
    press_key, press_key, press_key, trigger, trigger, click, click, click, click, drag_on_the_stage,
    drag_on_the_stage, drop,
    paste, open_source, other_demo, other_demo, other_lesson, other_values, other_values, other_values, resize, resize,
    present, scale, stretch, undo, lose_a_file, wait_for_a_result, save,
)  # fmt: skip
