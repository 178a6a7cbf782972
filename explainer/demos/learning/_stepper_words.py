"""Sentences and numbers of the backpropagation stepper."""

from __future__ import annotations

import numpy as np

from explainer.core import words
from explainer.core.number_text import compact, number
from explainer.demos.learning._stepper_scene import Scene

SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
INVISIBLE = 1e-14  # a change of the loss below this share of it is lost in rounding
GATES = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "the sigmoid"}


def small(value: float) -> str:
    """``-0.00123`` → ``"−1.23·10⁻³"``; what needs no power of ten has none."""
    if value == 0 or 0.01 <= abs(value) < 1000:
        return number(value, ".3g")
    digits, power = f"{value:.2e}".split("e")
    return f"{digits}·10{str(int(power)).translate(SUPERSCRIPTS)}".replace("-", "−")


def exact(value: float) -> str:
    """Six figures, to be compared by eye."""
    digits, power = f"{value:.5e}".split("e")
    return f"{digits}·10{str(int(power)).translate(SUPERSCRIPTS)}".replace("-", "−")


def values(scene: Scene) -> dict[str, float]:
    """Numbers of this step; ratios are left out where there is nothing to divide by."""
    back, run, at, checked = scene.back, scene.run, scene.at, scene.checked
    outputs, weights = back.output_norms, back.weight_norms
    numbers = {
        "label": float(scene.label),
        "said": float(run.probabilities.argmax()),
        "probability": float(run.probabilities[scene.label]),
        "loss": run.loss,
        "loss_after": scene.then.loss,
        "fall_expected": scene.rate * float(np.sum(weights**2)),
        "fall": run.loss - scene.then.loss,
        "gradient_norm": float(np.sqrt(np.sum(weights**2))),
        "gradient_first_output": float(outputs[0]),
        "gradient_last_conv_output": float(outputs[-2]),
        "gradient_here": float(weights[at.layer]),
        "layer_here": float(at.layer + 1),
        "weights_count": float(sum(w.size for w in scene.weights)),
        "shut_share": float(np.mean([conv.gate == 0 for conv in back.convs])),
        "gate_mean": float(np.mean([conv.gate for conv in back.convs])),
        "slope_backpropagation": scene.slope,
        "slope_autograd": float(checked.autograd[at.layer].flat[at.index]),
        "slope_difference": checked.difference,
    }
    if outputs[-2] > 0:
        numbers["size_ratio"] = float(outputs[0] / outputs[-2])
    return numbers


def headline(scene: Scene) -> str:
    """What becomes of the gradient on its way back."""
    found = values(scene)
    if "size_ratio" not in found:
        return "No gradient comes back at all: nothing in these layers would be learnt."
    ratio = found["size_ratio"]
    if scene.at.kind == "update" and scene.then.loss > scene.run.loss:
        after, before = compact(scene.then.loss), compact(scene.run.loss)
        return f"The step was too long: the loss rose from {before} to {after}."
    if 0.1 < ratio < 10:
        size = "as large as" if round(ratio, 1) == 1 else f"{compact(ratio, 2)} times as large as"
        return f"At the first layer the gradient is {size} at the last: all layers can learn."
    fate = "fades away" if ratio < 1 else "blows up"
    return f"On its way back the gradient {fate}: {small(ratio)} times its size is left at the first layer."


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
        f"The linear layer turns 10 numbers into 8 × 4 × 4: Wᵀ(p − y), of length {small(size)}. Its own weights' "
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
        f"Gradient of length {small(came)} arrives at conv {at.layer + 1}; {block}, {small(went)} is left, and "
        f"{small(handed)} is handed on to {to}{skip}."
    )


def _update(scene: Scene) -> str:
    numbers = values(scene)
    fall, expected = numbers["fall"], numbers["fall_expected"]
    count = words.thousands(int(numbers["weights_count"]))
    if expected < INVISIBLE * max(scene.run.loss, 1.0):
        verdict = " That is less than two losses in float64 can show."
    else:
        verdict = "" if fall > 0 else " The step was too long: the loss rose."
    return (
        f"Backpropagation is done; it changed nothing. Now the **optimiser** moves {count} weights by −η g: the loss "
        f"goes from {scene.run.loss:.4g} to {scene.then.loss:.4g}, by {small(-fall)}, where −η‖g‖² promised "
        f"{small(-expected)}.{verdict}"
    )


def _check(scene: Scene) -> str:
    checked, at = scene.checked, scene.at
    name = f"weight {at.index} of {at.layer_name}"
    if abs(scene.slope) <= checked.rounding:
        return (
            f"The slope of {name}, {small(scene.slope)}, is too small for a finite difference, whose rounding "
            f"error alone is up to {small(checked.rounding)}."
        )
    return f"The slope of {name} is {small(scene.slope)}; moving it both ways gives {small(checked.difference)}."


def badges(scene: Scene) -> tuple[str, ...]:
    """How far the pass that is written out is from torch's, over all weights."""
    pairs = zip(scene.back.weights, scene.checked.autograd, strict=True)
    worst = max(float(np.abs(ours - torchs).max()) for ours, torchs in pairs)
    largest = max(float(np.abs(torchs).max()) for torchs in scene.checked.autograd)
    if largest == 0:
        return ("torch.autograd finds no gradient either",)
    return (f"agrees with torch.autograd to {small(worst / largest)} of the largest gradient",)
