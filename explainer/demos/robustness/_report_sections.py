"""Sections of the report's page: tables, curves, and pictures written into the text."""

from collections.abc import Sequence
from html import escape

from explainer.core import words
from explainer.demos.robustness import _report_numbers as numbers
from explainer.demos.robustness._corruption_view import LABELS, lower
from explainer.demos.robustness._report_run import Found, Photo, Worst
from explainer.demos.robustness._report_svg import Line, curves


def section(title: str, inside: str, kind: str = "") -> str:
    """Put a heading over a piece of the page."""
    return f"<section class='{kind}'><h2>{title}</h2>{inside}</section>"


def corruptions(found: Found) -> str:
    """Tables of corruption by severity, one for each network."""
    tables = []
    for net, card in enumerate(found.cards):
        table = numbers.corruption_table(found, net)
        if table is None:
            return ""
        head = "".join(f"<th>{s}</th>" for s in found.plan.severities)
        rows = []
        for name, row in zip(LABELS.values(), table, strict=True):
            rows.append(
                f"<tr><th>{escape(name)}</th>{''.join(_cell(v) for v in row)}{_cell(float(row.mean()), 'mean')}</tr>"
            )
        mean = "".join(_cell(v) for v in table.mean(axis=0)) + _cell(float(table.mean()), "mean")
        tables.append(
            f"<table class='heat'><caption>{escape(card.title)}</caption><thead><tr><th>severity</th>{head}"
            f"<th>mean</th></tr></thead><tbody>{''.join(rows)}<tr class='sum'><th>all fifteen</th>{mean}</tr>"
            "</tbody></table>"
        )
    note = "<p>Share of the answers, in %, that are still those to the untouched photo (ImageNet-C, at 224 pixels).</p>"
    return section("Noise, blur, weather and files", note + f"<div class='pair'>{''.join(tables)}</div>")


def _cell(share: float, kind: str = "") -> str:
    dark = " deep" if share > 0.55 else ""
    return f"<td class='{kind}{dark}' style='--v:{100 * share:.0f}%'>{100 * share:.0f}</td>"


def covering(found: Found) -> str:
    """Curves of answers and scores while the picture is covered."""
    charts = []
    for which, title in ((1, "Answers kept"), (2, "Mean score of the answer")):
        lines = []
        for net in range(len(found.cards)):
            for colour, (order, name) in enumerate(numbers.ORDERS.items()):
                curve = numbers.coverage(found, order, net)
                if curve is not None and not (net and order not in ("random", "most-first")):
                    label = name if not net else f"{name} (2nd)"
                    lines.append(Line(label, (100 * curve[0]).tolist(), curve[which].tolist(), colour, bool(net)))
        if not lines:
            return ""
        ticks = [(float(v), f"{v}") for v in (0, 20, 40, 60, 80, 100)]
        drawn = curves(lines, "% of the picture covered", ticks, f"{title} while the picture is covered")
        charts.append(f"<figure><figcaption>{title}</figcaption>{drawn}</figure>")
    second = f" Dashed: {escape(found.cards[1].title)}." if len(found.cards) > 1 else ""
    note = (
        f"<p>Blocks are covered with {escape(found.plan.fill)}; what matters is what Grad-CAM says matters.{second}</p>"
    )
    return section("Covering it bit by bit", note + f"<div class='pair'>{''.join(charts)}</div>")


def light(found: Found) -> str:
    """A small chart for each setting of the light."""
    charts = []
    for setting, name in numbers.SETTINGS.items():
        lines: list[Line] = []
        ticks: list[tuple[float, str]] = []
        for net, card in enumerate(found.cards):
            pair = numbers.light(found, setting, net)
            if pair is None:
                break
            places = list(range(len(pair[0])))
            ticks = [(float(p), label) for p, label in zip(places, pair[0], strict=True)]
            lines.append(Line(card.title.removeprefix("EfficientNet-"), places, pair[1].tolist(), net, bool(net)))
        if lines:
            drawn = curves(lines, name, ticks, f"Answers kept by {name}")
            charts.append(f"<figure><figcaption>{escape(name.split(',')[0].capitalize())}</figcaption>{drawn}</figure>")
    if not charts:
        return ""
    note = "<p>One setting moved at a time; share of the answers kept.</p>"
    return section("Other light", note + f"<div class='trio'>{''.join(charts)}</div>")


def views(found: Found) -> str:
    """A bar for each view."""
    every = [numbers.views(found, net) for net in range(len(found.cards))]
    if not every[0]:
        return ""
    rows = []
    for name in every[0]:
        bars = "".join(f"<i class='bar b{n}' style='--v:{100 * one[name]:.0f}%'></i>" for n, one in enumerate(every))
        shares = " / ".join(words.percent(one[name]) for one in every)
        rows.append(f"<tr><th>{escape(name)}</th><td class='track'>{bars}</td><td class='n'>{shares}</td></tr>")
    return section("The same thing seen otherwise", f"<table class='bars'><tbody>{''.join(rows)}</tbody></table>")


def worst(found: Found) -> str:
    """Pictures that were answered wrongly with the highest score."""
    if not found.worst:
        return ""
    cards = "".join(_case(one, found) for one in found.worst)
    note = "<p>Changed answers with the highest score, one for each photo: left the photo, right what broke it.</p>"
    return section("Surest wrong answers", note + f"<div class='cases'>{cards}</div>", "breaks")


def _case(one: Worst, found: Found) -> str:
    from explainer.vision.stress_report.pictures import data_uri

    card, exam = found.cards[0], one.photo.exams[0]
    name, what = escape(one.photo.name), escape(lower(LABELS[one.corruption]))
    before = f"{escape(card.label(exam.answer))} {words.score(exam.score)}"
    after = f"{escape(card.label(one.answer))} {words.score(one.score)}"
    return (
        f"<figure class='case'><div><img alt='{name}' src='{data_uri(one.clean)}'>"
        f"<img alt='{name}, corrupted' src='{data_uri(one.pixels)}'></div><figcaption><b>{before} → {after}</b>"
        f"<span>{name}; {what}, severity {one.severity}</span></figcaption></figure>"
    )


def photos(found: Found) -> str:
    """A row for each photo, with its picture."""
    parts = list(numbers.parts_kept(found))
    names = {"corruptions": "corrupted", "covering": "covered", "light": "other light", "views": "other view"}
    head = "".join(f"<th>{names[part]}</th>" for part in parts)
    rows = "".join(_row(photo, found, parts) for photo in found.photos)
    note = f"<p>Share of the trials, in %, in which the answer is kept ({escape(found.cards[0].title)}).</p>"
    head = f"<thead><tr><th></th><th>photo</th><th>answer</th><th>score</th>{head}</tr></thead>"
    return section("Photo by photo", f"{note}<table class='heat photos'>{head}<tbody>{rows}</tbody></table>", "wide")


def _row(photo: Photo, found: Found, parts: Sequence[str]) -> str:
    from explainer.vision.stress_report.pictures import data_uri, thumbnail

    exam = photo.exams[0]
    notes = "".join(f"<br>{escape(note)}" for note in photo.notes)
    kept = numbers.kept_of_photo(exam)
    cells = "".join(_cell(kept[part]) for part in parts)
    picture = data_uri(thumbnail(photo.thumb, 96))
    return (
        f"<tr><td class='thumb'><img alt='' src='{picture}'></td><td class='t'>{escape(photo.name)}"
        f"<small>{photo.size[0]} × {photo.size[1]}{notes}</small></td>"
        f"<td class='t'>{escape(found.cards[0].label(exam.answer))}</td>"
        f"<td class='n'>{words.score(exam.score)}</td>{cells}</tr>"
    )
