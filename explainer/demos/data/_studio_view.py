"""What the augmentation studio shows and says: the frame, the sheet, a sample enlarged, two charts, the reading."""

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Chart, Table
from explainer.core.geometry import apply, scale_shift
from explainer.core.layers import Boxes, Image, Label, Layer, Lines, Mask, Panel, Points
from explainer.core.numbers import numbers
from explainer.core.picture import panel
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.demos.data._studio import Answers, Drawn, Scene

HIGH, STRIP, GAP = 100.0, 14.0, 5.0  # of a tile in panel pixels: its height, the strip below it, and the room between
WIDE = 1.9  # width to height that a sheet is laid out for
SCREEN_LETTERS = 56  # that fit side by side on the narrowest sheet, 360 px wide
LINE = 0.19  # from one line of a name to the next, in heights of a tile
FLIPPED, BOX, MASK, POINT, SHOWN = 5, 7, 2, 4, 5  # colours of the class palette, and how many classes are shown


def result(
    scene: Scene,
    shown: Collection[str],
    chosen: int,
    steps: Play,
    drawn: Drawn,
    answers: Answers | None,
    large: Any,
    *,
    partial: bool = False,
) -> Result:
    """Put panels, charts, reading and values together; of the labels those `shown` are drawn, sample `chosen` large."""
    from explainer.vision.augment import asking

    spread = asking.spread(answers.clean, answers.samples, SHOWN) if answers is not None else None
    panels = [_input(scene, shown), _sheet(scene, shown, chosen, drawn, answers, spread)]
    if large is not None:
        panels.append(_large(shown, chosen, large))
    charts = _charts(scene, answers, spread) if answers is not None else ()
    return Result(
        " ".join(_sentences(scene, drawn, answers, spread)), _values(drawn, answers, spread), tuple(panels), charts,
        documents={"augmentation.py": _program(scene, drawn)}, input=answers.input if answers is not None else None,
        partial=partial, headline=_headline(scene, spread), heroes=("sheet",), play=steps,
    )  # fmt: skip


def play(steps: int, cards: int) -> Play:
    """Where the pipeline stands when its cards are put to work one after another."""
    return Play("applied", 0, max(1, cards), steps, counted=f"{steps} of {words.count(cards, 'card')}")


def _headline(scene: Scene, spread: Any) -> str:
    if spread is None:
        return "One picture, many versions: look whether you would still give each of them the label."
    label, flips, count = scene.ctx.card.label(spread.classes[0]), int(spread.flips.sum()), len(spread.flips)
    if not flips:
        return f"All {count} versions are still “{label}” to the network."
    are = "is" if flips == 1 else "are"
    return f"{flips} of {count} versions {are} no longer “{label}” to the network: do you agree?"


# Panels -----------------------------------------------------------------------------------------------------


def _input(scene: Scene, shown: Collection[str]) -> Panel:
    mask = [Mask("mask", scene.mask, scene.base.to_frame, colour=MASK)]
    layers = mask if "mask" in shown and scene.labels is not None else []
    return panel(scene.frame, "Input", *layers, note=f"resized to {words.cells(scene.size)} for the sheet")


def _sheet(
    scene: Scene, shown: Collection[str], chosen: int, drawn: Drawn, answers: Answers | None, spread: Any
) -> Panel:
    samples = drawn.sheet.samples
    height, width = (max(one.pixels.shape[i] for one in samples) for i in (0, 1))
    wide = HIGH * width / height
    columns = columns_for(len(samples), wide + GAP, HIGH + STRIP + GAP)
    rows = -(-len(samples) // columns)
    corners = [(n % columns * (wide + GAP), n // columns * (HIGH + STRIP + GAP)) for n in range(len(samples))]
    layers: list[Layer] = []
    for number, (one, (x, y)) in enumerate(zip(samples, corners, strict=True)):
        scale = HIGH / height
        layers.append(Image(f"sample {number + 1}", one.pixels, scale_shift(scale, scale, x, y)))
    tiles = [(one.left, HIGH / height, x, y) for one, (x, y) in zip(samples, corners, strict=True)]
    layers += _left_layers(shown, tiles)
    layers.append(_frames(chosen, corners, wide, spread))
    size = (columns * (wide + GAP) - GAP, rows * (HIGH + STRIP + GAP) - GAP)
    if answers is not None:
        layers += _strips(scene, answers, spread, corners, wide, columns)
    note = f"{len(samples)} copies, each changed by chance"
    if answers is not None:
        flipped = "; orange: another answer" if spread.flips.any() else ""
        note = f"bar: score of {scene.ctx.card.label(spread.classes[0])}{flipped}"
    return Panel("Sheet", size, tuple(layers), note, frame=False)


def columns_for(count: int, cell_width: float, cell_height: float) -> int:
    """Columns for so many tiles that make the sheet about `WIDE` and leave few places empty."""

    def ugliness(columns: int) -> float:
        rows = -(-count // columns)
        shape = columns * cell_width / (rows * cell_height)
        return abs(float(np.log(shape / WIDE))) + 1.5 * (rows * columns - count) / count

    return min(range(1, count + 1), key=ugliness)


def _frames(enlarged: int, corners: list[tuple[float, float]], wide: float, spread: Any) -> Boxes:
    """Outline each tile: muted, in the accent where it is enlarged, in a warning colour where the answer flips."""
    boxes = np.array([(x, y, x + wide, y + HIGH) for x, y in corners])
    flips = spread.flips if spread is not None else np.zeros(len(corners), bool)
    chosen = enlarged - 1
    colours = tuple(-1 if n == chosen else FLIPPED if flips[n] else -2 for n in range(len(corners)))
    sets = tuple({"enlarged": 0 if n == chosen else n + 1} for n in range(len(corners)))
    return Boxes("samples", boxes, colours=colours, sets=sets)


def _left_layers(shown: Collection[str], tiles: list[tuple[Any, float, float, float]]) -> Iterator[Layer]:
    """Labels of every tile as three layers: outlines of masks, boxes, points."""
    from explainer.vision.augment import outlines

    paths: list[NDArray[np.float64]] = []
    boxes: list[NDArray[np.float64]] = []
    points: list[NDArray[np.float64]] = []
    for left, scale, x, y in tiles:
        if left is None:
            continue
        to_panel = scale_shift(scale, scale, x, y)
        paths += [apply(to_panel, path) for path in outlines.outlines(left.mask)]
        boxes += [apply(to_panel, _corners(left.box))] if left.box is not None else []
        points.append(apply(to_panel, left.points))
    if "mask" in shown and paths:
        yield Lines("masks", tuple(paths), (MASK,) * len(paths), closed=True, width_px=1.3)
    if "box" in shown and boxes:
        yield Lines("boxes", tuple(boxes), (BOX,) * len(boxes), closed=True, width_px=1.5)
    if "points" in shown and points:
        xy = np.concatenate(points)
        yield Points("points", xy, colours=(POINT,) * len(xy), size_px=5.0)


def _corners(box: tuple[float, float, float, float]) -> NDArray[np.float64]:
    x0, y0, x1, y1 = box
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def _strips(
    scene: Scene, answers: Answers, spread: Any, corners: list[tuple[float, float]], wide: float, columns: int
) -> Iterator[Layer]:
    """Under each tile a bar as long as the class's score; on it the score, or the name of a flip."""
    own, letters, paths = spread.classes[0], SCREEN_LETTERS // columns, []
    for number, (row, (x, y)) in enumerate(zip(answers.samples, corners, strict=True)):
        best, level = int(row.argmax()), y + HIGH + STRIP * 0.5
        paths += [np.array([(x, level), (x + wide * end, level)]) for end in (1.0, float(row[own]))]
        named = spread.flips[number] and letters >= 3
        lines = in_lines(scene.ctx.card.label(best), letters) if named else (words.score(float(row[best])),)
        for n, text in enumerate(lines):
            at = (x + 0.06 * wide, y + (0.9 - LINE * (len(lines) - 1 - n)) * HIGH)
            yield Label(f"answer {number + 1}, line {n + 1}", text, at, FLIPPED if named else -1)
    colours = [colour for flip in spread.flips for colour in (-2, FLIPPED if flip else -1)]
    yield Lines("scores", tuple(paths), tuple(colours), width_px=4.0)


def in_lines(name: str, letters: int) -> tuple[str, ...]:
    """A class's name up to a comma, in two lines where one of so many letters cannot hold it: “military uniform”."""
    first, _, rest = (name := name.split(",", maxsplit=1)[0]).partition(" ")
    lines = (name,) if len(name) <= letters or not rest else (first, rest)
    return tuple(shortened(line, letters) for line in lines)


def shortened(name: str, letters: int) -> str:
    """A class's name up to a comma, cut to so many letters with an ellipsis."""
    name = name.split(",", maxsplit=1)[0]
    return name if len(name) <= letters else f"{name[: max(1, letters - 1)].rstrip()}…"


def _large(shown: Collection[str], chosen: int, large: Any) -> Panel:
    height, width = large.pixels.shape[:2]
    layers: list[Layer] = [Image("sample", large.pixels)]
    layers += _left_layers(shown, [(large.left, 1.0, 0.0, 0.0)])
    tight = large.left.mask_box if large.left is not None else None
    if tight is not None and "mask" in shown:
        layers.append(Boxes("around the mask", np.array([tight]), colours=(MASK,), dashed=True))
    return Panel(
        f"Sample {chosen}", (float(width), float(height)), tuple(layers), f"{width} × {height} px", frame=False
    )


# Charts -----------------------------------------------------------------------------------------------------


def _charts(scene: Scene, answers: Answers, spread: Any) -> tuple[Chart, ...]:
    card = scene.ctx.card
    rows = tuple(
        (
            shortened(card.label(k), 24), f"{answers.clean[k]:.2f}", f"{spread.mean[n]:.2f}",
            f"{spread.deviation[n]:.2f}", str(spread.wins[n]),
        )
        for n, k in enumerate(spread.classes)
    )  # fmt: skip
    table = Table("Over the sheet", ("class", "as it is", "mean", "±", "answer in"), rows)
    return (table,)


# Words and numbers ------------------------------------------------------------------------------------------


def _sentences(scene: Scene, drawn: Drawn, answers: Answers | None, spread: Any) -> Iterator[str]:
    if answers is not None:
        yield from _about_answers(scene, answers, spread)
    else:
        yield f"{len(drawn.sheet.samples)} samples; the network is being asked."
    yield from _about_labels(scene, drawn)
    if drawn.sheet.plan.mixes:
        share = float(np.mean([one.share for one in drawn.sheet.samples]))
        yield f"In the mixed label this picture has {words.percent(share)} on average."
    yield from drawn.sheet.refused
    yield from scene.notes


def _about_answers(scene: Scene, answers: Answers, spread: Any) -> Iterator[str]:
    card, own, count = scene.ctx.card, spread.classes[0], len(answers.samples)
    scores = answers.samples[:, own]
    yield (
        f"“{card.label(own)}” scores {words.score(float(answers.clean[own]))} on the small copy of the picture, and "
        f"{spread.mean[0]:.2f} ± {spread.deviation[0]:.2f} over {count} samples "
        f"({words.score(float(scores.min()))} to {words.score(float(scores.max()))})."
    )
    flips = int(spread.flips.sum())
    if not flips:
        yield "No sample flips the answer."
        return
    said = answers.samples.argmax(1)[spread.flips]
    other = int(np.bincount(said).argmax())
    often = "" if flips == 1 else "most often "
    flip = "samples flips" if flips == 1 else "samples flip"
    yield f"**{flips} of {count} {flip} the answer**, {often}to “{card.label(other)}”."
    yield "Would you still give them the label? If not, this pipeline teaches errors; if so, the network is frail."


def _about_labels(scene: Scene, drawn: Drawn) -> Iterator[str]:
    if not drawn.sheet.plan.moves_labels:
        yield "Torchvision's automatic policies refuse boxes, masks and points, so none are drawn."
        return
    lefts = [one.left for one in drawn.sheet.samples if one.left is not None]
    gone = sum(left.box is None for left in lefts)
    points = sum(len(left.points) < _points_before(scene) for left in lefts)
    if gone:
        yield f"The box left the picture in {gone} of {len(lefts)}."
    if points:
        yield f"In {points} a point lies outside."


def _points_before(scene: Scene) -> int:
    return int(scene.labels.alive.sum()) if scene.labels is not None else 0


def _values(drawn: Drawn, answers: Answers | None, spread: Any) -> dict[str, float]:
    samples, plan = drawn.sheet.samples, drawn.sheet.plan
    lefts = [one.left for one in samples if one.left is not None]
    kept = [left.box for left in lefts if left.box is not None]
    values = numbers(
        samples=len(samples), cards_applied=len(plan.placed) + len(plan.mixes), cards_left_out=len(drawn.sheet.refused),
        mean_grey=np.mean([one.pixels.mean() for one in samples]), mix_share=np.mean([one.share for one in samples]),
        box_left=len(lefts) - len(kept) if lefts else None,
        mask_share=np.mean([left.mask_share for left in lefts]) if lefts else None,
        points_inside=np.mean([len(left.points) for left in lefts]) if lefts else None,
        box_area_px=np.mean([(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in kept]) if kept else None,
    )  # fmt: skip
    if answers is None:
        return values
    own = spread.classes[0]
    scores = answers.samples[:, own]
    return values | numbers(
        class_index=own, score_clean=answers.clean[own], score_mean=scores.mean(), score_deviation=scores.std(),
        score_least=scores.min(), score_most=scores.max(), flips=spread.flips.sum(),
    )  # fmt: skip


def _program(scene: Scene, drawn: Drawn) -> str:
    from explainer.vision.augment import code

    name = scene.frame.name or "picture.png"
    return code.program(
        drawn.sheet.plan, drawn.seed, len(drawn.sheet.samples), name, scene.base.cut, scene.partner_names,
        code.version(), scene.frame.notes,
    )  # fmt: skip
