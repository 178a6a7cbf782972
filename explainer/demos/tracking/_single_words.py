"""What the single-object trackers say of one picture: who is on the target, who is lost, and who knows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from explainer.core.words import listed, percent
from explainer.demos.tracking._single_records import NAMES, SEEN_FROM, Memory, Moment

if TYPE_CHECKING:
    from explainer.vision.tracking.report import Report


def headline(state: Memory, reports: Mapping[Any, Report]) -> str:
    """Who is on the target, who is lost, and who of them knows."""
    if not reports:
        return "No tracker follows the target."
    if state.made is None:
        return _headline_of_a_film(state, reports)
    if state.visible[-1] < SEEN_FROM:
        return f"The target is hidden: {_heard_while_hidden(reports)}."
    parts = _parts(*_who(state, reports))
    if len(parts) > 1 or not parts[0].endswith("on the target"):
        return f"{'; '.join(parts[:3])}."
    if strayed := [NAMES[n] for n, p in state.past.items() if _off(min(p.overlaps, default=1.0))]:
        return f"{parts[0]}; {listed(strayed)} had lost it on the way."
    return f"{parts[0]}, and {'none of them feels' if len(reports) > 1 else 'does not feel'} lost."


def _off(overlap: float) -> bool:
    from explainer.vision.metrics.overlap import OFF_BELOW

    return overlap < OFF_BELOW


def _who(state: Memory, reports: Mapping[Any, Report]) -> tuple[list[str], ...]:
    """On the target, off it in silence, off it and saying so, and on it but calling itself lost."""
    stands = {n: (_off(past.overlaps[-1]), reports[n].lost) for n, past in state.past.items() if n in reports}
    groups = (False, False), (True, False), (True, True), (False, True)
    return tuple([NAMES[name] for name, how in stands.items() if how == group] for group in groups)


def _parts(on: list[str], unaware: list[str], told: list[str], wrong: list[str]) -> list[str]:
    """A clause for each of these groups that has anybody in it, 20 words at most in any three of them."""
    one = [len(group) == 1 for group in (on, unaware, told, wrong)]
    clauses = (
        (on, "is on the target" if one[0] else "are on the target"),
        (unaware, "is lost without knowing" if one[1] else "are lost without knowing"),
        (told, "knows it is lost" if one[2] else "know they are lost"),
        (wrong, "gives up too early" if one[3] else "give up too early"),
    )
    said = [f"{listed(group)} {verb}" for group, verb in clauses if group]
    return said if on or wrong else ["Nobody is on the target", *said]


def _heard(reports: Mapping[Any, Report]) -> tuple[list[str], list[str], str]:
    """Who says that it is lost, who does not, and the former as a clause."""
    lost = [NAMES[name] for name, report in reports.items() if report.lost]
    rest = [NAMES[name] for name, report in reports.items() if not report.lost]
    says = "says that it is" if len(lost) == 1 else "say that they are"
    return lost, rest, f"{listed(lost)} {says} lost" if lost else "none says that it is lost"


def _do_not(names: list[str], what: str = "") -> str:
    return f"{listed(names)} {'does' if len(names) == 1 else 'do'} not{what}"


def _heard_while_hidden(reports: Mapping[Any, Report]) -> str:
    lost, rest, said = _heard(reports)
    return f"{said}; {_do_not(rest, ' notice')}" if lost and rest else said


def _headline_of_a_film(state: Memory, reports: Mapping[Any, Report]) -> str:
    """Without a truth: who says what, and who stands apart."""
    lost, rest, said = _heard(reports)
    off = [NAMES[n] for n, past in state.past.items() if past.overlaps and _off(past.overlaps[-1])]
    if apart := [name for name in off if name in rest]:
        return f"{listed(apart)} {'stands' if len(apart) == 1 else 'stand'} apart; no truth says who is right."
    if lost:
        return f"{said}; {_do_not(rest) if rest else 'no other is left'}."
    return f"All {len(reports)} trackers agree, and {said}." if len(rest) > 1 else f"{rest[0]} does not feel lost."


def reading(state: Memory, reports: Mapping[Any, Report], now: Moment) -> str:
    """The same with the overlaps, and what had to be done to the box."""
    if not reports:
        return "no tracker is chosen, or none could start." + _remarks(state)
    said = _heard(reports)[2]
    if now.truth is None:
        text = f"{said}. A filmed source has no truth: the curves show how far the trackers agree, not who is right."
        return text + _remarks(state)
    if now.visible < SEEN_FROM:
        seen = f"the target can hardly be seen ({percent(now.visible)})"
        return f"{seen}; {_heard_while_hidden(reports)}." + _remarks(state)
    off = [n for n, p in state.past.items() if _off(p.overlaps[-1])]
    unaware = [NAMES[n] for n in off if not reports[n].lost]
    on = [f"{NAMES[n]} ({p.overlaps[-1]:.2f})" for n, p in state.past.items() if n not in off]
    text = f"on the target: {listed(on)}; " if on else "no tracker is on the target; "
    text += f"{said}."
    if unaware:
        text += f" **{listed(unaware)}** {'is' if len(unaware) == 1 else 'are'} off it without knowing."
    return text + _remarks(state)


def _remarks(state: Memory) -> str:
    said = ["The box was too small and was enlarged: its surroundings are followed too."] if state.grown else []
    if state.line is not None:
        said += state.line.refused.values()
    return "".join(f" {text}" for text in said)
