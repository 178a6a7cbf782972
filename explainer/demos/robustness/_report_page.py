"""The report's page: one HTML file with its pictures in it, for screen, print, and both themes."""

from collections.abc import Sequence
from html import escape
from typing import Any

from explainer.core import words
from explainer.demos.robustness import _report_numbers as numbers
from explainer.demos.robustness import _report_sections as sections
from explainer.demos.robustness._report_run import Found
from explainer.demos.robustness._report_sections import section
from explainer.demos.robustness._report_style import STYLE

TITLE = "Stress report"


def page(found: Found, params: Any, seed: int) -> str:
    """Write the page. What comes from outside (names of files, labels, problems) is escaped."""
    count = len(found.photos)
    nets = " and ".join(escape(card.title) for card in found.cards)
    make, photos = "makes" if len(found.cards) == 1 else "make", "one photo" if count == 1 else f"{count} photos"
    lead = f"What {nets} {make} of {photos}, spoiled, covered, relit and seen otherwise."
    body = [
        f"<header><p class='over'>Explainer</p><h1>{TITLE}</h1><p class='lead'>{lead}</p></header>",
        _tiles(found),
        section("What to conclude", _list(numbers.conclusions(found)), "conclude"),
        sections.corruptions(found),
        sections.covering(found),
        sections.light(found),
        sections.views(found),
        sections.worst(found),
        sections.photos(found),
        _skipped(found),
        _method(found, params, seed),
    ]
    return (
        f"<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>{TITLE}</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<meta name='color-scheme' content='light dark'><style>{STYLE}</style></head><body><main>"
        + "\n".join(part for part in body if part)
        + "</main></body></html>\n"
    )


def _list(items: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def _tiles(found: Found) -> str:
    tiles = [(str(len(found.photos)), "photos examined")]
    if found.skipped:
        tiles.append((str(len(found.skipped)), "could not be read"))
    names = {
        "corruptions": "under corruption",
        "covering": "while covered",
        "light": "in other light",
        "views": "seen otherwise",
    }
    kept = [numbers.parts_kept(found, net) for net in range(len(found.cards))]
    for part, name in names.items():
        if part in kept[0]:
            tiles.append((" / ".join(words.percent(one[part]) for one in kept), f"answers kept {name}"))
    return (
        "<div class='tiles'>" + "".join(f"<div><b>{n}</b><span>{escape(t)}</span></div>" for n, t in tiles) + "</div>"
    )


def _skipped(found: Found) -> str:
    return section(f"Left out ({len(found.skipped)})", _list(found.skipped)) if found.skipped else ""


def _method(found: Found, params: Any, seed: int) -> str:
    taken = f" of {found.total} in the source, evenly spaced" if found.total > found.wanted else ""
    orders = f"{found.plan.draws} random orders" if found.plan.draws > 1 else "one random order"
    photos = f"{len(found.photos)} photo{'s' if len(found.photos) > 1 else ''}{taken}"
    passes = f"{found.plan.forwards} forward passes for each photo and network"
    unlabelled = "“Kept” compares with the network's own answer to the untouched photo, which may be wrong."
    published = "the fifteen of ImageNet-C (Hendrycks and Dietterich 2019) with the published constants"
    apart = "frost is drawn, and no JPEG of quality 85 is made afterwards as for the published files"
    items = [
        f"{photos}; {passes}; seed {seed}.",
        f"There are no labels. {unlabelled}",
        f"Corruptions: {published}, on the 224-pixel square that the network sees; {apart}.",
        f"Covering: {found.plan.steps} steps, {orders}; the hottest places are those of the network's own Grad-CAM.",
        "Shares over few photos are rough: of 20 answers each one is five points.",
        f"Detail: {params.detail}. All numbers, photo by photo, are in stress-report.json.",
    ]
    return section("How this was measured", _list(items), "method")
