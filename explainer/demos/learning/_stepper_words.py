"""Sentences and numbers of the backpropagation stepper."""

from __future__ import annotations

import numpy as np

from explainer.core import words
from explainer.core.number_text import compact, number
from explainer.core.numbers import numbers
from explainer.demos.learning._stepper_scene import Scene

INVISIBLE = 1e-14  # a change of the loss below this share of it is lost in rounding
LONG = "The step was too long: the loss rose"
GATES = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "the sigmoid"}


def values(scene: Scene) -> dict[str, float]:
    """Numbers of this step; the ratio is left out where there is nothing to divide by."""
    back, run, at = scene.back, scene.run, scene.at
    outputs, weights = back.output_norms, back.weight_norms
    return numbers(
        label=scene.label, said=run.probabilities.argmax(), probability=run.probabilities[scene.label], loss=run.loss,
        loss_after=scene.then.loss, fall_expected=scene.rate * np.sum(weights**2), fall=run.loss - scene.then.loss,
        gradient_norm=np.sqrt(np.sum(weights**2)), gradient_first_output=outputs[0],
        gradient_last_conv_output=outputs[-2], gradient_here=weights[at.layer], layer_here=at.layer + 1,
        weights_count=sum(w.size for w in scene.weights), shut_share=np.mean([c.gate == 0 for c in back.convs]),
        gate_mean=np.mean([conv.gate for conv in back.convs]), slope_backpropagation=scene.slope,
        slope_autograd=scene.one(scene.told), slope_difference=scene.moved,
        size_ratio=outputs[0] / outputs[-2] if outputs[-2] > 0 else None,
    )  # fmt: skip


def headline(scene: Scene) -> str:
    """Where the gradient is, and what has become of it."""
    found, at = values(scene), scene.at
    if "size_ratio" not in found:
        return "No gradient comes back at all: nothing in these layers would be learnt."
    if at.kind == "loss":
        p = words.score(found["probability"])
        return f"The untrained net gives the right answer only {p}: from this loss the gradient starts."
    if at.kind == "update":
        then = f"from {compact(scene.run.loss)} to {compact(scene.then.loss)}"
        what = "One step of the optimiser: the loss falls" if scene.then.loss <= scene.run.loss else LONG
        return f"{what} {then}."
    if at.done == 1:
        return "The gradient has come back to the pool, from all ten scores at once."
    if at.column:
        size = float(np.linalg.norm(scene.back.convs[at.column - 1].arrived)) / found["gradient_last_conv_output"]
        left = f", {compact(size, 2)} times as long as at the last" if at.done > 2 else ""
        return f"The gradient has come back to {at.columns[at.column]}{left}."
    return _fate(scene, found["size_ratio"])


def _fate(scene: Scene, ratio: float) -> str:
    if 0.1 < ratio < 10:
        said, label = int(scene.run.probabilities.argmax()), scene.label
        taken = f"takes this {label} for {'an' if said == 8 else 'a'} {said}" if said != label else "is not sure enough"
        strength = "undiminished" if 0.5 < ratio < 2 else "weakened" if ratio < 1 else "stronger"
        return f"The net {taken}; its error reaches the first layer {strength}, so all layers can learn."
    fate, what = (
        ("vanishes", "of it, and hardly learns") if ratio < 1 else ("explodes", "times as much, too much to learn")
    )
    return f"The gradient {fate} on its way back: the first layer gets {compact(ratio, 2)} {what}."


def reading(scene: Scene) -> str:
    """What the last step did, with its numbers, and what the other two ways say of one weight."""
    told = {"loss": _loss, "linear": _linear, "pool": _pool, "conv": _conv, "update": _update}[scene.at.kind](scene)
    return told if scene.at.kind == "update" else f"{told} {_check(scene)}"


def _loss(scene: Scene) -> str:
    run = scene.run
    p, said = float(run.probabilities[scene.label]), int(run.probabilities.argmax())
    most = "That is its highest." if said == scene.label else f"It would say {said}."
    return (
        f"The untrained net gives this {scene.label} a probability of {words.score(p)}, so the loss is "
        f"−ln p = **{run.loss:.2f}**. {most} The way back begins with p − y at the 10 scores."
    )


def _linear(scene: Scene) -> str:
    size = float(np.linalg.norm(scene.back.pooled))
    return (
        f"The linear layer turns 10 numbers into 8 × 4 × 4: Wᵀ(p − y), of length {compact(size)}. Its own weights' "
        f"gradient is p − y times its input."
    )


def _pool(scene: Scene) -> str:
    count = int(scene.run.routes.sum())
    share = count / scene.run.routes.size
    none = words.percent(1 - share)
    return f"Each 2 × 2 window sends its gradient to the cell that won: {count} cells get all of it, {none} get none."


def _conv(scene: Scene) -> str:
    at, conv = scene.at, scene.back.convs[scene.at.layer]
    came, went, handed = (float(np.linalg.norm(a)) for a in (conv.arrived, conv.passed, conv.handed_on))
    gate = GATES[at.recipe.activation]
    if at.recipe.activation == "relu":
        block = f"{gate} blocks {words.percent(float(np.mean(conv.gate == 0)))} of its cells"
    else:
        block = f"{gate} multiplies by {conv.gate.mean():.2f} on average"
    skip = " with what went past it" if at.recipe.skips(at.layer) else ""
    to = f"conv {at.layer}" if at.layer else "the digit"
    return (
        f"Gradient of length {compact(came)} arrives at conv {at.layer + 1}; {block}, {compact(went)} is left, and "
        f"{compact(handed)} is handed on to {to}{skip}."
    )


def _update(scene: Scene) -> str:
    found = values(scene)
    fall, expected = found["fall"], found["fall_expected"]
    count = words.thousands(int(found["weights_count"]))
    if expected < INVISIBLE * max(scene.run.loss, 1.0):
        verdict = " That is less than two losses in float64 can show."
    else:
        verdict = "" if fall > 0 else " The step was too long: the loss rose."
    return (
        f"Backpropagation is done; it changed nothing. Now the **optimiser** moves {count} weights by −η g: the loss "
        f"goes from {number(scene.run.loss, '.4g')} to {number(scene.then.loss, '.4g')}, by {compact(-fall)}, where "
        f"−η‖g‖² promised {compact(-expected)}.{verdict}"
    )


def _check(scene: Scene) -> str:
    name = f"weight {scene.at.index} of {scene.at.layer_name}"
    if abs(scene.slope) <= scene.rounding:
        return (
            f"The slope of {name}, {compact(scene.slope)}, is too small for a finite difference, whose rounding "
            f"error alone is up to {compact(scene.rounding)}."
        )
    return f"The slope of {name} is {compact(scene.slope)}; moving it both ways gives {compact(scene.moved)}."


def badges(scene: Scene) -> tuple[str, ...]:
    """How far the pass that is written out is from torch's, over all weights."""
    pairs = zip(scene.back.weights, scene.told, strict=True)
    worst = max(float(np.abs(ours - torchs).max()) for ours, torchs in pairs)
    largest = max(float(np.abs(torchs).max()) for torchs in scene.told)
    if largest == 0:
        return ("torch.autograd finds no gradient either",)
    return (f"agrees with torch.autograd to {compact(worst / largest)} of the largest gradient",)
