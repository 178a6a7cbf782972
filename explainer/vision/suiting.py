"""Whether a picture suits a demo, asked of the live detector, and what would suit it better."""

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.unsuitable import Offer, Unsuitable

PERSON = 0  # of COCO's classes
DETECTOR_PX = 320
SURE, DOUBT = 0.45, 0.25
PEOPLE = (Offer("sample", "astronaut"), Offer("sample", "cameraman"), Offer("camera"), Offer("open"))


def without_person(frame: Frame, ctx: Context, *, empty: bool) -> Unsuitable | None:
    """Say that nobody is in the picture: nothing was marked, or what is there is surely something else.

    Parameters
    ----------
    empty
        Whether the demo's own network marked no pixel.
    """
    if empty:
        return Unsuitable("There is no person in this picture to be cut out.", PEOPLE)
    other = ctx.memo("surely no person", lambda: _something_else(frame, ctx))
    if not other:
        return None
    why = f"This is a {other} and no person: the network knows only people, so the cut-out means nothing."
    return Unsuitable(why, PEOPLE)


def _something_else(frame: Frame, ctx: Context) -> str:
    """Name of the surest thing in a picture in which nobody is even suspected; "" otherwise."""
    from explainer.vision.detection import coco, gfl, nanodet

    net = ctx.memo(("nanodet", ctx.device), lambda: nanodet.load(ctx.device), keep=True)
    found = gfl.boxes(nanodet.look(net, frame.pixels, DETECTOR_PX), DOUBT)
    if not len(found) or (found.class_id == PERSON).any() or float(found.score.max()) < SURE:
        return ""
    return coco.name(int(found.class_id[int(found.score.argmax())]))
