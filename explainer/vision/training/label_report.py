"""The list of suspicious labels as a file, and what of a folder is not on it."""

import csv
import io

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.vision.training.frozen import Labelled
from explainer.vision.training.label_errors import Judged

HEADER = ("rank", "picture", "label", "looks_like", "p_label", "p_looks_like", "margin", "suspect")


def table(looked: Labelled, judged: Judged, order: NDArray[np.int64]) -> str:
    """The whole list as CSV, most suspicious first."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    known = ("indeed_wrong",) if looked.true is not None else ()
    lines.writerow((*HEADER, *known))
    others, own, margin, wrong = judged.other, judged.own, judged.margin, looked.wrong
    for place, row in enumerate(order.tolist(), 1):
        lines.writerow((
            place, looked.called[row], looked.names[looked.labels[row]], looked.names[others[row]], f"{own[row]:.4f}",
            f"{judged.p[row, others[row]]:.4f}", f"{margin[row]:.4f}", _yes(judged.suspect[row]),
            *((_yes(wrong[row]),) if known else ()),
        ))  # fmt: skip
    return text.getvalue()


def _yes(value: np.bool_) -> str:
    return "yes" if value else "no"


def left_out(looked: Labelled) -> tuple[str, ...]:
    """Say what of a folder was not looked at."""
    said = []
    if looked.unread:
        were = "was" if looked.unread == 1 else "were"
        said.append(f"{words.count(looked.unread, 'picture')} could not be read and {were} left out.")
    if looked.alone:
        named, more = [f"“{name}”" for name in looked.alone[:3]], len(looked.alone) - 3
        listed = words.listed([*named, words.count(more, "other class", "other classes")] if more > 0 else named)
        has, was = ("has", "was") if len(looked.alone) == 1 else ("have", "were")
        said.append(f"{listed} {has} a single picture, which nothing else can judge, and {was} left out.")
    taken = len(looked.labels) + looked.unread + len(looked.alone)
    if taken < looked.total:
        said.append(f"Of {words.thousands(looked.total)} pictures {words.thousands(taken)} were taken, evenly.")
    return tuple(said)
