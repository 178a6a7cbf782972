"""How a map of pictures is drawn: thumbs that do not overlap, who is misplaced, and one picture's true neighbours."""

import numpy as np
from numpy.typing import NDArray

from explainer.core.layers import Boxes, Image, Label, Layer, Lines, Panel, Points
from explainer.core.scattered import SIDE, middles, pinned, places, without_overlap
from explainer.core.walls import framed, wall_of_photos
from explainer.vision.retrieval.mapped import Cloud, Mapped

INK, PHOTO = 36, 48  # px of a thumb on the map
SAME, OTHER, RING = 2, 5, 1  # colours: neighbours of the class and of others, and the picture in question
BESIDE = 5  # neighbours on the wall
MOST_NAMES = 10  # of classes; more would cover the map
UNSEEN = 0.01
CLOSE = 0.75  # of a thumb: so near may grey ones be, whose edges are mostly empty


def map_panel(title: str, note: str, one: Mapped, row: int | None) -> Panel:
    """The map; where a picture is asked for, with lines to its true neighbours and frames round what is misplaced."""
    at, cloud = places(one.xy), one.cloud
    thumb = INK if cloud.ink else PHOTO
    first = np.zeros(len(at))
    if row is not None:
        first[one.misplaced] = 1
        first[one.true[row]] = 2
        first[row] = 3
    shown = without_overlap(at, np.argsort(-first, kind="stable"), CLOSE * thumb if cloud.ink else thumb)
    if cloud.ink and cloud.labels is None:  # noise: the places alone are of interest
        shown &= first > 1
    classes = np.zeros(len(at), np.int64) if cloud.labels is None else cloud.labels
    pixels = pinned(cloud.pictures, at, classes, shown, ink=cloud.ink, thumb=thumb)
    # Below the picture, where it is not seen, lies what a click finds.
    clicked = Points("pictures", at, size_px=UNSEEN, sets=tuple({"picked": str(n + 1)} for n in range(len(at))))
    layers: list[Layer] = [clicked, Image("map", pixels)]
    if row is not None:
        layers += asked(one, at, shown, row, thumb)
    return Panel(title, (SIDE, SIDE), (*layers, *class_names(cloud, at)), note, frame=False)


def asked(one: Mapped, at: NDArray[np.float64], shown: NDArray[np.bool_], row: int, thumb: int) -> list[Layer]:
    """Lines from a picture to its neighbours in the space, a ring round it, and frames round all that is misplaced."""
    labels = one.cloud.labels
    colours = tuple(SAME if labels is None or labels[n] == labels[row] else OTHER for n in one.true[row])
    paths = tuple(np.stack([at[row], at[n]]) for n in one.true[row])
    centre, half = at[one.misplaced & shown], thumb / 2
    frames = Boxes("misplaced", np.hstack([centre - half, centre + half]), colours=(OTHER,) * len(centre))
    ring = Points("picked", at[row][None], colours=(RING,), size_px=26.0)
    return [Lines("true neighbours", paths, colours, width_px=2.0), frames, ring]


def class_names(cloud: Cloud, at: NDArray[np.float64]) -> tuple[Label, ...]:
    """The name of each class in its middle."""
    if cloud.labels is None or len(cloud.names) > MOST_NAMES:
        return ()
    found = middles(at, cloud.labels)
    return tuple(Label(f"class {k}", cloud.names[k], place) for k, place in found.items())


def wall(one: Mapped, row: int) -> Panel:
    """The picture with its nearest in the space above, and with its nearest on the map below; other classes framed."""
    cloud, count = one.cloud, min(BESIDE, one.cloud.k)
    order = np.concatenate([np.r_[row, near[row, :count]] for near in (one.true, one.shown)])
    labels = cloud.labels
    names = ("",) * len(order) if labels is None else tuple(cloud.names[k][:12] for k in labels[order])
    panel = wall_of_photos(
        "Nearest neighbours", cloud.pictures[order], names, ("",) * len(order), columns=count + 1,
        lit=np.ones(len(order), np.bool_), smooth=not cloud.ink, note="above: in the space, below: on the map",
    )  # fmt: skip
    return panel if labels is None else framed(panel, labels[order] != labels[row])
