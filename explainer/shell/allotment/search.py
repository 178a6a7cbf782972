"""Of all ways to lay out the stage the one that scores best: large heroes first, then all pictures, then no holes."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import product

from explainer.shell.allotment.blank import largest_blank
from explainer.shell.allotment.measures import Measures, on_grid
from explainer.shell.allotment.shapes import Allotment, Form, Strip, Wanted
from explainer.shell.allotment.ways import Keep, Way, laid

HERO, PICTURES, BLANK = 0.38, 0.50, 0.08
"""Shares of the stage: heroes at least, all pictures at least, the largest empty rectangle at most."""
TINY = 0.26
"""With less the point is hard to see, and something else rather goes."""
PRESENTED = 0.55
"""What heroes take of the screen at least before an audience."""
ENOUGH = 0.60
"""Beyond this a larger hero counts no more."""
COARSE, FINE = 16, 4  # px
MOST_STEPS, STEPS = 56, 4  # coarse ones in the width of a stage, fine ones in a coarse one
LOOKED_AT = 8  # how many of the best are looked at for blank room
GOOD = 0.012
HIDDEN, MORE_HIDDEN, HIDDEN_PRESENTING = 0.6, 0.15, 0.12
"""What is not shown at all weighs so much that it has to be very much in the way; where one thing goes, more may."""


@lru_cache(maxsize=256)
def allot(wanted: Wanted, width: int, height: int, k: float = 1.0) -> Allotment:
    """Place everything in a stage of `width` × `height` pixels.

    Whole first. What misses a target makes the strip a line; what misses it by far takes it away.

    Parameters
    ----------
    k
        1 in a window, 1.25 from 1,600 px on, 1.8 presenting, times the user's size of type.
    """
    if not wanted.heroes:
        return _bare(wanted, width, height, k)
    nearest: tuple[float, Allotment] | None = None
    for strip, worth in _foldings(wanted):
        layout = _best(wanted, width, height, k, strip)
        miss = _lack(layout, wanted)
        if miss <= GOOD:
            return layout
        if nearest is None or miss < nearest[0] - worth:
            nearest = (miss, layout)
    assert nearest is not None
    return nearest[1]


def _bare(wanted: Wanted, width: int, height: int, k: float) -> Allotment:
    """A stage of words alone."""
    m = Measures(width, height, k, wanted, "")
    one = Allotment(width, height, "column")
    one.put("headline", 0, (m.pad, m.top), (m.inner, m.head(m.inner)), m.head(m.inner) - m.details)
    return one


def _foldings(wanted: Wanted) -> tuple[tuple[Strip, float], ...]:
    """What may become of the strip, and how much nearer to the targets that has to come."""
    if not wanted.strip or wanted.presenting:
        return (("", 0.0),)
    return (("thumbs", 0.0), ("line", 0.01), ("", 0.05))


def _best(wanted: Wanted, width: int, height: int, k: float, strip: Strip) -> Allotment:
    m = Measures(width, height, k, wanted, strip)
    coarse = [(_score(one, wanted), way) for way in _ways(m) if (one := laid(m, way, settle=False))]
    if not coarse:
        return laid(m, Way("column"), least=1) or _bare(wanted, width, height, k)
    coarse.sort(key=lambda row: -row[0])
    looked = {way: one for _, way in coarse[:LOOKED_AT] if (one := laid(m, way))}
    for _, way in coarse[:2]:
        for further in range(-_step(m) + FINE, _step(m), _step(m) // STEPS // FINE * FINE or FINE):
            finer = replace(way, rest=way.rest + further) if way.rest else way
            if finer not in looked and (one := laid(m, finer)) is not None:
                looked[finer] = one
    ranked = sorted(looked.values(), key=lambda one: -_score(one, wanted))[:LOOKED_AT]
    return max(ranked, key=lambda one: _score(one, wanted) - 3 * max(0.0, blank_share(one) - BLANK))


def _ways(m: Measures) -> Iterator[Way]:
    """Every way at coarse steps."""
    rest = bool(m.wanted.film or m.wanted.charts)
    stacks = (False, True) if len(m.wanted.heroes) == 2 else (False,)
    step = _step(m)
    if not rest or m.wanted.presenting:  # an audience may see the heroes alone
        yield from (Way("column", stack) for stack in stacks)
    if not rest:
        return
    forms: tuple[Form, ...] = ("column", "label")
    for form, stack, keep in product(forms, stacks, _keeps(m.wanted)):
        if form == "label" and keep not in ("least", "most"):
            continue
        for at in range(m.q(160), int(0.5 * m.inner) + 1, step):
            yield Way(form, stack, at, keep)
    keeps: tuple[Keep, ...] = ("least", "most") if len(m.wanted.charts) > 1 and m.wanted.film else ("least",)
    for stack, keep in product(stacks, keeps):
        for at in range(m.q(80), int(0.45 * m.height), step):
            yield Way("row", stack, at, keep)


def _step(m: Measures) -> int:
    """Coarse step in px: in a wide stage some dozens of steps are enough too."""
    return on_grid(max(m.q(COARSE), m.inner / MOST_STEPS)) or FINE


def _keeps(wanted: Wanted) -> tuple[Keep, ...]:
    if not wanted.charts:
        return ("least",)
    if not wanted.film:
        return ("least", "under")
    return ("tabs", "least", "most", "under") if len(wanted.charts) > 1 else ("least", "most", "under")


def _score(one: Allotment, wanted: Wanted) -> float:
    heroes = one.hero
    if wanted.presenting:  # the others take what the heroes leave
        hidden = HIDDEN_PRESENTING * one.hidden
        return min(heroes, ENOUGH) + 0.25 * (one.pictures - heroes) - 2 * max(0.0, PRESENTED - heroes) - hidden
    upright = any(box.h > box.w / 0.85 for box in one.of("hero"))
    form = (0.06 if upright else 0.18) if one.form == "label" else 0.0
    hidden = HIDDEN + MORE_HIDDEN * (one.hidden - 1) if one.hidden else 0.0
    missed = 0.04 * one.small + hidden + 0.05 * one.tabbed + form
    score = min(heroes, ENOUGH) + 0.5 * (one.pictures - heroes) - missed
    score -= 2 * max(0.0, HERO - heroes) + max(0.0, PICTURES - one.pictures)
    return score - 5 * max(0.0, TINY - heroes)


def _lack(one: Allotment, wanted: Wanted) -> float:
    hero = PRESENTED if wanted.presenting else HERO
    return max(0.0, hero - one.hero) + max(0.0, PICTURES - one.pictures) + max(0.0, blank_share(one) - BLANK)


def blank_share(one: Allotment) -> float:
    """Share of the largest empty rectangle, 0…1."""
    boxes = [(box.x, box.y, box.w, box.h) for box in one.boxes]
    return largest_blank(one.width, one.height, boxes) / (one.width * one.height)
