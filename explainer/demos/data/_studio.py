"""What the augmentation studio computes: base, partners, labels, the sheet, answers, and one sample enlarged."""

from collections.abc import Hashable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.controls import controls
from explainer.core.frame import Frame
from explainer.core.geometry import apply, invert
from explainer.core.memo import is_latest, latest
from explainer.core.problem import ExplainerError

PARTNERS = 6  # pictures of the source that a mix draws on
FULL_PX = 1280  # longer side at which a sample is enlarged
BATCH = 17  # a sheet of sixteen and the picture itself


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """The frame as cards get it, its labels, and pictures to mix with.

    Parameters
    ----------
    base
        ``vision.augment.sheet.Base``.
    labels
        ``vision.augment.labels.Labels`` of the base; ``None`` where there can be none.
    partners, partner_names
        Other pictures of the source as torchvision images, and what they are called.
    notes
        Sentences on what could not be done.
    """

    frame: Frame
    base: Any
    labels: Any
    mask: NDArray[np.bool_]
    partners: tuple[Any, ...]
    partner_names: tuple[str, ...]
    notes: tuple[str, ...]
    ctx: Context

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the base."""
        return int(self.base.image.shape[1]), int(self.base.image.shape[2])


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A sheet, and the key under which its answers are kept."""

    sheet: Any
    seed: int
    key: Hashable


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Class probabilities of the picture ``(K,)`` and of its samples ``(N, K)``; ``input`` is what the first saw."""

    clean: NDArray[np.float64]
    samples: NDArray[np.float64]
    input: NDArray[np.float32]


def title_of(card: Any) -> str:
    """What a card is called in the editor."""
    record: type = type(card)
    return next(one.choices[0][1] for one in controls(record) if one.name == "kind")


def steps_of(params: Any) -> tuple[Any, ...]:
    """Cards that are switched on, as plain steps."""
    from explainer.vision.augment.plan import Step

    return tuple(
        Step(card.kind, title_of(card), {k: v for k, v in asdict(card).items() if k not in ("kind", "on")})
        for card in params.cards
        if card.on
    )


# The frame --------------------------------------------------------------------------------------------------


def scene(frame: Frame, params: Any, ctx: Context) -> Scene:
    """Resize the frame and place its labels."""
    from explainer.vision.augment import sheet

    with ctx.stage("prepare"):
        base = ctx.memo("augment-base", lambda: sheet.based(frame.pixels))
        key = (params.mask, params.box, params.painted)
        mask, box, notes = latest(ctx, "augment-mask", key, lambda: _mask(frame, base, params))
        labels, more = _labels(frame, base, params, mask, box)
        partners, names, missing = _partners(frame, params, ctx)
    return Scene(frame, base, labels, mask, partners, names, (*notes, *more, *missing), ctx)


def on_base(frame: Frame, base: Any, points: Any) -> NDArray[np.float64]:
    """Fractions of the frame ``(N, 2)`` to pixels of the base."""
    xy = np.asarray(points, float).reshape(-1, 2) * (frame.width, frame.height)
    return apply(invert(base.to_frame), xy)


def _mask(frame: Frame, base: Any, params: Any) -> tuple[NDArray[np.bool_], tuple[float, ...], tuple[str, ...]]:
    from explainer.vision.augment import labels, outlines, sheet

    pixels = sheet.pixels_of(base.image)
    if params.mask == "paint":
        whole = outlines.painted(params.painted, (frame.height, frame.width)) if params.painted else None
        mask = _brought(whole, base) if whole is not None else np.zeros(pixels.shape[:2], bool)
        box = labels.tight_box(mask)
        note = () if box is not None else ("Nothing is painted yet, so there is no mask and no box.",)
        return mask, box or (0.0, 0.0, 0.0, 0.0), note
    corners = on_base(frame, base, params.box).ravel()
    box = (float(corners[0]), float(corners[1]), float(corners[2]), float(corners[3]))
    return outlines.in_box(pixels, box, params.mask), box, ()


def _brought(mask: NDArray[np.bool_], base: Any) -> NDArray[np.bool_]:
    """A mask of the frame at the base's size, by the nearest pixel."""
    height, width = (int(n) for n in base.image.shape[1:])
    y, x = np.mgrid[:height, :width] + 0.5
    at = apply(base.to_frame, np.stack([x.ravel(), y.ravel()], 1)).astype(int)
    rows = np.clip(at[:, 1], 0, mask.shape[0] - 1)
    columns = np.clip(at[:, 0], 0, mask.shape[1] - 1)
    return np.asarray(mask[rows, columns].reshape(height, width))


def _labels(frame: Frame, base: Any, params: Any, mask: Any, box: tuple[float, ...]) -> tuple[Any, tuple[str, ...]]:
    from explainer.vision.augment import labels

    size = int(base.image.shape[1]), int(base.image.shape[2])
    points = on_base(frame, base, [params.first, params.second, params.third])
    try:
        return labels.labels(box, mask, points, size), ()
    except ValueError as error:
        return None, () if params.mask == "paint" and not params.painted else (str(error),)


def _partners(frame: Frame, params: Any, ctx: Context) -> tuple[tuple[Any, ...], tuple[str, ...], tuple[str, ...]]:
    from explainer.vision.augment.kinds import MIXES

    if not any(card.on and card.kind in MIXES for card in params.cards):
        return (), (), ()
    return ctx.memo(("augment-partners", len(ctx.frames)), lambda: _read_partners(frame, ctx))


def _read_partners(frame: Frame, ctx: Context) -> tuple[tuple[Any, ...], tuple[str, ...], tuple[str, ...]]:
    from explainer.vision.augment import sheet

    found: list[Any] = []
    names: list[str] = []
    unread = 0
    count = len(ctx.frames)
    for step in range(1, count):
        ctx.checkpoint()
        if len(found) == PARTNERS:
            break
        try:
            other = ctx.frames[(frame.index + step) % count]
        except ExplainerError:
            unread += 1
            continue
        if not np.array_equal(other.pixels, frame.pixels):
            found.append(sheet.tensor(other.pixels))
            names.append(other.name or f"picture {step}")
    notes = []
    if not found:
        notes.append("The source has no other picture, so the mix takes another sample of this one; open a folder.")
    if unread:
        are = (
            "picture of the folder could not be read and was" if unread == 1 else "pictures could not be read and were"
        )
        notes.append(f"{unread} {are} skipped.")
    return tuple(found), tuple(names), tuple(notes)


# The sheet --------------------------------------------------------------------------------------------------


def drawn(scene: Scene, params: Any, ctx: Context) -> Drawn:
    """Make the samples, or take those that are there."""
    from explainer.vision.augment import plan, sheet

    seed = params.seed + ctx.seed
    key = (tuple(card for card in params.cards if card.on), seed, params.count)
    where = (key, params.mask, params.box, params.painted, params.first, params.second, params.third)
    with ctx.stage("explain"):
        made = latest(
            ctx, "augment-sheet", where,
            lambda: sheet.sheet(
                scene.base.image, scene.partners, plan.planned(steps_of(params)), seed, params.count, scene.labels,
                ctx.checkpoint,
            ),
        )  # fmt: skip
    return Drawn(made, seed, key)


def is_answered(drawn: Drawn, ctx: Context) -> bool:
    """Whether the network was asked about this sheet before."""
    return is_latest(ctx, "augment-answers", drawn.key)


def answered(scene: Scene, drawn: Drawn, net: Any, ctx: Context) -> Answers:
    """Ask the network about the picture and its samples, in one batch where it fits."""
    return latest(ctx, "augment-answers", drawn.key, lambda: _asked(scene, drawn, net, ctx))


def _asked(scene: Scene, drawn: Drawn, net: Any, ctx: Context) -> Answers:
    from explainer.vision.augment import asking, sheet

    with ctx.stage("prepare"):
        pictures = [sheet.pixels_of(scene.base.image), *(one.pixels for one in drawn.sheet.samples)]
        ready = [net.prepare(Frame(pixels)).tensor for pixels in pictures]
    found = []
    with ctx.stage("model"):
        for start in range(0, len(ready), BATCH):
            ctx.checkpoint()
            found.append(asking.probabilities(net, ready[start : start + BATCH]))
    rows = np.concatenate(found)
    seen = np.ascontiguousarray(ready[0].cpu().numpy(), dtype=np.float32)
    return Answers(rows[0], rows[1:], seen)


def enlarged(scene: Scene, params: Any, drawn: Drawn, ctx: Context) -> Any:
    """Make the chosen sample at full size; ``None`` where none is chosen."""
    from explainer.vision.augment import replay, sheet

    number = params.enlarged - 1
    if not 0 <= number < len(drawn.sheet.samples):
        return None

    def make() -> Any:
        whole = sheet.based(scene.frame.pixels, None).image
        large = sheet.shrunk(whole, FULL_PX)
        if min(large.shape[1:]) < min(scene.size):  # a tiny picture has nothing more to show
            large = scene.base.image
        labels = sheet.larger(scene.labels, scene.size, large) if scene.labels is not None else None
        pairs = [(partner, partner) for partner in scene.partners]
        return replay.enlarged(scene.base.image, large, pairs, drawn.sheet.plan, drawn.seed, number, labels)

    with ctx.stage("explain"):
        return latest(ctx, "augment-large", (drawn.key, number, params.mask, params.box, params.painted,
                                             params.first, params.second, params.third), make)  # fmt: skip
