"""One sample again at full size: what was drawn for the small picture is scaled to the large one.

A transform asked anew at another size draws other numbers. So the small sample is made once more and watched: the
state of the generator before each card and the parameters it drew are kept, lengths in pixels are scaled, and the
large picture goes through the same decisions. Only the grain of noise is new: a pixel's noise has no larger version.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from explainer.vision.augment.labels import Labels, left
from explainer.vision.augment.mixing import fitted, mixed
from explainer.vision.augment.plan import Placed, Plan, applied, seeded, size_of
from explainer.vision.augment.sheet import Sample, pixels_of

Size = tuple[int, int]
Params = dict[str, Any]


@dataclass(slots=True)
class Draw:
    """What one card drew: the generator's state before it, the size that came to it, and its parameters."""

    state: Tensor
    size: Size
    params: Params | None = None


def enlarged(
    small: Tensor, large: Tensor, partners: Sequence[tuple[Tensor, Tensor]], plan: Plan, seed: int, number: int,
    labels: Labels | None,
) -> Sample:  # fmt: skip
    """Make sample `number` of a sheet of `small` from the same picture at another size.

    Parameters
    ----------
    small, large
        The picture ``(3, H, W) uint8`` at the sheet's size and at the one wanted.
    partners
        Pictures to mix with, each at both sizes (not yet fitted).
    labels
        Labels of `large`.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        seeded(seed, number)
        tape, mid = _watched(plan.placed, small)
        labels = labels if plan.moves_labels else None
        chosen = partners[number % len(partners)] if partners else (small, large)
        other = (fitted(chosen[0], *size_of(small)), fitted(chosen[1], *size_of(large))) if plan.mixes else None
        mixes: list[Any] = []
        tape_b: list[Draw] = []
        if other is not None:
            tape_b, partner = _watched(plan.placed, other[0])
            before = torch.get_rng_state()
            drawn = _watched_mixes(plan.mixes, mid, partner)
        image, moved = applied(_again(plan.placed, tape), large, labels, _rewinding(tape))
        share = 1.0
        if other is not None:
            second, _ = applied(_again(plan.placed, tape_b), other[1], None, _rewinding(tape_b))
            torch.set_rng_state(before)
            mixes = _mixes_again(plan.mixes, drawn, size_of(mid), size_of(image))
            image, share = mixed(image, second, mixes)
    return Sample(pixels_of(image), left(moved) if moved is not None else None, share)


# Watching ---------------------------------------------------------------------------------------------------


def _watched(placed: Sequence[Placed], image: Tensor) -> tuple[list[Draw], Tensor]:
    fresh = [replace(one, transform=one.call.make()) for one in placed]
    tape: list[Draw] = []

    def around(_number: int, one: Placed, now: Tensor) -> None:
        draw = Draw(torch.get_rng_state(), size_of(now))
        tape.append(draw)
        one.leaf.make_params = _keeping(one.leaf.make_params, draw)

    out, _ = applied(fresh, image, None, around)
    return tape, out


def _keeping(make: Callable[[Any], Params], draw: Draw) -> Callable[[Any], Params]:
    def keep(flat_inputs: Any) -> Params:
        draw.params = make(flat_inputs)
        return draw.params

    return keep


def _watched_mixes(mixes: Sequence[Placed], one: Tensor, other: Tensor) -> list[Params]:
    made = [mix.call.make() for mix in mixes]
    draws = [Draw(torch.get_rng_state(), size_of(one)) for _ in made]
    for mix, draw in zip(made, draws, strict=True):
        mix.make_params = _keeping(mix.make_params, draw)
    mixed(one, other, made)
    return [draw.params or {} for draw in draws]


# Once more, larger ------------------------------------------------------------------------------------------


def _rewinding(tape: Sequence[Draw]) -> Callable[[int, Placed, Tensor], None]:
    def around(number: int, one: Placed, now: Tensor) -> None:
        draw, to = tape[number], size_of(now)
        torch.set_rng_state(draw.state)
        if draw.params is not None:
            params = scaled(one.step.kind, draw.params, draw.size, to)
            one.leaf.make_params = lambda _flat: params
        _resize_leaf(one, (to[0] / draw.size[0] * to[1] / draw.size[1]) ** 0.5)

    return around


def _again(placed: Sequence[Placed], tape: Sequence[Draw]) -> list[Placed]:
    return [replace(one, transform=one.call.make()) for one, _ in zip(placed, tape, strict=True)]


def _resize_leaf(one: Placed, factor: float) -> None:
    """Scale lengths that a transform keeps itself: target sizes and the kernel of a blur."""
    leaf = one.leaf
    if one.step.kind in ("resize", "zoom-crop"):
        leaf.size = [max(1, round(side * factor)) for side in leaf.size]
    if one.step.kind == "blur":
        leaf.kernel_size = [2 * round(side // 2 * factor) + 1 for side in leaf.kernel_size]


def _mixes_again(mixes: Sequence[Placed], drawn: Sequence[Params], of: Size, to: Size) -> list[Any]:
    made = []
    for mix, params in zip(mixes, drawn, strict=True):
        again = mix.call.make()
        kept = _cut_box(params, of, to) if "box" in params else params
        again.make_params = lambda _flat, kept=kept: dict(kept)
        made.append(again)
    return made


def _cut_box(params: Params, of: Size, to: Size) -> Params:
    (fy, fx), (x0, y0, x1, y1) = _factors(of, to), params["box"]
    box = (round(x0 * fx), round(y0 * fy), round(x1 * fx), round(y1 * fy))
    kept = 1.0 - (box[2] - box[0]) * (box[3] - box[1]) / (to[0] * to[1])
    return {"box": box, "lam_adjusted": kept}


# Scaling ----------------------------------------------------------------------------------------------------


def scaled(kind: str, params: Params, of: Size, to: Size) -> Params:
    """Scale what was drawn for a picture of size `of` (height, width) to one of size `to`."""
    change = _SCALED.get(kind)
    return change(params, of, to) if change is not None else params


def _factors(of: Size, to: Size) -> tuple[float, float]:
    return to[0] / of[0], to[1] / of[1]


def _affine(params: Params, of: Size, to: Size) -> Params:
    (fy, fx), (tx, ty) = _factors(of, to), params["translate"]
    return {**params, "translate": (tx * fx, ty * fy)}


def _perspective(params: Params, of: Size, to: Size) -> Params:
    """``x' = (a x + b y + c) / (g x + h y + 1)`` and ``y'`` with d, e, f, for lengths ``fx``, ``fy`` times as long."""
    fy, fx = _factors(of, to)
    a, b, c, d, e, f, g, h = params["coefficients"]
    return {"coefficients": [a, b * fx / fy, c * fx, d * fy / fx, e, f * fy, g / fx, h / fy]}


def _elastic(params: Params, _of: Size, to: Size) -> Params:
    """Displacements are shares of the side already; the field is only made finer."""
    field = params["displacement"].permute(0, 3, 1, 2)
    fine = F.interpolate(field, size=to, mode="bilinear", align_corners=False)
    return {"displacement": fine.permute(0, 2, 3, 1)}


def _window(params: Params, of: Size, to: Size) -> Params:
    """Scale a crop; rounding must not push it over the edge."""
    fy, fx = _factors(of, to)
    out = dict(params)
    rows, columns = to
    if params.get("needs_pad"):
        left_px, top_px, right, bottom = params["padding"]
        out["padding"] = [round(left_px * fx), round(top_px * fy), round(right * fx), round(bottom * fy)]
        rows, columns = rows + out["padding"][1] + out["padding"][3], columns + out["padding"][0] + out["padding"][2]
    out["height"] = min(max(1, round(params["height"] * fy)), rows)
    out["width"] = min(max(1, round(params["width"] * fx)), columns)
    out["top"] = min(round(params["top"] * fy), rows - out["height"])
    out["left"] = min(round(params["left"] * fx), columns - out["width"])
    if "needs_crop" in params:
        out["needs_crop"] = (out["height"], out["width"]) != (rows, columns)
    return out


def _blur(params: Params, of: Size, to: Size) -> Params:
    fy, fx = _factors(of, to)
    return {"sigma": [s * (fx * fy) ** 0.5 for s in params["sigma"]]}


def _erase(params: Params, of: Size, to: Size) -> Params:
    fy, fx = _factors(of, to)
    lengths = {"i": params["i"] * fy, "j": params["j"] * fx, "h": params["h"] * fy, "w": params["w"] * fx}
    return {**params, **{name: round(length) for name, length in lengths.items()}}


_SCALED: Mapping[str, Callable[[Params, Size, Size], Params]] = {
    "affine": _affine,
    "perspective": _perspective,
    "elastic": _elastic,
    "crop": _window,
    "zoom-crop": _window,
    "blur": _blur,
    "erase": _erase,
}
