"""What the adversarial panel shows and says of one attack."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Series
from explainer.core.geometry import apply
from explainer.core.layers import Boxes, Image, Label, Layer, Panel
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play
from explainer.demos.robustness._attack import L2_METHODS, PLAYED, WHITE, Scene, Shot

MAGNIFIED, STEPPED = 10.0, ("pgd", "pgd-l2")
SHOWN = 4
NAMES: Mapping[str, str] = {"fgsm": "FGSM", "pgd": "PGD", "pgd-l2": "PGD", "patch": "The patch"}
DEFENCES: Mapping[str, str] = {
    "jpeg": "JPEG", "blur": "the blur", "quantise": "coarse quantisation", "noise": "added noise",
    "masking": "scaled logits",
}  # fmt: skip


def part(at: Scene, shot: Shot) -> Part:
    """Put panels, bars, sentences and values of one attack together."""
    return Part(
        _panels(at, shot), _bars(at, shot), _sentences(at, shot), _values(at, shot), headline=_point(at, shot),
        heroes=("adversarial", "random-noise"), play=_play(at, shot) if at.params.method in STEPPED else None,
    )  # fmt: skip


def _play(at: Scene, shot: Shot) -> Play:
    """Play PGD's steps; the curve is the label's score after each."""
    last, known = max(PLAYED, len(shot.path), at.params.steps), np.asarray(shot.path)
    whole = len(known) == last
    return Play(
        "steps", 1, last, at.params.steps, known if whole else None, f"{at.params.steps} of {last} steps",
        note=f"curve: {at.ctx.card.label(shot.label)}" if whole else "",
    )  # fmt: skip


def _point(at: Scene, shot: Shot) -> str:
    truth, attacked, noisy = (
        f"“{at.ctx.card.label(k)}”" for k in (shot.truth, int(shot.after.argmax()), int(shot.noise.argmax()))
    )
    if truth == attacked:
        return f"After this attack the network still says {truth}; more steps or a larger budget may change that."
    small = f"though no colour moved more than {at.params.eps:g} of 255"
    if at.params.method == "patch":
        small = "once one small square is repainted"
    elif at.params.method in L2_METHODS:
        small = f"by a change of length {at.params.radius:g}"
    also = "changed nothing" if noisy == truth else f"gave {noisy}" if noisy != attacked else "did that too"
    return f"{truth} became {attacked}, {small}; noise of the same size {also}."


# Panels -------------------------------------------------------------------------------------------------


def _panels(at: Scene, shot: Shot) -> tuple[Panel, ...]:
    change = np.clip(WHITE / 2 + MAGNIFIED * (shot.adversarial - shot.clean), 0.0, WHITE)
    patch = at.params.method == "patch"
    changed = "over the square" if patch else _radius(at)
    return (
        _panel(at, "Input", None, _answer(at, shot.before), _outline(at) if patch else ()),
        _panel(at, "Adversarial", shot.adversarial, changed, _chip(at, shot.after, 1)),
        _panel(at, "Change × 10", change, f"{changed}; grey is none"),
        _panel(at, "Random noise", shot.random, "just as large", _chip(at, shot.noise, 0)),
    )


def _panel(at: Scene, title: str, pixels: NDArray[Any] | None, note: str, over: tuple[Layer, ...] = ()) -> Panel:
    ready, frame = at.ready, at.frame
    layers: list[Layer] = [Image("picture", frame.pixels, focus=ready.focus)]
    if pixels is not None:
        layers.append(Image("seen", np.round(pixels).astype(np.uint8), ready.to_frame, smooth=False))
    return Panel(title, (frame.width, frame.height), (*layers, *over), note)


def _chip(at: Scene, answers: NDArray[np.float64], colour: int) -> tuple[Layer, ...]:
    """What the network says, on the picture itself."""
    x0, y0, x1, y1 = at.ready.focus
    return (Label("answer", _answer(at, answers), (x0 + 0.04 * (x1 - x0), y0 + 0.08 * (y1 - y0)), colour),)


def _outline(at: Scene) -> tuple[Layer, ...]:
    s = at.square
    corners = np.array([[s.left, s.top], [s.left + s.side, s.top + s.side]], float)
    return (Boxes("patch", apply(at.ready.to_frame, corners).reshape(1, 4)),)


def _answer(at: Scene, answers: NDArray[np.float64]) -> str:
    best = int(np.argmax(answers))
    return f"“{at.ctx.card.label(best)}” {words.score(float(answers[best]))}"


def _radius(at: Scene) -> str:
    if at.params.method in L2_METHODS:
        return f"length up to {at.params.radius:g}"
    return f"up to ±{at.params.eps:g} of 255"


# Charts -------------------------------------------------------------------------------------------------


def _bars(at: Scene, shot: Shot) -> tuple[Chart, ...]:
    classes = _classes(at, shot)
    guard = "" if at.defence.kind == "none" else f"behind {DEFENCES[at.defence.kind]}"
    rows = (("After the attack", shot.after), ("Before", shot.before), ("With random noise", shot.noise))
    return tuple(_chart(at, title, answers, classes, guard) for title, answers in rows)


def _chart(at: Scene, title: str, answers: NDArray[np.float64], classes: list[int], note: str) -> Bars:
    """Scores of some classes, the answer bold; a click makes one the target."""
    labels, scores = tuple(map(at.ctx.card.label, classes)), tuple(float(answers[k]) for k in classes)
    sets = tuple({"targeted": True, "target": str(k)} for k in classes)
    return Bars(title, labels, scores, chosen=int(np.argmax(scores)), note=note, sets=sets)


def _classes(at: Scene, shot: Shot) -> list[int]:
    """The true class, the label, what won after the attack and with noise, then what the bare network ranks next."""
    first = [shot.truth, shot.label, int(np.argmax(shot.after)), int(np.argmax(shot.noise))]
    best = [int(k) for k in np.argsort(-at.plain, kind="stable")[:SHOWN]]
    return list(dict.fromkeys([*first, *best]))[: max(SHOWN, len(dict.fromkeys(first)))]


def curve_part(at: Scene, shot: Shot, found: Any) -> Part:
    """Draw the true class's score against the budget."""
    l2 = at.params.method in L2_METHODS
    unit = WHITE if l2 else 1.0
    series = (
        Series("attack", found.eps / unit, found.attack, "solid", -1),
        Series("noise", found.eps / unit, found.random, "dotted", -2),
    )
    label = "length of the change" if l2 else "ε, of 255"
    name = at.ctx.card.label(shot.truth)
    values = {"tried": float(len(found.eps))}
    flip = found.first_flip
    if flip is None:
        note, sentence = "no flip", f"No radius tried moves the answer away from “{name}”."
    else:
        note = f"the answer changes at {flip / unit:g}"
        sentence = f"The least radius tried that changes the answer is {flip / unit:g}{'' if l2 else ' of 255'}."
        values["first_flip"] = flip / unit
    chart = Curve("Robustness", series, label, f"score of {name}", (0.0, 1.0), None, note)
    return Part((), (chart,), (sentence,), values)


def steps_part(shot: Shot) -> Part:
    """Draw how the patch's loss went, step by step."""
    count = np.arange(1, len(shot.losses) + 1, dtype=float)
    line = Series("loss", count, np.asarray(shot.losses))
    return Part((), (Curve("Patch, step by step", (line,), "step", "loss of the label"),), (), {})


def transfer_part(at: Scene, shot: Shot, other: Any, before: NDArray[np.float64], after: NDArray[np.float64]) -> Part:
    """Say whether another network is fooled too."""
    was, now = int(np.argmax(before)), int(np.argmax(after))
    values = {"transfer_flipped": float(was != now), "transfer_top_score": float(after[now])}
    classes = list(dict.fromkeys([was, now, *(int(k) for k in np.argsort(-after, kind="stable")[:SHOWN])]))[:SHOWN]
    if other.labels == at.ctx.card.labels:
        values |= {
            "transfer_score_clean": float(before[shot.truth]),
            "transfer_score_adversarial": float(after[shot.truth]),
        }
    labels, scores = tuple(map(other.label, classes)), tuple(float(after[k]) for k in classes)
    chart = Bars(other.title, labels, scores, chosen=classes.index(was), note="the same adversarial picture")
    said = "is fooled as well" if was != now else "is not fooled"
    sentence = (
        f"{other.title}, which the attack never saw, {said}: “{other.label(was)}” "
        f"{words.score(float(before[was]))} before, “{other.label(now)}” {words.score(float(after[now]))} after."
    )
    return Part((), (chart,), (sentence,), values)


# Words and numbers --------------------------------------------------------------------------------------


def _values(at: Scene, shot: Shot) -> dict[str, float]:
    change, noise = shot.adversarial - shot.clean, shot.random - shot.clean
    values = numbers(
        eps=at.params.eps, steps=1 if at.params.method == "fgsm" else at.params.steps,
        score_clean=shot.before[shot.truth], score_adversarial=shot.after[shot.truth],
        score_random=shot.noise[shot.truth], score_top=shot.after.max(), flipped=_flipped(shot, shot.after),
        flipped_random=_flipped(shot, shot.noise), true_class=shot.truth, linf_255=np.abs(change).max(),
        l2=_length(change), l2_random=_length(noise), changed_share=(change != 0).any(axis=2).mean(),
        gradient_length=shot.gradient_length, gradient_zero_share=shot.zero_share,
        score_target=shot.after[shot.label] if at.params.targeted else None,
        score_undefended=shot.bare[shot.truth] if at.defence.kind != "none" else None,
    )  # fmt: skip
    if shot.losses:
        values |= numbers(patch_loss_first=shot.losses[0], patch_loss_last=shot.losses[-1])
    return values


def _flipped(shot: Shot, answers: NDArray[np.float64]) -> float:
    return float(int(np.argmax(answers)) != shot.truth)


def _length(change: NDArray[np.float32]) -> float:
    """Euclidean length where white is 1."""
    return float(np.linalg.norm(change.astype(np.float64)) / WHITE)


def _sentences(at: Scene, shot: Shot) -> tuple[str, ...]:
    said = [_headline(at, shot), _beside(at, shot)]
    if shot.zero_share == 1.0:
        said.append("**The gradient is exactly zero everywhere**, so a gradient attack has nothing to follow.")
    if at.defence.kind != "none":
        said.append(_about_defence(at, shot))
    return tuple(said)


def _headline(at: Scene, shot: Shot) -> str:
    name, label = NAMES[at.params.method], at.ctx.card.label(shot.truth)
    change = np.abs(shot.adversarial - shot.clean)
    share = words.percent(float((change > 0).any(axis=2).mean()))
    if not change.any():
        return f"{name} moves nothing: the answer stays {_answer(at, shot.after)}."
    moved = (
        f"{name} repaints {share} of what the network sees"
        if at.params.method == "patch"
        else f"{name} moves no colour value by more than {float(change.max()):.3g} of 255"
    )
    before, after = (words.score(float(row[shot.truth])) for row in (shot.before, shot.after))
    end = f"the score of “{label}” goes from {before} to {after}"
    if _flipped(shot, shot.after):
        return f"{moved}, and {end}: the answer is now **{_answer(at, shot.after)}**."
    return f"{moved}, {end}, and it stays the answer."


def _beside(at: Scene, shot: Shot) -> str:
    score, kept = words.score(float(shot.noise[shot.truth])), not _flipped(shot, shot.noise)
    kind = "A square of random pixels" if at.params.method == "patch" else "Random noise of the same size"
    if kept:
        return f"{kind} leaves it at {score}."
    return f"{kind} changes the answer as well, to {_answer(at, shot.noise)}."


def _about_defence(at: Scene, shot: Shot) -> str:
    name = DEFENCES[at.defence.kind]
    if _flipped(shot, shot.before):
        return f"{name[0].upper()}{name[1:]} alone already changes the answer to the clean picture."
    if at.params.adaptive:
        return f"The attack knew of {name}."
    bare = words.score(float(shot.bare[shot.truth]))
    if at.defence.kind == "masking":
        return "The attack took the gradient of the scaled logits as it is."
    return f"The attack knew nothing of {name}; without it the same picture scores {bare}."
