"""How much of the stage its pictures take, from where the widgets lie."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from PySide6.QtCore import QRect

from explainer.shell.allotment.blank import largest_blank


def measures_of(
    stage: QRect,
    heroes: Sequence[QRect],
    pictures: Sequence[QRect],
    charts: Sequence[QRect],
    placed: Sequence[tuple[str, QRect]],
) -> Mapping[str, Any]:
    """Shares are of the stage's area, 0…1; `placed` are its parts by name, `pictures` the heroes too.

    Returns
    -------
    dict
        ``width``, ``height``, ``heroes``, ``pictures``, ``charts``, ``blank``, how many pictures are in the
        ``film``, and the names of parts that are ``overlapping`` or ``outside``.
    """
    width, height = stage.width(), stage.height()
    area = width * height
    inside = [rect.intersected(stage) for _, rect in placed]
    boxes = [(r.x(), r.y(), r.width(), r.height()) for r in inside if not r.isEmpty()]
    return {
        "width": width,
        "height": height,
        "heroes": _covered(heroes) / area,
        "pictures": _covered(pictures) / area,
        "charts": _covered(charts) / area,
        "film": len(pictures) - len(heroes),
        "blank": largest_blank(width, height, boxes) / area,
        "overlapping": [f"{a} and {b}" for (a, one), (b, other) in combinations(placed, 2) if one.intersects(other)],
        "outside": [name for name, rect in placed if not stage.contains(rect)],
    }


def _covered(rects: Sequence[QRect]) -> int:
    return sum(rect.width() * rect.height() for rect in rects)
