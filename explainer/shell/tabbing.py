"""The way that Tab takes: from the stage to the controls, then the lesson, then what frames them."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

TAB = Qt.FocusPolicy.TabFocus


def stops(whole: QWidget, areas: Sequence[QWidget]) -> list[QWidget]:
    """Whatever can be reached by Tab inside `whole`: area by area, from the top down, then what lies in none."""
    found = [one for one in whole.findChildren(QWidget) if _is_stop(one)]
    taken: list[QWidget] = []
    for area in areas:
        inside = (one for one in found if one is area or area.isAncestorOf(one))
        taken += [one for one in _downwards(inside, whole) if one not in taken]
    return taken + list(_downwards((one for one in found if one not in taken), whole))


def _is_stop(widget: QWidget) -> bool:
    reached = bool(widget.focusPolicy() & TAB) and widget.focusProxy() is None
    return reached and widget.isVisible() and widget.isEnabled()


def _downwards(widgets: Iterator[QWidget], whole: QWidget) -> list[QWidget]:
    def place(widget: QWidget) -> tuple[int, int]:
        at = widget.mapTo(whole, QPoint(0, 0))
        return at.y() + min(widget.height(), 40) // 2, at.x()

    return sorted(widgets, key=place)


def go_on(way: Sequence[QWidget], *, forward: bool) -> bool:
    """Give the focus to the next stop, or the one before; tell whether there was one."""
    now = QApplication.focusWidget()
    if now is None or not way:
        return False
    here = next((at for who in (now, now.parentWidget()) for at, one in enumerate(way) if one is who), -1)
    step = 1 if forward else -1
    to = way[(here + step) % len(way)] if here >= 0 else way[0]
    to.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    _reveal(to)
    return True


def _reveal(widget: QWidget) -> None:
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(widget, 8, 16)
        above = above.parentWidget()
