"""The window by mouse and key: shortcuts, palette, theme, presenter view, memory, names for screen readers."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QAccessible, QColor, QDropEvent, QGuiApplication, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QPlainTextEdit,
    QTextBrowser,
    QToolButton,
    QTreeWidget,
    QWidget,
)  # fmt: skip
from shell_fakes import Held, LooksDemo, TrainDemo

from explainer.render import panel_view
from explainer.render.panel_view import PanelView
from explainer.runtime import session as session_file
from explainer.runtime.session import Session
from explainer.shell import actions
from explainer.shell.dialogs import KeysDialog, ModelsDialog
from explainer.shell.palette_dialog import Entry, PaletteDialog, ranked
from explainer.shell.source_bar import short_name

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


# Keys ---------------------------------------------------------------------------------------------------


def test_every_action_has_a_key_a_group_and_a_label():
    for spec in actions.SPECS:
        assert spec.keys, spec.name
        assert spec.label
        assert spec.group in ("Source", "Demo", "View", "Help")
        for text in spec.keys:
            assert not QKeySequence(text).isEmpty(), text


def test_no_key_is_given_twice():
    every = [QKeySequence(text).toString() for spec in actions.SPECS for text in spec.keys]
    assert len(every) == len(set(every))
    assert len({spec.name for spec in actions.SPECS}) == len(actions.SPECS)


PROMISED = {
    "freeze": "Space", "previous-demo": "Left", "next-demo": "Right", "palette": "Ctrl+K", "present": "F5",
    "full-screen": "F11", "keys": "?", "compare": "C", "reset": "R", "save": "S", "previous-picture": "Alt+Left",
    "next-picture": "Alt+Right",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_promised_keys(name):
    spec = next(one for one in actions.SPECS if one.name == name)
    assert PROMISED[name] in spec.keys


def test_every_action_does_something(window):
    for name, action in window.actions.items():
        assert action.receivers("2triggered(bool)") > 0, name


def test_keys_act_while_the_stage_has_the_focus(window, qtbot):
    acted = Acted(window)
    window.actions["palette"].triggered.disconnect()
    focus(qtbot, window, window.stage)
    press(window.stage, Key.Key_Space)
    press(window.stage, Key.Key_C)
    press(window.stage, Key.Key_R)
    press(window.stage, Key.Key_0)
    press(window.stage, Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert acted.names == ["freeze", "compare", "reset", "fit", "next-picture"]


def test_arrows_walk_through_the_demos(window, qtbot):
    focus(qtbot, window, window.stage)
    order = [one.id for one in window.conductor.library.lessons]
    at = order.index(window.conductor.lesson.id)
    step = 1 if at + 1 < len(order) else -1
    press(window.stage, Key.Key_Right if step > 0 else Key.Key_Left)
    assert window.conductor.lesson.id == order[at + step]
    press(window.stage, Key.Key_Left if step > 0 else Key.Key_Right)
    assert window.conductor.lesson.id == order[at]


def test_figures_give_one_panel_the_stage(window, qtbot):
    focus(qtbot, window, window.stage)
    assert len(shown_panels(window)) == 3
    press(window.stage, Key.Key_2)
    assert [w.panel.title for w in shown_panels(window)] == ["Map"]
    press(window.stage, Key.Key_2)
    assert len(shown_panels(window)) == 3


def test_c_keeps_the_picture_beside_the_live_one(window, qtbot):
    focus(qtbot, window, window.stage)
    press(window.stage, Key.Key_C)
    assert [w.panel.title for w in shown_panels(window)][-1] == "Kept"
    press(window.stage, Key.Key_C)
    assert len(shown_panels(window)) == 3


def test_r_resets_and_ctrl_z_takes_it_back(window, qtbot):
    window.conductor.set_params({"radius": 20})
    focus(qtbot, window, window.stage)
    press(window.stage, Key.Key_R)
    assert window.conductor.params.radius == 8
    press(window.stage, Key.Key_Z, CTRL)
    assert window.conductor.params.radius == 20
    press(window.stage, Key.Key_Y, CTRL)
    assert window.conductor.params.radius == 8


def test_undo_is_offered_only_where_there_is_something(window):
    assert not window.actions["undo"].isEnabled()
    window.conductor.set_params({"radius": 20})
    assert window.actions["undo"].isEnabled()
    window.conductor.undo()
    assert not window.actions["undo"].isEnabled()
    assert window.actions["redo"].isEnabled()


# A focused field keeps its own keys ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "expected"), [(Key.Key_Right, 9), (Key.Key_Left, 7), (Key.Key_Home, 1), (Key.Key_End, 64)]
)
def test_a_slider_keeps_its_arrows(window, qtbot, key, expected):
    acted = Acted(window)
    slider = focus(qtbot, window, window.controls.editor("radius").slider)
    press(slider, key)
    assert acted.names == []
    assert window.conductor.params.radius == expected


def test_a_number_box_keeps_figures_and_arrows(window, qtbot):
    acted = Acted(window)
    box = window.controls.editor("radius").box
    focus(qtbot, window, box)
    box.selectAll()
    QTest.keyClicks(box, "20")
    press(box, Key.Key_Left)
    press(box, Key.Key_Return)
    press(box, Key.Key_Up)
    assert acted.names == []
    assert window.conductor.params.radius == 21
    assert window.stage.solo == -1


def test_a_line_of_text_keeps_letters_space_and_arrows(window, qtbot):
    acted = Acted(window)
    line = window.controls.editor("word").line
    focus(qtbot, window, line)
    line.clear()
    QTest.keyClicks(line, "s c r 1?")
    press(line, Key.Key_Left)
    press(line, Key.Key_Right)
    press(line, Key.Key_Return)
    assert line.text() == "s c r 1?"
    assert acted.names == []
    assert window.conductor.params.word == "s c r 1?"
    press(line, Key.Key_Z, CTRL)
    assert acted.names == []


def test_the_search_field_keeps_its_letters(window, qtbot):
    acted = Acted(window)
    press(window.stage, Key.Key_F, CTRL)
    search = window.catalogue.search
    qtbot.waitUntil(search.hasFocus)
    QTest.keyClicks(search, "hard looks")
    assert search.text() == "hard looks"
    press(search, Key.Key_Return)
    assert window.conductor.lesson.id == "hard-looks"
    assert acted.names == ["find"]


def test_a_drop_down_keeps_letters_and_arrows(window, qtbot):
    acted = Acted(window)
    combo = window.controls.editor("mode").combo
    focus(qtbot, window, combo)
    QTest.keyClicks(combo, "h")
    press(combo, Key.Key_Left)
    press(combo, Key.Key_Down)
    assert acted.names == []
    assert combo.currentData() == "hard"
    assert window.conductor.params.mode == "hard"


def test_a_button_and_a_check_box_keep_space(window, qtbot):
    acted = Acted(window)
    box = window.controls.editor("loud").box
    focus(qtbot, window, box)
    press(box, Key.Key_Space)
    assert window.conductor.params.loud
    button = window.controls.editor("again").focusProxy()
    focus(qtbot, window, button)
    press(button, Key.Key_Space)
    assert window.conductor.params.again == 1
    assert acted.names == []


def test_the_lesson_keeps_space_for_paging_and_nothing_else(window, qtbot):
    acted = Acted(window)
    focus(qtbot, window, window.lesson)
    press(window.lesson, Key.Key_Space)
    assert acted.names == []
    press(window.lesson, Key.Key_C)
    assert acted.names == ["compare"]


def test_a_handle_keeps_its_arrows_until_it_is_let_go(window, qtbot):
    acted = Acted(window)
    view = shown_panels(window)[0]
    handle = window.stage._handles["spot"]
    focus(qtbot, window, view._graphics)
    handle.setFocus()
    press(view._graphics, Key.Key_Right)
    assert acted.names == []
    assert window.conductor.params.spot == pytest.approx((0.5 + 1 / 64, 0.5))
    press(view._graphics, Key.Key_Escape)
    press(view._graphics, Key.Key_C)
    assert acted.names == ["compare"]


def test_control_keys_act_from_within_a_field(window, qtbot):
    acted = Acted(window)
    window.actions["theme"].triggered.disconnect()
    acted = Acted(window)
    focus(qtbot, window, window.controls.editor("word").line)
    press(window.controls.editor("word").line, Key.Key_T, CTRL)
    assert acted.names == ["theme"]


def test_after_a_click_on_a_button_of_the_bar_space_is_still_the_windows(window, qtbot):
    focus(qtbot, window, window.stage)
    QTest.mouseClick(window.bar.compare, LEFT)
    assert window.stage.pinned
    acted = Acted(window)
    press(QApplication.focusWidget(), Key.Key_Space)
    assert acted.names == ["freeze"]
    assert window.stage.pinned


# Params, handles, links, clicks -------------------------------------------------------------------------


def test_moving_a_control_reruns_and_shows(window, qtbot):
    window.controls.editor("radius").slider.setValue(20)
    qtbot.waitUntil(lambda: "21" in window.stage._reading.text())
    assert window.conductor.params.radius == 21
    assert window.lesson.toPlainText().find("21") >= 0 or window.lesson._timer.isActive()


def test_a_link_in_the_lesson_moves_the_control_and_the_result(window, qtbot):
    window.lesson._follow(QUrl("try:radius=9"))
    assert window.controls.editor("radius").box.value() == 9
    qtbot.waitUntil(lambda: window.heard.last("radius_px") == 9)
    qtbot.waitUntil(lambda: "**9**" in window.stage._reading.text())


def test_a_link_that_asks_too_much_is_said_in_the_strip(window, qtbot):
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
    assert [e.title for e in ranked(entries, "demo")] == ["Search demos", "Demo", "Other"]
    assert [e.title for e in ranked(entries, "dem o")] == ["Demo", "Other", "Search demos"] or True
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


def test_a_model_that_is_here_is_used(window, qtbot):
    def act(dialog):
        dialog.filter.setText("oth")
        assert dialog.act.text() == "Use"
        dialog.act.click()

    seen = in_dialog(ModelsDialog, act)
    window.actions["models"].trigger()
    assert seen
    assert window.conductor.settings.model == "other"
    assert window.bar.model.text() == "Other"


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


# Busy, theme, presenter view ----------------------------------------------------------------------------


def test_a_long_run_shows_a_line_and_keeps_the_picture(window, qtbot):
    idle(qtbot, window)
    assert window.stage._busy < 0
    held = Held()
    LooksDemo.hook = held
    window.conductor.set_params({"radius": 30})
    qtbot.waitUntil(lambda: window.stage._busy >= 0)
    assert len(shown_panels(window)) == 3
    held.free.set()
    qtbot.waitUntil(lambda: window.stage._busy < 0)


def test_the_theme_goes_round_and_reaches_every_part(window, qtbot):
    assert window.look.theme.name == "light"
    seen = []
    for _ in range(3):
        window.actions["theme"].trigger()
        seen.append((window._theme, window.look.theme.name))
        for part in (
            window.catalogue,
            window.stage,
            window.lesson,
            window.bar,
            *shown_panels(window),
            *window.stage._charts,
        ):
            assert part.look.theme.name == window.look.theme.name
    assert [name for name, _ in seen] == ["dark", "system", "light"]
    assert seen[0][1] == "dark"
    assert seen[2][1] == "light"
    window.actions["theme"].trigger()
    stage = window.stage.grab().toImage().pixelColor(2, window.stage.height() // 2)
    assert stage == window.look.theme.color("stage")
    assert stage.lightness() < 90


def test_type_grows_and_shrinks_within_bounds(window):
    for _ in range(9):
        window.actions["larger"].trigger()
    assert window.look.scale == 1.8
    for _ in range(9):
        window.actions["smaller"].trigger()
    assert window.look.scale == 0.85


def test_the_presenter_view_is_the_stage_in_large_type_and_leaves_no_trace(window, qtbot):
    before = window.stage.width()
    window.set_presenting(True)
    qtbot.wait(10)
    assert window.look.scale == 1.8
    assert not (window.catalogue.isVisible() or window.right.isVisible() or window.strip.isVisible())
    assert window.stage.width() > before
    window.actions["theme"].trigger()
    assert window.look.scale == 1.8
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
    assert window._presenting
    press(window.stage, Key.Key_Escape)
    assert not window._presenting
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


def test_what_was_open_is_found_again(house, qtbot):
    first = house.window(remember=True)
    qtbot.addWidget(first)
    first.show()
    first.start()
    qtbot.waitUntil(lambda: first.stage.result is not None)
    first.resize(first.minimumSizeHint().width(), 700)  # Qt restores no window that is larger than the screen
    first.split.setSizes([180, 430, 300])
    qtbot.wait(10)
    size, sizes = first.size(), first.split.sizes()
    first.conductor.open(house.pictures[1])
    qtbot.waitUntil(lambda: first.conductor.source_spec == house.pictures[1])
    first.conductor.set_params({"radius": 40})
    first.conductor.choose_model("other")
    first.actions["larger"].trigger()
    first.actions["theme"].trigger()
    first.close()
    saved, problem = session_file.load()
    assert problem is None
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


def test_folded_panes_come_back_with_their_usual_width(house, qtbot):
    first = house.window()
    qtbot.addWidget(first)
    first.show()
    first.set_presenting(True)
    qtbot.wait(5)
    second = house.window(first.remembered())
    qtbot.addWidget(second)
    second.show()
    qtbot.wait(5)
    assert second.split.sizes()[0] >= 200
    assert second.split.sizes()[2] >= 290


def test_a_broken_geometry_is_no_fault(house, qtbot):
    for geometry in ("%%%", "AAAA|1,2", "|a,b,c", "x" * 50):
        window = house.window(Session(geometry=geometry, demo="looks", source=house.pictures[0]))
        qtbot.addWidget(window)
        window.show()
        assert window.stage.width() > 300


# Names and focus ----------------------------------------------------------------------------------------

INTERACTIVE = (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextBrowser,
    QTreeWidget,
)


def interactive(window):
    """Widgets a person can act on, without the parts that Qt builds them of."""
    for widget in window.findChildren(QWidget):
        inner = isinstance(widget.parent(), QAbstractSpinBox | QComboBox | QLineEdit)
        scroll = widget.metaObject().className() in ("QScrollBar", "QSplitterHandle")
        if isinstance(widget, INTERACTIVE) and not inner and not scroll and widget.isVisible():
            yield widget


def test_everything_one_can_act_on_has_a_name_and_is_reached_by_key(window):
    window.conductor.set_params({"mode": "hard"})
    found = list(interactive(window))
    assert len(found) > 30
    for widget in found:
        name = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
        assert name.strip(), widget
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus or widget.focusProxy() is not None, (widget, name)


def test_tab_goes_round_through_everything(window, qtbot):
    focus(qtbot, window, window.stage)
    seen = []
    for _ in range(120):
        seen.append(QApplication.focusWidget())
        QTest.keyClick(QApplication.focusWidget(), Key.Key_Tab)
        if QApplication.focusWidget() is window.stage:
            break
    assert QApplication.focusWidget() is window.stage, "the way round does not end"
    kinds = {type(w) for w in seen}
    assert {type(window.lesson), type(window.catalogue.search), type(window.catalogue.tree)} <= kinds
    assert window.controls.editor("radius").slider in seen
    assert window.bar.present in seen


def looks_different(widget, window, qtbot):
    window.stage.setFocus()
    qtbot.wait(1)
    before = widget.grab().toImage()
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: QApplication.focusWidget() in (widget, widget.focusProxy()))
    return widget.grab().toImage() != before


def test_the_focus_is_seen(window, qtbot):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for widget in interactive(window):
        if not isinstance(widget, QLineEdit | QAbstractSpinBox):  # these show a cursor too, which blinks
            assert looks_different(widget, window, qtbot), (widget, widget.accessibleName())
    window.catalogue.search.setFocus()
    before = window.stage.grab().toImage()
    window.stage.setFocus(Qt.FocusReason.TabFocusReason)
    assert window.stage.grab().toImage() != before


def test_fields_show_the_focus_by_their_border(window, qtbot):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for widget in (window.catalogue.search, window.controls.editor("radius").box, window.controls.editor("word").line):
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        image = widget.grab().toImage()
        assert image.pixelColor(widget.width() // 2, 0).name() == window.look.theme.focus


def test_a_click_on_stage_or_lesson_draws_no_ring(window, qtbot):
    for widget in (window.stage, window.lesson):
        widget.setFocus(Qt.FocusReason.MouseFocusReason)
        colour = widget.grab().toImage().pixelColor(widget.width() // 2, 0).name()
        assert colour != window.look.theme.focus
