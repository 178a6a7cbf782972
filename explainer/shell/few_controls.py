"""Which controls stand open below the lesson, and which wait under *More*."""

from collections import Counter
from collections.abc import Iterable, Sequence

from explainer.core.controls import Control
from explainer.lessons.lesson import Lesson
from explainer.lessons.links import parse_try

FEW, MOST = 3, 4
ON_PICTURE = ("point", "box", "boxes", "strokes")


def used_by(lesson: Lesson | None) -> tuple[str, ...]:
    """Names of the params that the lesson's cards move, those of most cards first."""
    counted: Counter[str] = Counter()
    for card in lesson.page.cards if lesson is not None else ():
        counted.update(list(_names(card.href)))
    return tuple(name for name, _ in counted.most_common())


def _names(href: str) -> Iterable[str]:
    try:
        return parse_try(href)
    except ValueError:
        return ()


def few(shown: Sequence[Control], used: Sequence[str]) -> tuple[Control, ...]:
    """Choose from the controls that matter at present those that stand open, in their own order.

    Those that the cards move come first, then the first ones of the demo. Points and boxes are moved on the
    picture. One alone is not worth a fold.
    """
    if len(shown) <= MOST:
        return tuple(shown)
    named = {one.name: one for one in shown}
    by_hand = [one.name for one in shown if one.kind not in ON_PICTURE]
    moved = [name for name in used if name in by_hand][:MOST]
    kept = moved + [name for name in by_hand if name not in moved][: max(0, FEW - len(moved))]
    return tuple(one for one in named.values() if one.name in kept)
