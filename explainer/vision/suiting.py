"""Whether a picture suits a demo, asked of the live detector, and what would suit it better."""

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.unsuitable import Offer, Unsuitable

PERSON = 0  # of COCO's classes
DETECTOR_PX = 320
SURE, DOUBT = 0.45, 0.25
A_LITTLE = 0.03  # of a picture
UNSURE = 0.35  # the detector's usual threshold
PEOPLE = (Offer("sample", "astronaut"), Offer("sample", "cameraman"), Offer("camera"), Offer("open"))
SURROUNDED, AGREED = 0.13, 0.7
SURROUNDINGS = (Offer("sample", "temple"), Offer("sample", "flower"), Offer("sample", "cameraman"), Offer("camera"))
THINGS = (Offer("sample", "astronaut"), Offer("sample", "dog"), Offer("camera"))


def without_person(frame: Frame, ctx: Context, *, marked: float) -> Unsuitable | None:
    """Say that nobody is in the picture: little or nothing was marked, or what is there is surely something else.

    Parameters
    ----------
    marked
        Share of the picture that the demo's own network marked as a person, 0…1. A little of it counts where the
        detector is sure of a person.
    """
    if not marked or (marked < A_LITTLE and not _surely_somebody(frame, ctx)):
        return Unsuitable("There is no person in this picture to be cut out.", PEOPLE)
    other = ctx.memo("surely no person", lambda: _something_else(frame, ctx))
    if not other:
        return None
    why = f"This is a {other} and no person: the network knows only people, so the cut-out means nothing."
    return Unsuitable(why, PEOPLE)


def without_motion() -> Unsuitable:
    """Say that a tracker has nothing to follow in a film."""
    offers = (Offer("sample", "drift"), Offer("camera"), Offer("open"),
              Offer("set", {"scene": "made"}, "Let figures walk over it"))  # fmt: skip
    return Unsuitable("The detector has found nothing in this film that could be followed.", offers)


def without_things(best: float) -> Unsuitable | None:
    """Say that a detector is sure of nothing in the picture; not where only a high threshold hides what it found.

    Parameters
    ----------
    best
        Highest score of any cell and class.
    """
    if best >= UNSURE:
        return None
    why = "The detector knows 80 kinds of things and is sure of none of them in this picture."
    return Unsuitable(why, (*THINGS, Offer("set", {"score": 0.1}, "Lower the score threshold")))


def without_background(marked: float, agreement: float) -> Unsuitable | None:
    """Say that too little background is sure, where methods that learn from it disagree for that.

    Parameters
    ----------
    marked
        Share of the picture that counts as background from the start.
    agreement
        Mean IoU of the chosen method's mask with the others'.
    """
    if marked >= SURROUNDED or agreement >= AGREED:
        return None
    return Unsuitable(
        "Too little of the picture is surely background, so the methods disagree about what belongs to the object.",
        SURROUNDINGS,
    )


def portrait(marked: float, frame: Frame, ctx: Context) -> bool:
    """Whether somebody fills the picture, so that little of it is surely background.

    Parameters
    ----------
    marked
        Share of the picture that counts as background from the start.
    """
    return marked < SURROUNDED and _surely_somebody(frame, ctx)


def _surely_somebody(frame: Frame, ctx: Context) -> bool:
    return ctx.memo("surely a person", lambda: PERSON in _surest(frame, ctx))


def _surest(frame: Frame, ctx: Context) -> set[int]:
    """Classes of what the detector is sure of."""
    from explainer.vision.detection import gfl, nanodet

    net = ctx.memo(("nanodet", ctx.device), lambda: nanodet.load(ctx.device), keep=True)
    return set(gfl.boxes(nanodet.look(net, frame.pixels, DETECTOR_PX), SURE).class_id.tolist())


def _something_else(frame: Frame, ctx: Context) -> str:
    """Name of the surest thing in a picture in which nobody is even suspected; "" otherwise."""
    from explainer.vision.detection import coco, gfl, nanodet

    net = ctx.memo(("nanodet", ctx.device), lambda: nanodet.load(ctx.device), keep=True)
    found = gfl.boxes(nanodet.look(net, frame.pixels, DETECTOR_PX), DOUBT)
    if not len(found) or (found.class_id == PERSON).any() or float(found.score.max()) < SURE:
        return ""
    return coco.name(int(found.class_id[int(found.score.argmax())]))
