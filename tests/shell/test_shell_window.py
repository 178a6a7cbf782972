"""The window by mouse and key: shortcuts, palette, theme, presenter view, memory, names for screen readers."""

import gc
from dataclasses import replace

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QColor, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QToolButton,
    QWidget,
)  # fmt: skip
from shell_fakes import Held, LooksDemo, TrainDemo

from explainer.render import panel_view
from explainer.render.panel_view import PanelView
from explainer.runtime.keeping import take_place
from explainer.runtime.session import Session
from explainer.shell import actions, panes
from explainer.shell.dialogs import KeysDialog, ModelsDialog
from explainer.shell.palette_dialog import Entry, PaletteDialog, ranked
from explainer.shell.source_bar import short_name, told_apart

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


def idle(qtbot, window):
    qtbot.waitUntil(lambda: window.conductor.scheduler.idle.is_set())
    qtbot.wait(5)


def shown_panels(window):
    return [w for w in window.stage.findChildren(PanelView) if w.isVisible()]


def press(widget, key, modifiers=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(widget, key, modifiers)


def focus(qtbot, window, widget):
    window.activateWindow()
    widget.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() in (widget, widget.focusProxy()))
    return QApplication.focusWidget()


class Acted:
    """Counts how often each action was triggered."""

    def __init__(self, window):
        self.names = []
        for name, action in window.actions.items():
            action.triggered.connect(lambda _=False, name=name: self.names.append(name))


# Params, handles, links, clicks -------------------------------------------------------------------------


def test_moving_a_control_reruns_and_shows(window, qtbot):
    window.controls.editor("radius").slider.setValue(20)
    qtbot.waitUntil(lambda: "21" in window.stage.head.sheet.reading.text())
    assert window.conductor.params.radius == 21
    window.lesson.open_sections(fold.section.anchor for fold in window.lesson.parts.folds)
    assert window.lesson.text().find("21") >= 0 or window.lesson._timer.isActive()


def test_the_lesson_prints_what_was_measured(window, qtbot):
    window.lesson.open_sections(fold.section.anchor for fold in window.lesson.parts.folds)
    qtbot.waitUntil(lambda: "1.5 ms" in window.lesson.text())


def test_a_link_in_the_lesson_moves_the_control_and_the_result(window, qtbot):
    window.lesson._follow(QUrl("try:radius=9"))
    assert window.controls.editor("radius").box.value() == 9
    qtbot.waitUntil(lambda: window.heard.last("radius_px") == 9)
    qtbot.waitUntil(lambda: "**9**" in window.stage.head.sheet.reading.text())


def test_a_link_that_asks_too_much_is_said_in_the_strip(window, qtbot):
    window.lesson._follow(QUrl("try:radius="))
    window.lesson._follow(QUrl("try:"))
    assert "sets nothing" in window.strip.note.text()
    window.lesson._follow(QUrl("try:radius=999"))
    assert window.strip.note.text() == "radius must lie between 1 and 64, not 999."
    assert window.conductor.params.radius == 8


def test_a_link_to_a_lesson_opens_it(window):
    window.lesson._follow(QUrl("lesson:hard-looks"))
    assert window.conductor.lesson.id == "hard-looks"
    assert window.conductor.params.mode == "hard"
    assert window.catalogue.tree.currentItem().text(0) == "Hard looks"


def test_a_drag_of_a_handle_is_one_step_of_undo(window, qtbot):
    view = shown_panels(window)[0]
    port = view._graphics.viewport()
    start = view._box.mapViewToScene(QPointF(32, 24)).toPoint()
    QTest.mousePress(port, LEFT, pos=start)
    for step in range(1, 9):
        QTest.mouseMove(port, start + QPoint(5 * step, 0))
    QTest.mouseRelease(port, LEFT, pos=start + QPoint(40, 0))
    assert window.conductor.params.spot.x > 0.52
    window.conductor.undo()
    assert window.conductor.params.spot == (0.5, 0.5)
    assert not window.conductor.history.can_undo


def test_a_click_on_a_tile_sets_the_param(window, qtbot):
    view = shown_panels(window)[2]
    at = view._box.mapViewToScene(QPointF(6.5, 2)).toPoint()
    QTest.mouseClick(view._graphics.viewport(), LEFT, pos=at)
    assert window.conductor.params.word == "two"


def test_opacity_runs_nothing(window, qtbot, monkeypatch):
    idle(qtbot, window)
    runs, composed = LooksDemo.runs, []
    real = panel_view.raster
    monkeypatch.setattr(panel_view, "raster", lambda *a: composed.append(a[2].opacity) or real(*a))
    for value in (10, 20, 90):
        window.controls._opacity.setValue(value)
    idle(qtbot, window)
    assert LooksDemo.runs == runs
    assert set(composed) == {0.1, 0.2, 0.9}


# Palette and dialogs ------------------------------------------------------------------------------------


def in_dialog(kind, act):
    """Run `act` once a dialog of this kind is open; return what to look at afterwards."""
    seen = []

    def look():
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, kind):
            QTimer.singleShot(5, look)
            return
        seen.append(type(dialog))
        try:
            act(dialog)
        except BaseException:  # else the dialog would stay open and the test would hang
            dialog.reject()
            raise

    QTimer.singleShot(0, look)
    return seen


def test_ctrl_k_finds_and_runs(window, qtbot):
    focus(qtbot, window, window.stage)

    def act(dialog):
        assert dialog.field.hasFocus() or dialog.focusWidget() is dialog.field
        QTest.keyClicks(dialog.field, "hard")
        QTest.keyClick(dialog.field, Key.Key_Return)

    seen = in_dialog(PaletteDialog, act)
    press(window.stage, Key.Key_K, CTRL)
    assert seen == [PaletteDialog]
    assert window.conductor.lesson.id == "hard-looks"


def test_escape_closes_the_palette_and_nothing_is_left_of_it(window, qtbot):
    for _ in range(3):
        seen = in_dialog(PaletteDialog, lambda dialog: QTest.keyClick(dialog.field, Key.Key_Escape))
        window.actions["palette"].trigger()
        assert seen
    qtbot.wait(5)
    assert window.findChildren(QDialog) == []
    assert window.conductor.lesson.id == "looks"


def test_arrows_choose_in_the_palette(qtbot):
    ran = []
    entries = [Entry(name, "demo", lambda name=name: ran.append(name)) for name in ("One", "Two", "Three")]
    from explainer.render.look import look

    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = PaletteDialog(parent, look("light"), entries)
    for key in (Key.Key_Down, Key.Key_Down, Key.Key_Down, Key.Key_Up):
        QTest.keyClick(dialog.field, key)
    QTest.keyClick(dialog.field, Key.Key_Return)
    assert ran == ["Two"]


def test_the_palette_ranks_beginnings_of_titles_first():
    entries = [Entry("Search demos", "x", print), Entry("Demo", "y", print), Entry("Other", "demo", print)]
    assert [e.title for e in ranked(entries, "demo")] == ["Demo", "Search demos", "Other"]
    assert [e.title for e in ranked(entries, "other")] == ["Other"]
    assert ranked(entries, "zebra") == []
    assert ranked(entries, "") == entries


def test_all_keys_are_listed(window, qtbot):
    from PySide6.QtWidgets import QLabel

    texts = []

    def act(dialog):
        texts.extend(label.text() for label in dialog.findChildren(QLabel))
        dialog.reject()

    in_dialog(KeysDialog, act)
    window.actions["keys"].trigger()
    for spec in actions.SPECS:
        assert spec.label in texts
        assert " or ".join(spec.keys) in texts


def test_a_network_that_was_kept_meanwhile_is_in_the_menu_when_it_opens(window):
    made, menu = window.conductor.models.made, window.bar.model.menu()
    made["trained"] = replace(made["other"], name="trained", title="Trained here", tier="trained")
    menu.aboutToShow.emit()
    assert any(action.text().startswith("Trained here") for action in menu.actions())


def test_a_model_that_is_here_is_used(window, qtbot):
    def act(dialog):
        dialog.filter.setText("oth")
        assert dialog.act.text() == "Use"
        dialog.act.click()

    seen = in_dialog(ModelsDialog, act)
    window.actions["models"].trigger()
    assert seen
    assert window.conductor.settings.model == "other"
    assert window.bar.model.text().strip() == "Other"


# Source -------------------------------------------------------------------------------------------------


def test_a_picture_is_pasted(window, qtbot):
    image = QImage(32, 24, QImage.Format.Format_RGB32)
    image.fill(QColor(9, 8, 7))
    QGuiApplication.clipboard().setImage(image)
    window.actions["paste"].trigger()
    qtbot.waitUntil(lambda: window.heard.results[-1].frame.width == 32)
    assert tuple(window.heard.results[-1].frame.pixels[3, 3]) == (9, 8, 7)
    QGuiApplication.clipboard().clear()
    window.actions["paste"].trigger()
    assert window.strip.note.text() == "There is no picture on the clipboard."


def test_a_file_is_dropped(window, house, qtbot):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(house.pictures[2])])
    drop = QDropEvent(
        QPointF(400, 300), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier, QDropEvent.Type.Drop
    )
    window.dropEvent(drop)
    qtbot.waitUntil(lambda: window.conductor.source_spec == house.pictures[2])
    assert window.bar.title.text() == "c.png"


def test_next_picture_of_the_folder(window, house, qtbot):
    window.actions["next-picture"].trigger()
    qtbot.waitUntil(lambda: window.conductor.source_spec == house.pictures[1])
    window.actions["previous-picture"].trigger()
    qtbot.waitUntil(lambda: window.conductor.source_spec == house.pictures[0])


def test_a_file_is_asked_for(window, house, qtbot, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (house.pictures[1], ""))
    window.actions["open"].trigger()
    qtbot.waitUntil(lambda: window.conductor.source_spec == house.pictures[1])
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(house.folder))
    window.actions["open-folder"].trigger()
    qtbot.waitUntil(lambda: window.conductor.opened.kind == "folder")
    qtbot.waitUntil(lambda: "1 of 3" in window.bar.title.text())


def test_a_broken_file_is_a_card_over_the_last_picture(window, house, qtbot):
    broken = house.folder / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n no picture")
    window.conductor.open(str(broken))
    qtbot.waitUntil(window.stage.problem.isVisible)
    assert "broken.png" in window.stage.problem._what.text()
    assert len(shown_panels(window)) == 3
    assert not window.stage.empty.isVisible()
    assert window.conductor.source_spec == house.pictures[0]


def test_with_no_source_at_all_the_stage_offers_some(house, qtbot):
    window = house.window(Session(source=str(house.folder / "gone.png"), demo="looks", theme="light"))
    qtbot.addWidget(window)
    window.show()
    window.start()
    qtbot.waitUntil(window.stage.problem.isVisible)
    assert window.stage.empty.isVisible()
    window.stage.empty.picked.emit(house.pictures[0])
    qtbot.waitUntil(lambda: window.stage.result is not None)
    assert not window.stage.empty.isVisible()
    assert not window.stage.problem.isVisible()


def test_the_bar_shows_what_makes_sense_for_the_source(window, qtbot):
    assert not window.bar.play.isVisible()
    assert not window.bar.scrub.isVisible()
    window.conductor.open("synthetic:square")
    qtbot.waitUntil(lambda: window.conductor.opened.kind == "synthetic")
    assert window.bar.play.isVisible()


def test_a_training_run_can_be_paused_from_the_bar(window, house, qtbot):
    held = Held()
    TrainDemo.hook = held
    window.conductor.choose_demo("train")
    assert held.inside.wait(5)
    assert window.bar.play.isVisible()
    window.bar.play.click()
    assert window.conductor.scheduler.paused
    window.conductor.open(house.pictures[1])  # it goes on undisturbed, and so does the button
    qtbot.waitUntil(lambda: window.conductor.source_spec == house.pictures[1])
    assert window.bar.play.isVisible()
    window.bar.play.click()
    held.free.set()
    qtbot.waitUntil(lambda: window.heard.last("epoch") == 3)


def test_names_of_sources_in_the_menu():
    assert short_name("sample:cat") == "Sample: cat"
    assert short_name("camera:1") == "Camera 1"
    assert short_name("/a/b/c.png") == "c.png"
    assert short_name("/a/b/c.png#stretch") == "c.png, stretched"
    assert told_apart(["/a/sea/1.png", "/a/hills/1.png", "/a/hills/2.png", "camera:0"]) == [
        "1.png, in sea", "1.png, in hills", "2.png", "Camera 0",
    ]  # fmt: skip


# Busy, theme, presenter view ----------------------------------------------------------------------------


def test_a_long_run_shows_a_line_and_keeps_the_picture(window, qtbot):
    idle(qtbot, window)
    assert not window.stage.busy
    held = Held()
    LooksDemo.hook = held
    window.conductor.set_params({"radius": 30})
    qtbot.waitUntil(lambda: window.stage.busy)
    assert len(shown_panels(window)) == 3
    held.free.set()
    qtbot.waitUntil(lambda: not window.stage.busy)


def test_escape_stops_a_long_run_and_the_last_picture_stays(window, qtbot):
    idle(qtbot, window)
    held = Held()
    LooksDemo.hook = held
    window.conductor.set_params({"radius": 31})
    qtbot.waitUntil(lambda: window.stage.busy)
    QTest.keyClick(window.stage, Qt.Key.Key_Escape)
    assert not window.stage.busy
    held.free.set()
    idle(qtbot, window)
    assert window.heard.last("radius_px") == 8
    assert len(shown_panels(window)) == 3
    window.conductor.restart()
    qtbot.waitUntil(lambda: window.heard.last("radius_px") == 31)


def test_heroes_that_were_chosen_are_remembered(window, house, qtbot):
    window.stage.choose(2)
    assert window.remembered().view["heroes"] == {"looks": [2]}
    again = house.window(window.remembered())
    qtbot.addWidget(again)
    assert again.stage.chosen == {"looks": (2,)}


def test_the_theme_goes_round_and_reaches_every_part(window, qtbot):
    assert window.look.theme.name == "light"
    seen = []
    for _ in range(3):
        window.actions["theme"].trigger()
        window.dressing.finish()
        seen.append((window.appearance.theme, window.look.theme.name))
        for part in (
            window.catalogue,
            window.stage,
            window.lesson,
            window.bar,
            *shown_panels(window),
            *window.stage.board.charts,
        ):
            assert part.look.theme.name == window.look.theme.name
    assert [name for name, _ in seen] == ["dark", "system", "light"]
    assert seen[0][1] == "dark"
    assert seen[2][1] == "light"
    window.actions["theme"].trigger()
    window.dressing.finish()
    stage = window.stage.grab().toImage().pixelColor(2, window.stage.height() // 2)
    assert stage == window.look.theme.color("stage")
    assert stage.lightness() < 90


def test_type_grows_and_shrinks_within_bounds(window):
    for start, action, expected in ((1.3, "larger", [1.5, 1.8, 1.8]), (1.0, "smaller", [0.85, 0.85])):
        window.appearance.scale = start
        scales = []
        for _ in expected:
            window.actions[action].trigger()
            scales.append(window.look.scale)
        assert scales == expected


def test_a_demo_without_pictures_shows_no_pictures_name_and_no_model(window, qtbot):
    window.resize(1280, 800)
    bar = window.bar
    parts = (bar.source, bar.title, bar.previous, bar.next, bar.camera, bar.model)
    assert all(part.isVisible() for part in parts)
    window.conductor.choose_demo("train")
    assert not any(part.isVisible() for part in parts)
    assert bar.play.isVisible()  # a training run can be stopped
    window.conductor.choose_demo("looks")
    assert all(part.isVisible() for part in parts)
    assert bar.title.text().startswith("a.png")


def test_the_presenter_view_is_the_stage_in_large_type_and_leaves_no_trace(window, qtbot):
    before = window.stage.width()
    window.set_presenting(True)
    qtbot.wait(10)
    large = window.look.scale
    assert large == round(1.8 * window.height() / 1080, 2)
    assert not (
        window.bar.isVisible() or window.catalogue.isVisible() or window.right.isVisible() or window.strip.isVisible()
    )
    assert window.stage.width() > before
    window.actions["theme"].trigger()
    assert window.look.scale == large
    assert window.look.theme.name == "dark"
    window.set_presenting(False)
    qtbot.wait(10)
    assert window.look.scale == 1.0
    assert window.catalogue.isVisible()
    assert window.right.isVisible()
    assert window.strip.isVisible()
    assert window.stage.width() == before


def test_escape_ends_the_presenter_view(window, qtbot):
    press(window.stage, Key.Key_F5)
    assert window.appearance.presenting
    press(window.stage, Key.Key_Escape)
    assert not window.appearance.presenting
    assert not window.isFullScreen()


def test_panes_fold_away_by_key(window, qtbot):
    width = window.stage.width()
    press(window.stage, Key.Key_F8)
    press(window.stage, Key.Key_F9)
    qtbot.wait(10)
    assert window.stage.width() > width + 400
    press(window.stage, Key.Key_F7)
    assert window.right.isVisible()
    press(window.stage, Key.Key_F8)
    assert window.catalogue.isVisible()


def test_at_1280_by_800_the_stage_takes_sixty_per_cent(window):
    assert (window.width(), window.height()) == (1280, 800)
    assert window.stage.width() >= 0.6 * 1280


@pytest.mark.parametrize("size", [(1024, 700), (1280, 800), (1920, 1080)])
def test_no_text_of_the_bar_is_cut(window, qtbot, size):
    window.resize(*size)
    qtbot.wait(10)
    for button in window.bar.findChildren(QToolButton):
        if button.isVisible():
            assert button.width() >= button.sizeHint().width() - 1, button.accessibleName()
            assert window.bar.rect().contains(button.geometry())


# Memory -------------------------------------------------------------------------------------------------


def test_what_was_open_is_found_again(house, qtbot, monkeypatch):
    monkeypatch.setattr(panes, "BETWEEN", 0)  # so that all three panes fit a window as small as this screen
    first = house.window(keeper=take_place(house.folder / "settings"))
    qtbot.addWidget(first)
    first.show()
    first.start()
    qtbot.waitUntil(lambda: first.stage.result is not None)
    first.conductor.open(house.pictures[1])
    qtbot.waitUntil(lambda: first.conductor.source_spec == house.pictures[1])
    first.conductor.set_params({"radius": 40})
    first.conductor.choose_model("other")
    first.actions["larger"].trigger()
    first.actions["theme"].trigger()
    first.dressing.finish()
    first.resize(798, 700)  # Qt restores no window that is larger than the screen
    first.split.setSizes([175, 300, 323])
    qtbot.wait(10)
    size, sizes = first.size(), first.split.sizes()
    first.close()
    opening = take_place(house.folder / "settings").opening()
    saved = opening.session
    assert (opening.offered, opening.problem, opening.remark) == (None, None, "")
    second = house.window(saved)
    qtbot.addWidget(second)
    second.show()
    qtbot.wait(10)
    assert second.size() == size
    assert second.split.sizes() == sizes
    assert second.look.theme.name == "dark"
    assert second.look.scale == 1.15
    assert second.conductor.demo.info.id == "looks"
    assert second.conductor.params.radius == 40
    assert second.conductor.settings.model == "other"
    assert second.conductor.source_spec == house.pictures[1]
    assert saved.recent == (house.pictures[1], house.pictures[0])
    second.start()
    qtbot.waitUntil(lambda: second.stage.result is not None)
    assert [a.text() for a in second.bar.source.menu().actions()].count("b.png") == 1


def test_folded_panes_come_back_with_their_usual_width(house, qtbot, monkeypatch):
    monkeypatch.setattr(panes, "BETWEEN", 0)  # so that all three panes fit a window as small as this screen
    first = house.window()
    qtbot.addWidget(first)
    first.show()
    first.set_presenting(True)
    qtbot.wait(5)
    second = house.window(first.remembered())
    qtbot.addWidget(second)
    second.show()
    qtbot.wait(5)
    assert second.split.sizes()[0] > second.catalogue.minimumWidth()  # 0 px, as saved, would leave only these
    assert second.split.sizes()[2] >= second.right.minimumWidth()


def test_the_name_of_a_picture_is_shown_letter_by_letter(window):
    name = "R&D &lt;<i>.png"
    plain, rich = Qt.TextFormat.PlainText, Qt.TextFormat.RichText
    for position, text, kind in (("", name, plain), ("1 of 3", "R&amp;D &amp;lt;&lt;i&gt;.png <span", rich)):
        window.bar._set_title(name, position)
        assert window.bar.title.text().startswith(text)
        assert window.bar.title.textFormat() == kind


def test_a_broken_geometry_is_no_fault(house, qtbot):
    for geometry in ("%%%", "AAAA|1,2", "|a,b,c", "|²,300,3", f"|300,{'9' * 15},300", "x" * 50):
        window = house.window(Session(geometry=geometry, demo="looks", source=house.pictures[0]))
        qtbot.addWidget(window)
        window.show()
        assert window.stage.width() > 300


def test_what_was_frozen_is_let_go_when_the_window_closes(window, qtbot):
    """Libraries written in C++ complain at the end of the program about objects that nobody collected."""
    qtbot.waitUntil(lambda: bool(window.heard.results))
    assert gc.get_freeze_count() > 0
    assert gc.isenabled()
    window.close()
    assert gc.get_freeze_count() == 0


def test_a_window_that_is_closed_while_it_starts_starts_nothing(house, qtbot):
    made = house.window()
    qtbot.addWidget(made)
    made.show()
    made.start()
    made.close()
    qtbot.wait(50)
    assert made.conductor.opened is None
    assert not made.starting.timer.isActive()


def test_a_window_that_was_closed_before_it_was_painted_starts_nothing(house, qtbot):
    made = house.window()
    qtbot.addWidget(made)
    made.close()
    made.start()
    assert not made.starting.timer.isActive()


def test_garbage_is_looked_for_again_even_if_the_first_result_cannot_be_drawn(window, qtbot, monkeypatch):
    gc.disable()
    window.starting._ended = False

    def refuse(*_args, **_kwargs):
        raise RuntimeError("cannot be drawn")

    monkeypatch.setattr(window.stage, "show_result", refuse)
    with qtbot.captureExceptions() as raised:
        window.conductor.set_params({"radius": window.conductor.params.radius + 1})
        qtbot.waitUntil(lambda: bool(raised))
    assert gc.isenabled()


def test_a_theme_is_put_on_in_portions(window, monkeypatch):
    """Between them events are answered; the window is painted anew once, when all are done."""
    worn = []
    for part in (window.bar, window.stage, window.lesson):
        original = part.set_look
        monkeypatch.setattr(part, "set_look", lambda look, o=original, p=part: (worn.append(p), o(look)))
    window.actions["theme"].trigger()
    assert not worn
    assert not window.updatesEnabled()
    QApplication.processEvents()
    assert len(worn) <= 1
    window.dressing.finish()
    assert len(worn) == 3
    assert window.updatesEnabled()


@pytest.mark.parametrize("steps", [0, 5])
def test_panes_fold_in_a_narrow_window_and_come_back(window, qtbot, steps):
    for _ in range(steps):
        window.actions["larger"].trigger()
    window.dressing.finish()
    window.resize(640, 480)
    assert (window.width(), window.height()) == (640, 480)
    assert window.minimumSizeHint().width() <= 640
    assert not window.catalogue.isVisible()
    window.actions["left-pane"].trigger()
    assert window.catalogue.isVisible()
    inside = [p for p in (window.catalogue, window.stage, window.right, window.bar.present) if p.isVisible()]
    assert all(part.mapTo(window, part.rect().bottomRight()).x() < 640 for part in inside)
    window.resize(1900, 900)
    assert all(part.isVisible() for part in (window.catalogue, window.stage, window.right))


def test_presenting_fits_a_small_projector(window, qtbot):
    window.set_presenting(True)
    window.dressing.finish()
    window.resize(1024, 768)
    assert window.width() == 1024
    assert window.presenter.dock.isVisible()
    assert window.rect().contains(window.presenter.dock.geometry())
    assert window.stage.width() >= 800
    window.set_presenting(False)
    window.dressing.finish()
    window.resize(1280, 800)
    assert window.catalogue.isVisible()


def test_charts_that_wait_for_their_turn_can_be_drawn_at_once(window, monkeypatch):
    results, drawn = window.showing.results, []
    monkeypatch.setattr(results, "paint_again", lambda: drawn.append("again"))
    results.catch_up()
    assert not drawn
    results._charts_timer.start(100_000)
    results.catch_up()
    results.catch_up()
    assert drawn == ["again"]
