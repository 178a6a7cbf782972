"""Occlusion and RISE on their way: what is hidden now, and the map of what was hidden so far."""

from dataclasses import replace
from typing import Any

import numpy as np

from explainer.core import words
from explainer.core.layers import Boxes, Image, Panel
from explainer.core.numbers import numbers
from explainer.core.panes import inside, pane
from explainer.core.parts import Part
from explainer.core.plays import Play

WHOLE = 100.0  # %


def played(about: Any, seen: Any, whole: Part, share: float) -> Part:
    """The whole result, or the map after `share` per cent of the windows or masks."""
    total, thing = len(seen.each), seen.thing
    done = max(1, min(total, round(share / WHOLE * total)))
    counted = f"{words.thousands(done)} of {words.count(total, thing)}"
    windows = thing == "window"
    curve = np.maximum(seen.each, 0.0) if windows else seen.each
    note = f"curve: {'fall of the logit' if windows else 'score'} at each"
    play = Play("share", 0.0, WHOLE, share, curve if total > 1 else None, counted, note=note)
    if share >= WHOLE:
        return whole + Part(play=play)
    found, view = seen.until(done)
    *below, heat = whole.panels[0].layers[:2]
    here = float(seen.each[done - 1])
    effect = falls(here) if windows else f"score {words.score(here)}"
    now = picture(about, f"Hidden {thing}", view, effect, seen.places.box(done - 1) if seen.flat else None)
    boxes: tuple[Boxes, ...] = ()
    if windows:
        boxes = (box(about, seen.places.box(done - 1), effect),)
        now = replace(now, layers=(*now.layers, *boxes))
    map_now = replace(whole.panels[0], layers=(*below, replace(heat, values=found), *boxes))
    what = f"the logit of {about.label} {falls(here, 's')}" if windows else f"{about.label} scores {words.score(here)}"
    headline = f"With this {'window' if windows else 'half'} hidden, {what}."
    return Part(
        (map_now, now, *whole.panels[2:]), whole.charts, (f"{counted} are in the map so far.",),
        {**whole.values, **numbers(hidden_so_far=done, effect_now=here)}, headline=headline,
        heroes=(map_now.slug, now.slug), play=play,
    )  # fmt: skip


def falls(drop: float, ending: str = "") -> str:
    """``falls by 0.41`` or ``rises by 0.12``."""
    lead = "" if ending else "logit "
    return f"{lead}{'falls' if drop >= 0 else 'rises'} by {abs(drop):.2f}"


def picture(about: Any, title: str, view: Any, note: str, hidden: tuple[int, int, int, int] | None = None) -> Panel:
    """Draw an input of the network as a picture; the eye sees through its `hidden` box."""
    from explainer.vision.attribution.views import to_pixels

    pixels = to_pixels(view, about.card.mean, about.card.std)
    if hidden is not None:
        pixels = pane(to_pixels(about.x, about.card.mean, about.card.std), pixels, inside(pixels.shape, hidden))
    shown = Image("view", pixels, about.to_frame)
    panel: Panel = about.panel(title, shown, note=note)
    return panel


def box(about: Any, place: tuple[int, int, int, int], label: str) -> Boxes:
    """Frame a window, given in pixels of the input, with what its loss does."""
    from explainer.core.geometry import apply

    corners = apply(about.to_frame, np.reshape(np.asarray(place, np.float64), (2, 2)))
    return Boxes("window", corners.reshape(1, 4), (label,))
