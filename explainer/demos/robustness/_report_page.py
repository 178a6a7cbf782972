"""What the report's page says, as plain values; ``resources/pages/stress-report.html`` says it."""

from collections.abc import Iterator
from typing import Any

from explainer.core import words
from explainer.demos.robustness import _report_numbers as numbers
from explainer.demos.robustness._corruption_view import LABELS, lower
from explainer.demos.robustness._report_run import Found
from explainer.vision.stress_report import svg
from explainer.vision.stress_report.svg import Chart, Line, curves

KEPT = {
    "corruptions": "under corruption", "covering": "while covered", "light": "in other light",
    "views": "seen otherwise",
}  # fmt: skip
COLUMNS = {"corruptions": "corrupted", "covering": "covered", "light": "other light", "views": "other view"}
Rows = list[tuple[str, list[float]]]


def page(found: Found, params: Any, seed: int) -> str:
    """Write the page."""
    from explainer.vision.stress_report.page import filled
    from explainer.vision.stress_report.pictures import thumbnail

    parts = list(numbers.parts_kept(found))
    kept = [numbers.kept_of_photo(photo.exams[0]) for photo in found.photos]
    return filled(
        "stress-report.html",
        found=found,
        plan=found.plan,
        nets=[card.title for card in found.cards],
        label=found.cards[0].label,
        seed=seed,
        detail=params.detail,
        svg=svg,
        tiles=list(_tiles(found)),
        conclusions=numbers.conclusions(found),
        tables=list(_tables(found)),
        covering=list(_covering(found)),
        light=list(_light(found)),
        views=_views(found),
        worst=[(one, lower(LABELS[one.corruption])) for one in found.worst],
        parts=[COLUMNS[part] for part in parts],
        photos=[
            (photo, thumbnail(photo.thumb, 96), [shares[part] for part in parts])
            for photo, shares in zip(found.photos, kept, strict=True)
        ],
    )


def _tiles(found: Found) -> Iterator[tuple[str, str]]:
    """Large numbers and what they count."""
    yield str(len(found.photos)), "photos examined"
    if found.skipped:
        yield str(len(found.skipped)), "could not be read"
    kept = [numbers.parts_kept(found, net) for net in range(len(found.cards))]
    for part, name in KEPT.items():
        if part in kept[0]:
            yield " / ".join(words.percent(one[part]) for one in kept), f"answers kept {name}"


def _tables(found: Found) -> Iterator[tuple[str, Rows]]:
    """For each network the share kept by corruption and severity; means last."""
    for net, card in enumerate(found.cards):
        table = numbers.corruption_table(found, net)
        if table is not None:
            rows = [(name, [*row, row.mean()]) for name, row in zip(LABELS.values(), table, strict=True)]
            yield card.title, [*rows, ("all fifteen", [*table.mean(axis=0), table.mean()])]


def _covering(found: Found) -> Iterator[tuple[str, Chart]]:
    """Curves of answers and scores while the picture is covered; of the second network two of them."""
    ticks = [(float(v), f"{v}") for v in (0, 20, 40, 60, 80, 100)]
    for which, title in ((1, "Answers kept"), (2, "Mean score of the answer")):
        lines = []
        for net in range(len(found.cards)):
            for colour, (order, name) in enumerate(numbers.ORDERS.items()):
                curve = numbers.coverage(found, order, net)
                if curve is not None and not (net and order not in ("random", "most-first")):
                    label = f"{name} (2nd)" if net else name
                    lines.append(Line(label, (100 * curve[0]).tolist(), curve[which].tolist(), colour, bool(net)))
        if lines:
            yield title, curves(lines, "% of the picture covered", ticks, f"{title} while the picture is covered")


def _light(found: Found) -> Iterator[tuple[str, Chart]]:
    """A small chart for each setting of the light."""
    for setting, name in numbers.SETTINGS.items():
        pairs = [numbers.light(found, setting, net) for net in range(len(found.cards))]
        lines = [
            Line(card.title.removeprefix("EfficientNet-"), range(len(pair[0])), pair[1].tolist(), net, bool(net))
            for net, (card, pair) in enumerate(zip(found.cards, pairs, strict=True))
            if pair is not None
        ]
        if lines and pairs[0] is not None:
            ticks = [(float(place), label) for place, label in enumerate(pairs[0][0])]
            yield name.split(",")[0].capitalize(), curves(lines, name, ticks, f"Answers kept by {name}")


def _views(found: Found) -> Rows:
    """For each view the share of photos that keep their answer, by network."""
    every = [numbers.views(found, net) for net in range(len(found.cards))]
    return [(name, [one[name] for one in every]) for name in every[0]]
