"""What the corruption bench shows of one corruption, and of all fifteen."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars
from explainer.core.controls import Choice
from explainer.core.geometry import scale_shift
from explainer.core.layers import Boxes, Heat, Image, Label, Layer, Panel
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.demos.robustness._corruption_scene import Look, Scene


class Corruption(Choice):
    """One of the fifteen of ImageNet-C."""

    GAUSSIAN_NOISE = "gaussian-noise", "Gaussian noise"
    SHOT_NOISE = "shot-noise", "Shot noise"
    IMPULSE_NOISE = "impulse-noise", "Impulse noise"
    DEFOCUS_BLUR = "defocus-blur", "Defocus blur"
    GLASS_BLUR = "glass-blur", "Glass blur"
    MOTION_BLUR = "motion-blur", "Motion blur"
    ZOOM_BLUR = "zoom-blur", "Zoom blur"
    SNOW = "snow", "Snow"
    FROST = "frost", "Frost"
    FOG = "fog", "Fog"
    BRIGHTNESS = "brightness", "Brightness"
    CONTRAST = "contrast", "Contrast"
    ELASTIC_TRANSFORM = "elastic-transform", "Elastic"
    PIXELATE = "pixelate", "Pixelate"
    JPEG_COMPRESSION = "jpeg-compression", "JPEG"


LABELS = {one.value: one.label for one in Corruption}
NAMES_KEPT = ("Gaussian noise", "JPEG")  # a person's name, and letters
SIDE, GAP, COLUMNS = 224, 10, 4
SHOWN = 5
KEPT, CHANGED = 0, 1  # colours of a tile's frame


def said(at: Scene, look: Look) -> str:
    """Answer and score, for a panel's note."""
    return f"“{at.ctx.card.label(look.answer)}” {words.score(float(look.probabilities[look.answer]))}"


def lower(name: str) -> str:
    """Write a corruption's name inside a sentence."""
    return name if name in NAMES_KEPT else name.lower()


# One corruption -----------------------------------------------------------------------------------------


def pair_part(at: Scene) -> Part:
    """Show the picture before and after, the map before and after, and what is answered."""
    from explainer.vision.corruptions.square import distance
    from explainer.vision.metrics.similarity import pearson

    dirty, last = at.dirty(at.recipe), at.treated(at.recipe)
    with at.ctx.stage("explain"):
        before, after = at.clean.map_of(at.target).finite, last.map_of(at.target).finite
    limit = float(max(before.max(), after.max())) or 1.0
    panels = [
        _picture("Clean", at.square.pixels, said(at, at.clean)),
        _picture("Corrupted", dirty.pixels, said(at, dirty)),
    ]
    if at.remedy is not None:
        panels.append(_picture("Denoised", last.pixels, said(at, last)))
    panels += [
        _mapped("Map, clean", at.square.pixels, before, limit, f"Grad-CAM of {at.label}"),
        _mapped("Map, last picture", last.pixels, after, limit, "the same class"),
    ]
    likeness = pearson(before, after)
    values = numbers(class_index=at.target, score_clean=at.clean.probabilities[at.target]) | _moved(at, dirty)
    if likeness is not None:
        values["map_correlation"] = likeness
    if at.remedy is not None:
        clean = at.treated_clean()
        values |= {
            "score_denoised": float(last.probabilities[at.target]),
            "distance_denoised_255": distance(last.pixels, at.square.pixels),
            "score_clean_denoised": float(clean.probabilities[at.target]),
        }
    told, heroes = (
        tuple(_sentences(at, dirty, last, values)),
        ("corrupted",) if at.remedy is None else ("corrupted", "denoised"),
    )
    return Part(tuple(panels), (_bars(at, last),), told, values, headline=_headline(at, last), heroes=heroes)


def _picture(title: str, pixels: NDArray[np.uint8], note: str) -> Panel:
    return Panel(title, (SIDE, SIDE), (Image("picture", pixels),), note)


def _mapped(title: str, pixels: NDArray[np.uint8], heat: NDArray[np.float32], limit: float, note: str) -> Panel:
    layers = (Image("picture", pixels), _heat("map", heat, limit, 0, 0))
    return Panel(title, (SIDE, SIDE), layers, note)


def _heat(name: str, heat: NDArray[np.float32], limit: float, left: int, top: int) -> Heat:
    sx, sy = SIDE / heat.shape[1], SIDE / heat.shape[0]
    return Heat(name, heat, 0.0, limit, scale_shift(sx, sy, left, top))


def _bars(at: Scene, look: Look) -> Bars:
    best = [int(k) for k in np.argsort(-look.probabilities, kind="stable")[:SHOWN]]
    shown = best if at.target in best else [at.target, *best[: SHOWN - 1]]
    return Bars(
        "Scores after it", tuple(at.ctx.card.label(k) for k in shown),
        tuple(float(look.probabilities[k]) for k in shown), chosen=shown.index(at.target),
    )  # fmt: skip


def named(at: Scene) -> str:
    """What was done, in words."""
    first = f"{LABELS[at.params.corruption]} of severity {at.params.severity}"
    if at.second is None:
        return first
    return f"{first}, then {lower(LABELS[at.second[0]])} of severity {at.second[1]},"


def _headline(at: Scene, last: Look) -> str:
    clean, now = (f"“{at.ctx.card.label(look.answer)}”" for look in (at.clean, last))
    what = named(at) if at.remedy is None else f"{named(at).rstrip(',')}, denoised,".replace(",,", ",")
    if clean == now:
        index = at.clean.answer
        before, after = (float(look.probabilities[index]) for look in (at.clean, last))
        was, now_is = words.score(before), words.score(after)
        what = what.replace(f" of severity {at.params.severity}", "", 1) if at.second is None else "This mix"
        if was == now_is:
            return f"{what} leaves the answer {now} and its score as they were."
        moved = "falls" if after < before else "rises"
        return f"{what} keeps the answer {now}, but its score {moved} from {was} to {now_is}."
    return f"{what} turns {clean} into {now}."


def _sentences(at: Scene, dirty: Look, last: Look, values: dict[str, float]) -> list[str]:
    card, far = at.ctx.card, values["distance_255"]
    if at.target == at.clean.answer and dirty.answer == at.target:
        verdict = f"{at.label} stays the answer, from {words.score(values['score_clean'])} to"
        verdict += f" {words.score(values['score_corrupted'])}."
    else:
        rank = round(values["rank_corrupted"])
        place = "stays first" if rank == 1 else f"falls to place {words.thousands(rank)}"
        verdict = f"{at.label} goes from {words.score(values['score_clean'])} to "
        verdict += f"{words.score(values['score_corrupted'])} and {place}"
        verdict += f"; the answer is **“{card.label(dirty.answer)}”**." if dirty.answer != at.target else "."
    found = [f"{named(at)} moves a colour value by {far:.0f} of 255 (root mean square): {verdict}"]
    if at.remedy is not None:
        better = "helps" if values["score_denoised"] > values["score_corrupted"] else "does not help"
        found.append(
            f"The denoiser {better}: {words.score(values['score_denoised'])}, “{card.label(last.answer)}”; put on "
            f"the clean picture it leaves {words.score(values['score_clean_denoised'])}."
        )
    return found


# All fifteen --------------------------------------------------------------------------------------------


def sheet_parts(at: Scene) -> Iterator[Part]:
    """Show all fifteen at one severity with their answers, and on request with their maps; a row more each time."""
    from explainer.vision.corruptions.battery import Recipe

    looks: list[Look] = []
    for name in LABELS:
        at.ctx.progress(len(looks) / len(LABELS), "all fifteen")
        at.ctx.checkpoint()
        looks.append(at.treated(Recipe((name, at.params.severity), at.second, at.remedy)))
        if (len(looks) + 1) % COLUMNS == 0:  # the clean picture is the first tile
            yield _sheet_part(at, looks)


def _sheet_part(at: Scene, looks: list[Look]) -> Part:
    changed = [look.answer != at.clean.answer for look in looks]
    scores = [float(look.probabilities[at.target]) for look in looks]
    worst, clean = int(np.argmin(scores)), f"“{at.ctx.card.label(at.clean.answer)}”"
    values = numbers(
        class_index=at.target, score_clean=at.clean.probabilities[at.target],
        sheet_answers_kept=len(looks) - sum(changed), sheet_lowest_score=scores[worst],
    )  # fmt: skip
    sentence = (
        f"The answer to the clean picture, {said(at, at.clean)}, survives {len(looks) - sum(changed)} of "
        f"{len(looks)} corruptions at severity {at.params.severity}. {list(LABELS.values())[worst]} leaves {at.label} "
        f"the least, {words.score(scores[worst])}."
    )
    many = {0: "None", len(LABELS): "All"}.get(sum(changed), str(sum(changed)))
    verb = "changes" if sum(changed) in (0, 1) else "change"
    headline = f"{many} of the fifteen corruptions {verb} the answer {clean} at severity {at.params.severity}."
    if len(looks) == len(LABELS):
        values |= _moved(at, looks[list(LABELS).index(at.params.corruption)])
    sheet = _sheet(at, looks)
    return Part((sheet,), (), (sentence,), values, headline=headline, heroes=(sheet.slug,))


def _moved(at: Scene, look: Look) -> dict[str, float]:
    """What one corruption does to the class in question, and to the pixels."""
    from explainer.vision.corruptions.square import distance, ranks

    return numbers(
        score_corrupted=look.probabilities[at.target], rank_corrupted=ranks(look.probabilities[None], at.target)[0],
        distance_255=distance(look.pixels, at.square.pixels),
    )  # fmt: skip


def _sheet(at: Scene, looks: list[Look]) -> Panel:
    """The clean picture and all others in rows; what the network calls them now stands at the foot of its tile."""
    names, looks = ["clean", *LABELS], [at.clean, *looks]
    corners = [(n % COLUMNS * (SIDE + GAP), n // COLUMNS * (SIDE + GAP)) for n in range(len(names))]
    width, height = (side + SIDE for side in corners[-1])
    tiles = list(zip(names, looks, corners, strict=False))
    layers: list[Layer] = [Image(name, look.pixels, scale_shift(1, 1, *corner)) for name, look, corner in tiles]
    if at.params.maps:
        with at.ctx.stage("explain"):
            heats = [look.map_of(at.target).finite for look in looks]
        limit = float(max(heat.max() for heat in heats)) or 1.0
        layers += [_heat(f"map {t[0]}", heat, limit, *t[2]) for t, heat in zip(tiles, heats, strict=True)]
    boxes = np.array([[x + 1, y + 1, x + SIDE - 1, y + SIDE - 1] for x, y in corners[: len(looks)]], float)
    colours = tuple(KEPT if look.answer == at.clean.answer else CHANGED for look in looks)
    clicks = (None, *({"corruption": name, "sheet": False} for name in names[1 : len(looks)]))
    layers.append(Boxes("answers", boxes, colours=colours, sets=clicks))
    for (name, look, (x, y)), colour in zip(tiles, colours, strict=True):
        left = x + 0.04 * SIDE
        layers.append(Label(f"name {name}", LABELS.get(name, "As it is"), (left, y + 0.1 * SIDE), colour))
        mark = CHANGED if colour == CHANGED else -1  # an answer that holds is said more quietly
        layers.append(Label(f"answer {name}", at.ctx.card.label(look.answer), (left, y + 0.86 * SIDE), mark))
    note = f"severity {at.params.severity}; orange: the answer changes"
    return Panel("All fifteen", (width, height), tuple(layers), note, frame=False)
