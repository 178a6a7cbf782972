"""The stress report: what is counted, what is skipped, and a page that stands alone."""

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from jinja2 import UndefinedError

from explainer.commands import bootstrap
from explainer.contract.runs import photo
from explainer.core import paths
from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.demos.robustness import _report_numbers as numbers
from explainer.demos.robustness import _report_run, stress_report
from explainer.demos.robustness._report_run import Found, Photo, Worst
from explainer.runtime.engine import Job
from explainer.runtime.events import Finished
from explainer.runtime.frames import SourceFrames
from explainer.runtime.token import JobToken
from explainer.sources.opening import open_source
from explainer.vision.stress.coverage import Coverage
from explainer.vision.stress_report import svg, views
from explainer.vision.stress_report.exam import FULL, QUICK, Exam, Plan, examine, mean_and_margin
from explainer.vision.stress_report.page import filled
from explainer.vision.stress_report.pictures import data_uri, thumbnail

CARD = bootstrap.zoo().card("efficientnet-lite0")


# One photo ----------------------------------------------------------------------------------------------


def test_views_are_what_they_say() -> None:
    x = photo("cat").pixels[:200, :200]
    assert (views.VIEWS["mirrored"](views.VIEWS["mirrored"](x)) == x).all()
    assert (views.VIEWS["upside down"](x) == np.rot90(x, 2)).all()
    assert (views.turned(x, 90.0) == np.rot90(x)).all()
    assert (views.closer(x, 1.0) == x).all()
    assert (views.shifted(x, 0.1)[:, 20:] == x[:, :-20]).all()
    large = views.closer(x, 2.0)
    assert np.abs(large[::2, ::2][20:80, 20:80].astype(int) - x[50:150, 50:150][20:80, 20:80]).mean() < 6
    assert (np.ptp(views.grey(x), axis=2) == 0).all()


def test_a_plan_knows_its_cost() -> None:
    with bootstrap.zoo().lease("efficientnet-lite0", Settings(threads=1)) as net:
        passes = 0
        ask = net.network().register_forward_hook
        sizes: list[int] = []
        handle = ask(lambda _m, inputs, _o: sizes.append(len(inputs[0])))
        plan = Plan(parts=("covering", "views"), steps=4, draws=2)
        for passes, exam in examine(net, photo("cat"), plan):  # noqa: B007
            pass
        handle.remove()
    assert passes == plan.forwards
    assert sum(sizes) <= plan.forwards + 1  # the map for the order may cost one more the first time
    assert set(exam.coverage) == set(numbers.ORDERS) and len(exam.views) == len(views.VIEWS)
    assert not exam.kept.size and not exam.light
    assert (QUICK.forwards, FULL.forwards) == (97, 186)
    labels = [detail.label for detail in stress_report.Detail]
    assert [int(re.findall(r"\d+", text)[0]) for text in labels] == [97, 186]


def test_the_exam_counts_against_the_clean_answer() -> None:
    with bootstrap.zoo().lease("efficientnet-lite0", Settings(threads=1)) as net:
        *_, (_, exam) = examine(net, photo("coffee"), Plan(parts=("corruptions",), severities=(1,)))
    assert "espresso" in CARD.label(exam.answer) and exam.score > 0.5
    assert exam.kept.shape == (15, 1) == exam.best.shape
    assert ((exam.best == exam.answer) == exam.kept).all()
    assert (exam.scores <= exam.best_scores + 1e-12).all()
    assert np.allclose(exam.scores[exam.kept], exam.best_scores[exam.kept])


@pytest.mark.parametrize("shape", [(1, 1), (6000, 12)])
def test_strange_pictures_are_examined_too(shape: tuple[int, int]) -> None:
    frame = Frame(np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8))
    with bootstrap.zoo().lease("efficientnet-lite0", Settings(threads=1)) as net:
        *_, (_, exam) = examine(net, frame, Plan(severities=(5,), steps=2, draws=1, settings=("gamma",)))
    assert np.isfinite(exam.scores).all() and 0 < exam.score <= 1


# Several ------------------------------------------------------------------------------------------------


def exam_of(kept: float, score: float = 0.5, flips: int = 2) -> Exam:
    table = np.zeros((15, 2), bool)
    table.ravel()[: round(30 * kept)] = True
    shares = np.linspace(0, 1, 5)
    curve = Coverage(shares, 1 - shares, (np.arange(5) < flips).astype(float), np.zeros(5, int), 1 - shares)
    best = np.where(table, 3, 9)
    return Exam(
        3, score, np.full((15, 2), 0.2), table, best, np.full((15, 2), 0.6),
        dict.fromkeys(numbers.ORDERS, curve), {}, {"mirrored": (0.4, True), "grey": (0.1, False)},
    )  # fmt: skip


def found_of(*every: tuple[Exam, ...], skipped: tuple[str, ...] = (), cards: int = 1) -> Found:
    plan = Plan(severities=(1, 5), settings=())
    blank = np.zeros((40, 60, 3), np.uint8)
    photos = tuple(Photo(n, f"<b>{n}</b>.jpg", (60, 40), blank, exams) for n, exams in enumerate(every))
    both = (CARD, bootstrap.zoo().card("efficientnet-lite1"))[:cards]
    return Found(both, plan, photos, skipped, len(photos) + len(skipped), len(photos) + len(skipped))


def test_shares_are_means_over_photos() -> None:
    found = found_of((exam_of(1.0, flips=5),), (exam_of(0.5, flips=1),))
    assert numbers.parts_kept(found)["corruptions"] == pytest.approx(0.75)
    assert numbers.corruption_table(found)[0, 0] == 1 and numbers.corruption_table(found)[-1, -1] == 0.5
    assert numbers.views(found) == {"mirrored": 1.0, "grey": 0.0}
    assert numbers.flip_share(found, "random") == 0.25  # from there on only one of two keeps its answer
    assert numbers.values(found)["photos"] == 2


def test_two_networks_differ_clearly_or_not() -> None:
    clear = found_of(*[(exam_of(0.2), exam_of(0.8 + 0.01 * n)) for n in range(6)], cards=2)
    assert any("chance alone would rarely make" in text for text in numbers.conclusions(clear))
    mixed = [(exam_of(0.2), exam_of(0.8)), (exam_of(0.8), exam_of(0.2))] * 3
    assert any("no clear difference" in text for text in numbers.conclusions(found_of(*mixed, cards=2)))
    few = found_of((exam_of(0.2), exam_of(0.8)), cards=2)
    assert any("nothing follows" in text for text in numbers.conclusions(few))


def test_the_margin_is_students() -> None:
    mean, margin = mean_and_margin([1.0, 2.0, 3.0, 4.0, 5.0])
    assert mean == 3 and margin == pytest.approx(2.776 * np.sqrt(2.5 / 5), rel=1e-3)
    assert mean_and_margin([1.0, 2.0])[1] is None


# The page -----------------------------------------------------------------------------------------------


class Outline(HTMLParser):
    """Checks that every element is closed, and gathers addresses."""

    VOID = frozenset({"meta", "img", "br", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.alts: list[str] = []
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.alts += [value for name, value in attrs if name == "alt" and value]
        self.addresses += [value for name, value in attrs if name in ("src", "href") and value]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, tag


def read(page: str) -> Outline:
    outline = Outline()
    outline.feed(page)
    assert outline.open == []
    return outline


def test_the_page_is_whole_and_needs_no_other_file() -> None:
    from explainer.demos.robustness._report_page import page

    found = found_of((exam_of(0.3),), (exam_of(0.9),), skipped=("<script>x</script>.jpg cannot be read.",))
    text = page(found, stress_report.Params(), 0)
    outline = read(text)
    assert outline.addresses and all(one.startswith("data:image/jpeg;base64,") for one in outline.addresses)
    assert "script" not in outline.tags and "&lt;b&gt;0&lt;/b&gt;.jpg" in text
    assert "url(" not in text and "@import" not in text and "prefers-color-scheme" in text and "@media print" in text
    assert "Left out (1)" in text


HOSTILE = ("<script>x</script>", '"><img src=x onerror=x>', "' onload='x", "&lt;b&gt;", "{{ 7 * 7 }}", "</style>")


def page_of_strangers(word: str) -> Outline:
    """A page on which all names, labels, titles and notes are `word`."""
    from explainer.demos.robustness._report_page import page

    cards = tuple(replace(card, title=word, labels=(word,) * 1000) for card in (CARD, CARD))
    whole = found_of((exam_of(0.3), exam_of(0.5)), cards=2)
    blank = np.zeros((8, 8, 3), np.uint8)
    photo = replace(whole.photos[0], name=word, notes=(word,))
    worst = Worst(photo, "fog", 5, 3, 0.9, blank, blank)
    found = replace(whole, cards=cards, photos=(photo,), skipped=(word,), worst=(worst,))
    return read(page(found, stress_report.Params(), 0))


@pytest.mark.parametrize("word", HOSTILE)
def test_whatever_comes_from_outside_is_text(word: str) -> None:
    shown, plain = page_of_strangers(word), page_of_strangers("STRANGER")
    assert (shown.tags, shown.attributes) == (plain.tags, plain.attributes)
    assert "".join(plain.texts).count("STRANGER") > 10 and plain.alts == ["STRANGER", "STRANGER, corrupted"]
    assert "".join(shown.texts) == "".join(plain.texts).replace("STRANGER", word)
    assert shown.alts == [alt.replace("STRANGER", word) for alt in plain.alts]


def test_a_template_that_names_what_is_not_there_fails() -> None:
    with pytest.raises(UndefinedError):
        filled("stress-report.html", found=None)


def test_a_data_address_is_the_picture() -> None:
    pixels = thumbnail(photo("coffee").pixels, 120)
    assert max(pixels.shape[:2]) == 120
    code = base64.b64decode(data_uri(pixels).removeprefix("data:image/jpeg;base64,"))
    read_back = cv2.imdecode(np.frombuffer(code, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert np.abs(read_back.astype(int) - pixels).mean() < 6
    assert (thumbnail(pixels, 500) == pixels).all()


def test_labels_at_the_ends_of_lines_never_overlap() -> None:
    for ends in ([0.0] * 4, [1.0] * 4, [0.5, 0.51, 0.5, 0.0]):
        lines = [svg.Line(f"line {n}", (0, 1), (1, end), n) for n, end in enumerate(ends)]
        heights = sorted(svg.curves(lines, "x", [(0, "0"), (1, "1")], "a chart").names_y)
        assert len(heights) == 4 and min(np.diff(heights)) >= svg.LINE - 0.2
        assert heights[-1] <= svg.HEIGHT


# The demo -----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photos and two files that are none."""
    for name in ("cat", "coffee", "rocket"):
        (tmp_path / f"{name}.jpg").write_bytes((paths.samples() / f"{name}.jpg").read_bytes())
    (tmp_path / "broken.jpg").write_bytes((tmp_path / "cat.jpg").read_bytes()[:300])
    (tmp_path / "words.png").write_text("not a picture")
    return tmp_path


def run(params: stress_report.Params, folder: Path, events: list[Any] | None = None) -> Any:
    demo = bootstrap.demos().demo("stress-report")
    frames = SourceFrames(lambda: open_source(str(folder)))
    first = next(frames[n] for n in range(len(frames)) if n == 1)
    job = Job(0, demo, params, first, Settings(threads=1), frames)
    try:
        outcome = bootstrap.engine().run(job, JobToken(), (events if events is not None else []).append)
    finally:
        frames.close()
    assert isinstance(outcome, Finished), outcome
    return outcome.result


def test_unreadable_files_are_skipped_said_and_counted(folder: Path) -> None:
    events: list[Any] = []
    result = run(stress_report.Params(parts=("views",), compare=True), folder, events)
    assert (result.values["photos"], result.values["photos_skipped"]) == (3, 2)
    assert "2 could not be read" in result.reading and "broken.jpg" in result.reading
    assert set(result.documents) == {"stress-report.html", "stress-report.json"}
    read(result.documents["stress-report.html"])
    written = json.loads(result.documents["stress-report.json"])
    assert [one["name"] for one in written["photos"]] == ["cat.jpg", "coffee.jpg", "rocket.jpg"]
    assert len(written["skipped"]) == 2 and len(written["networks"]) == 2
    assert written["networks"][0]["kept"]["views"] == pytest.approx(result.values["views_kept"], abs=1e-4)
    assert "second_views_kept" in result.values
    shown = [event for event in events if type(event).__name__ == "Partial"]
    assert len(shown) >= 4 and not any(event.result.documents for event in shown)


def test_of_a_long_source_some_are_taken_evenly(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_report_run, "MOST", 3)
    result = run(stress_report.Params(parts=("views",)), folder)
    assert (result.values["photos"], result.values["photos_skipped"]) == (1, 2)
    assert json.loads(result.documents["stress-report.json"])["photos_of_source"] == 5


def test_with_nothing_tried_it_says_so(folder: Path) -> None:
    result = run(stress_report.Params(parts=()), folder)
    assert result.values["photos"] == 3 and result.panels
    read(result.documents["stress-report.html"])
