"""The stage: the point of the result in words and as large as it goes, the rest around it."""

from __future__ import annotations  # names of types that are loaded later

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from explainer.core.controls import Control
from explainer.core.frame import Frame as Picture
from explainer.core.problem import Problem
from explainer.core.result import Result
from explainer.render.look import Look
from explainer.render.measures import KEYED
from explainer.render.view_state import ViewState
from explainer.shell import motion
from explainer.shell.allotment.captions import widened
from explainer.shell.allotment.search import allot
from explainer.shell.allotment.shapes import Allotment, ChartShape, Wanted
from explainer.shell.cards import EmptyStage, ProblemCard
from explainer.shell.stage import expecting, views
from explainer.shell.stage.board import Board
from explainer.shell.stage.busy import BusyChip, BusyLine
from explainer.shell.stage.handling import HandleBoard
from explainer.shell.stage.head import Head, Way
from explainer.shell.stage.measured import measures_of
from explainer.shell.stage.skeleton import Skeleton
from explainer.shell.stage.tabs import ChartTabs
from explainer.shell.stage.veils import DropLight, Frame, Glide, Veil
from explainer.shell.unsuitable_card import UnsuitableCard

WIDE_WINDOW, WIDER, WIDEST = 1600, 1.25, 1.8
"""From that many px on, by how much, and to what type scale at most the stage grows with the window."""


class Stage(QWidget):
    """Shows results and keeps the last good one; before there is one, shows what will come.

    Signals
    -------
    picked(dict)
        Params that a clicked item sets.
    handled(str, object, bool)
        A handle moved: param name, value, whether the drag goes on.
    offered(Offer)
        A way on was chosen where a picture or network does not suit the demo.
    """

    picked = Signal(object)
    handled = Signal(str, object, bool)
    offered = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._worn = self.look = look
        self.view = ViewState()
        self.result: Result | None = None
        self.solo = self._solo_chart = -1
        self.mirrored = self.presenting = False
        self.paint_ms = 0.0
        self.chosen: dict[str, tuple[int, ...]] = {}
        self._demo = ""
        self._seen: dict[str, expecting.Expected] = {}
        self._expected: expecting.Expected | None = None
        self._layout: Allotment | None = None
        self._arranged: tuple[Any, ...] = ()
        self._charts: tuple[ChartShape, ...] = ()  # shapes of the charts that are shown
        self._headline = 0
        self._tab = 0
        self._busy = self._keyed = self._anyway = False
        self._player: QWidget | None = None
        self._strip: QWidget | None = None
        self._skeleton = Skeleton()
        self._make_parts(look)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Stage")
        self.setMinimumSize(120, 160)

    def _make_parts(self, look: Look) -> None:
        self.head = Head(look, self)
        self.board = Board(look, self)
        self.board.picked.connect(self.picked)
        self.board.clicked.connect(self._clicked)
        self.board.pointed.connect(self._point)
        self.handles = HandleBoard(look, self.handled.emit)
        self.tabs = ChartTabs(look, self)
        self.tabs.chosen.connect(self._choose_tab)
        self.veil = Veil(look, self)
        self.frame = Frame(look, self)
        self.line, self.chip = BusyLine(look, self), BusyChip(look, self)
        self.unsuitable = UnsuitableCard(look, self)
        self.unsuitable.offered.connect(self.offered)
        self.unsuitable.anyway.connect(self.show_anyway)
        self.problem = ProblemCard(look, self)
        self.empty = EmptyStage(look, self)
        self.glide = Glide(self)
        self.light = DropLight(look, self)

    # What it wears --------------------------------------------------------------------------------------

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        self._worn = look
        self._dress()
        self._arrange()
        self.update()

    def set_presenting(self, on: bool, title: str = "") -> None:
        """Give the heroes more room, since an audience looks: no film, one chart, the demo's `title` above all."""
        self.presenting = on
        self.head.set_title(title if on else "")
        self._arrange()

    def _dress(self) -> None:
        """Put the look on; in a wide window the stage is larger with it."""
        wide = self.window().width() >= WIDE_WINDOW and not self.presenting
        scale = self._worn.scale
        self.look = replace(self._worn, scale=max(scale, min(scale * WIDER, WIDEST)) if wide else scale)
        for part in (self.head, self.board, self.handles, self.problem, self.empty, self.unsuitable):
            part.set_look(self.look)
        for slot in (self._player, self._strip):
            self._dress_slot(slot)
        for quiet in (self.tabs, self.veil, self.frame, self.line, self.chip, self.light):
            quiet.look = self.look

    def _dress_slot(self, slot: QWidget | None) -> None:
        """Have what stands in a slot as large as the stage around it."""
        if slot is not None and hasattr(slot, "set_look"):
            slot.set_look(self.look)

    def set_view(self, view: ViewState) -> None:
        """Opacity, colour map or visibility changed: compose anew, compute nothing."""
        self.view = view
        self.board.each_visible(lambda panel: panel.set_view(view))

    def slots(self) -> list[QWidget]:
        """The play bar and the network strip, where they stand on it."""
        return [slot for slot in (self._player, self._strip) if slot is not None]

    # Results --------------------------------------------------------------------------------------------

    def expect(self, demo: str, frame: Picture | None, *, uses_frame: bool = True) -> None:
        """Show the picture and what will come of another demo, at once; nothing of the old one stays."""
        guess = expecting.GUESS if uses_frame else expecting.WITHOUT_FRAME
        self._demo, self.result, self._expected = demo, None, self._seen.get(demo, guess)
        self.solo, self._solo_chart, self._tab, self._anyway = -1, -1, 0, False
        self._headline = self._seen[demo].wanted.headline if demo in self._seen else 0
        self._skeleton.set_photo(frame.pixels if frame is not None and uses_frame else None)
        self.head.wait()
        for part in (self.board, self.unsuitable, self.veil, self.frame, self.tabs, self.empty):
            part.hide()
        self._arrange()
        self.update()

    def show_frame(self, frame: Picture) -> None:
        """Show a new picture in its place, while a result is still expected."""
        if self._expected is not None and self._expected.heroes:
            self._skeleton.set_photo(frame.pixels)
            self._arrange()
            self.update()

    def show_result(self, result: Result, *, charts: bool = True) -> None:
        """Show a result. Between two redraws of the charts `charts` is false."""
        began = perf_counter()
        words = charts or self.result is None or len(result.charts) != len(self.result.charts)
        if self._expected is not None or not self.head.said:
            self.update()  # grey shapes go
        self.result, self._expected = result, None
        self.empty.hide()
        self.glide.end()
        panels = result.panels
        self.board.make(len(panels), len(result.charts))
        if words:
            self._say(result)
            self.board.show_charts(result.charts)
            self._charts = tuple(views.chart_shape(chart) for chart in result.charts)
        self.board.shown = panels
        self._arrange_if_needed()  # before the pictures, so that each is composed once, at its final size
        fresh = self.board.show_panels(panels, self.view, mirrored=self.mirrored, words=words)
        self.handles.attach(panels, self.board.panels)
        self.handles.show_resolved(result.resolved)
        self._show_unsuitable(result)
        for panel in fresh:
            panel.paint_now()
        self.paint_ms = 1000 * (perf_counter() - began)

    def _say(self, result: Result) -> None:
        """Say the point; what comes before the end has none unless it says so."""
        if result.partial and not result.headline:
            self.head.wait()
        else:
            self.head.show_result(result)
            self._headline = max(self._headline, self.head.width_wanted())

    def _show_unsuitable(self, result: Result) -> None:
        if result.unsuitable is None:
            self._anyway = False
        off = result.unsuitable is None or self._anyway
        if off or result.unsuitable is None:
            self.unsuitable.hide()
            self.veil.hide()
            return
        self.veil.show()
        self.unsuitable.show_offers(result.unsuitable, more=views.shows_more(result))
        self._place_cards()

    def show_anyway(self) -> None:
        """Show what there is of a result that means nothing."""
        self._anyway = True
        self.unsuitable.hide()
        self.veil.hide()

    # States ---------------------------------------------------------------------------------------------

    def show_problem(self, problem: Problem | None) -> None:
        """Show a card over the last good picture, or take it away."""
        if problem is None:
            self.problem.hide()
            return
        self.problem.show_problem(problem)
        self._place_cards()

    def show_empty(self) -> None:
        """Offer samples, a place to drop, and the camera, where there is no picture at all."""
        if self.result is None and self._skeleton.pixels is None:
            self.empty.show()
            self._place_cards()

    def show_busy(self, fraction: float | None, text: str = "") -> None:
        """Say what is being computed and how far that is; ``None`` says that it is done."""
        self._busy = fraction is not None
        if fraction is not None:
            self.line.show_fraction(fraction)
            self.chip.say(text or self.chip.text)
            self._place_busy()
        else:
            self.chip.say("")
        for part in (self.line, self.chip):
            part.setVisible(self._busy)

    @property
    def busy(self) -> bool:
        """Whether it says that something is being computed."""
        return self._busy

    def let_go(self) -> bool:
        """Take away what lies over the stage, or what has it to itself; return whether there was anything."""
        over = (self.head.sheet, self.unsuitable, self.problem)
        top = next((card for card in over if card.isVisible()), None)
        if top is None and self._solo_chart >= 0:
            self._show_all()
            return True
        if top is self.unsuitable:
            self.show_anyway()
        elif top is not None:
            top.hide()
        return top is not None

    def show_stopped(self) -> None:
        """Say that nothing is being computed, although nothing is there."""
        self.show_busy(None)
        if self.result is None:
            self.head.wait("Stopped. Press Shift+R to compute it after all.")
            self.update()

    def set_dragged(self, dragged: bool) -> None:
        """Light up while something that can be dropped is over the window."""
        self.light.setGeometry(self.rect())
        self.light.setVisible(dragged)
        self.light.raise_()

    # What is chosen on it -------------------------------------------------------------------------------

    def fit(self) -> None:
        """Show of every panel what is looked at first."""
        self.board.each_visible(lambda panel: panel.fit_now())

    def uncover(self, uncovered: bool) -> None:
        """Show the pictures without anything over them, or with all again."""
        self.board.each_visible(lambda panel: panel.set_uncovered(uncovered))

    def choose(self, index: int) -> None:
        """Make a picture of the film the hero; give a hero the whole stage, or take it back."""
        if self.result is None or not 0 <= index < len(self.board.shown):
            return
        stands = self._standing(self.result)
        if self.solo < 0 and index in stands.film:
            self._swap(stands, index)
        else:
            self.solo = -1 if self.solo >= 0 else index
            self._show_again()

    def choose_heroes(self, remembered: Any) -> None:
        """Take the heroes that were chosen last time; whatever is no such thing is passed over."""
        plain = remembered if isinstance(remembered, dict) else {}
        for demo, chosen in plain.items():
            if isinstance(chosen, list) and 0 < len(chosen) <= 2 and all(isinstance(i, int) and i >= 0 for i in chosen):
                self.chosen[demo] = tuple(chosen)

    def _swap(self, stands: views.Standing, index: int) -> None:
        """A picture of the film and the last hero change places."""
        assert self.result is not None
        gone = stands.heroes[-1]
        self.frame.hide()
        before = {i: self.board.panels[i].geometry() for i in (index, gone)}
        pictures = {} if motion.reduced() else {i: self.board.panels[i].grab() for i in before}
        self.chosen[self._demo] = (*stands.heroes[:-1], index)
        self._show_again()
        if pictures and self.isVisible():
            self.glide.begin([(pictures[i], before[i], self.board.panels[i].geometry()) for i in pictures])

    def _choose_tab(self, number: int) -> None:
        self._tab = number
        self._arrange()

    def _show_again(self) -> None:
        if self.result is not None:
            self.show_result(self.result)

    def _point(self, index: int, at: object) -> None:
        """Frame the picture of the film that a click would enlarge."""
        on = at is not None and index in self.board.stands.film
        if on:
            self.frame.place(self.board.picture_of(index))
        self.frame.setVisible(on)

    def _clicked(self, index: int, at: tuple[float, float]) -> None:
        if index in self.board.stands.film:
            self.choose(index)
        else:
            self.handles.clicked(self.board.panels[index], at)

    # Handles and slots ----------------------------------------------------------------------------------

    def set_handles(self, every: Sequence[Control], params: Any) -> None:
        """Make a handle for every param that lives on the picture."""
        self.handles.expect(every, params)
        if self.result is not None:
            self.handles.attach(self.board.shown, self.board.panels)

    def show_params(self, params: Any) -> None:
        """Move handles to the present values."""
        self.handles.show_params(params)

    def set_player(self, player: QWidget | None) -> None:
        """Have a widget in the band below the heroes, or none."""
        old, self._player = self._player, player
        self._slotted(old, player)

    def set_strip(self, strip: QWidget | None) -> None:
        """Have a widget in the band at the foot, or none; where room is short the band is a line of `LINE` px."""
        old, self._strip = self._strip, strip
        self._slotted(old, strip)

    def _slotted(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not new:
            if old is not None:
                old.hide()
                old.setParent(None)
            if new is not None:
                new.setParent(self)
                self._dress_slot(new)
            self._arrange()

    # Allotment ---------------------------------------------------------------------------------------------

    def _standing(self, result: Result) -> views.Standing:
        if 0 <= self.solo < len(result.panels):
            return views.Standing((self.solo,), (), ())
        if 0 <= self._solo_chart < len(result.charts):
            return views.Standing((), (), (), self._solo_chart)
        stands = views.standing(result, self.chosen.get(self._demo, ()))
        return replace(stands, film=stands.film[:2], charts=stands.charts[:1]) if self.presenting else stands

    def _wanted(self) -> tuple[Wanted, views.Standing]:
        slots = {"player": self._player is not None, "strip": self._strip is not None, "presenting": self.presenting}
        if self.result is None:
            expected = self._expected or expecting.GUESS
            wanted = expected.placed_for(self._skeleton.aspect)
            return replace(wanted, **slots), views.Standing((), (), ())
        panels, stands = self.board.shown, self._standing(self.result)
        film = tuple(views.shape_of(panels[i]) for i in stands.film)
        charts = tuple(self._charts[i] for i in stands.charts)
        heroes = views.hero_shapes(panels, self.result.charts, stands)
        return Wanted(heroes, film, charts, self._headline, **slots), stands

    def fit_captions(self) -> None:
        """Give captions the room that they need with the symbols they got."""
        self._arrange_if_needed()

    def _arrange_if_needed(self) -> None:
        wanted, stands = self._wanted()
        if (wanted, stands, self.board.needed(stands), self.size(), self.look) != self._arranged:
            self._arrange()

    def _arrange(self) -> None:
        wanted, stands = self._wanted()
        needs = self.board.needed(stands)
        self._arranged = (wanted, stands, needs, self.size(), self.look)
        layout = allot(wanted, self.width(), self.height(), self.look.scale)
        narrow = self.look.px(max((chart.narrow for chart in wanted.charts), default=0))
        layout = self._layout = widened(layout, needs, narrow, self.look.scale)
        self._place_head(layout)
        if self.result is not None:
            self.board.place(layout, stands, self._tab)
            self._seen[self._demo] = expecting.expected_of(self.board.shown, stands, wanted)
            self._place_tabs(layout, stands)
            self.head.offer(self._without_room(self.result, layout, stands))
        for slot, boxes in ((self._player, layout.of("player")), (self._strip, layout.of("strip"))):
            if slot is not None:
                slot.setVisible(bool(boxes))
                for box in boxes:
                    slot.setGeometry(box.x, box.y, box.w, box.h)
        self.veil.setGeometry(self._pictures())
        self._place_busy()
        self._place_cards()

    def _place_head(self, layout: Allotment) -> None:
        for box in layout.of("headline"):
            self.head.place(QRect(box.x, box.y, box.w, box.h), box.caption)

    def _without_room(self, result: Result, layout: Allotment, stands: views.Standing) -> list[Way]:
        """What of a result stands nowhere, and how each is shown; where one thing has the stage, all others."""
        if self.presenting:
            return []
        if self.solo >= 0 or self._solo_chart >= 0:
            return [("everything again", self._show_all)]
        film, charts = ({box.index for box in layout.of(role)} for role in ("film", "chart"))
        panels = [index for at, index in enumerate(stands.film) if at not in film]
        hidden = [index for at, index in enumerate(stands.charts) if at not in charts]
        return [
            *((f"“{result.panels[i].title}”", partial(self.choose, i)) for i in panels),
            *((f"“{result.charts[i].title}”", partial(self._show_chart, i)) for i in hidden),
        ]

    def _show_chart(self, index: int) -> None:
        """Give a chart the whole stage."""
        self._solo_chart = index
        self._show_again()

    def _show_all(self) -> None:
        self.solo = self._solo_chart = -1
        self._show_again()

    def _place_tabs(self, layout: Allotment, stands: views.Standing) -> None:
        self.tabs.setVisible(bool(layout.tabbed))
        for box in layout.of("tabs"):
            assert self.result is not None
            titles = [self.result.charts[i].title for i in stands.charts]
            self.tabs.show_titles(titles, min(self._tab, len(titles) - 1), box.w)
            self.tabs.setGeometry(box.x, box.y, box.w, box.h)

    def _pictures(self) -> QRect:
        """What all pictures and charts cover."""
        boxes = [] if self._layout is None else [b for b in self._layout.boxes if b.role in ("hero", "film", "chart")]
        room = QRect()
        for box in boxes:
            room = room.united(QRect(box.x, box.y, box.w, box.h))
        return room

    def _first_hero(self) -> QRect:
        boxes = self._layout.of("hero") if self._layout is not None else []
        if not boxes or self.hero_rects():
            return next(iter(self.hero_rects()), self.rect())
        one = boxes[0]
        return QRect(one.x, one.y + one.caption, one.w, one.h - one.caption)

    def _place_busy(self) -> None:
        hero = self._first_hero()
        self.line.place(hero)
        self.chip.place(hero)

    def _place_cards(self) -> None:
        p = self.look.px
        width = min(self.width() - p(48), p(520))
        for card in (self.problem, self.unsuitable):
            card.setFixedWidth(max(1, width))
            card.layout().activate()
            card.adjustSize()
        top = max(p(16), self.height() - self.problem.height() - p(24))
        self.problem.move((self.width() - width) // 2, top)
        hero = self._first_hero()
        if hero.width() < width:
            hero = self._pictures()
        at = hero.center().x() - width // 2, hero.bottom() - self.unsuitable.height() - p(24)
        self.unsuitable.move(max(p(8), at[0]), max(p(8), at[1]))
        self.empty.setGeometry(self.rect())
        for card in (self.veil, self.unsuitable, self.problem):
            if card.isVisible():
                card.raise_()

    # Measured -------------------------------------------------------------------------------------------

    def hero_shapes(self) -> tuple[float, ...]:
        """Width over height of each hero, or of those that are expected."""
        return self._wanted()[0].heroes

    def hero_rects(self) -> list[QRect]:
        """Where the heroes' pictures lie, without their captions."""
        return self.board.hero_rects() if self.result is not None else []

    def picture_rects(self) -> list[QRect]:
        """Where all pictures lie, without their captions."""
        return [*self.hero_rects(), *(self.board.film_rects() if self.result is not None else [])]

    def placed(self) -> list[tuple[str, QRect]]:
        """Every part that is seen, by what it is called, with where it lies."""
        slots = (self._player, self._strip)
        parts = [self.head, self.tabs, *self.board.panels, *self.board.charts, *filter(None, slots)]
        return [(part.accessibleName(), part.geometry()) for part in parts if not part.isHidden()]

    def measured(self) -> Mapping[str, Any]:
        """Shares of the stage that pictures take, and what does not fit, from where the widgets lie."""
        charts = [chart.geometry() for chart in self.board.charts if not chart.isHidden()]
        return measures_of(self.rect(), self.hero_rects(), self.picture_rects(), charts, self.placed())

    def picture(self) -> Any:
        """Picture of the stage as it stands."""
        return self.grab()

    # Qt -------------------------------------------------------------------------------------------------

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._keyed = event.reason() in KEYED
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._keyed = False
        self.update()
        super().focusOutEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.window().width() >= WIDE_WINDOW and not self.presenting
        if (self.look.scale > self._worn.scale) != wide:
            self._dress()
        self._arrange()
        self.light.setGeometry(self.rect())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.look.theme.color("stage"))
        if self._expected is not None and self._layout is not None and self.empty.isHidden():
            self._skeleton.paint(painter, self.look, self._layout, self._expected)
        if not self.head.said and self._layout is not None and self.empty.isHidden():
            self._skeleton.paint_headline(painter, self.look, self._layout)
        if self._keyed:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.look.theme.color("focus"), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()
