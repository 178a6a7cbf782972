"""Denoisers, the 224-pixel square, the battery and the bench's demo."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.commands import bootstrap
from explainer.contract.runs import photo
from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.problem import ExplainerError
from explainer.demos.robustness import _corruption_table as tables
from explainer.demos.robustness import corruption_bench
from explainer.demos.robustness._corruption_view import LABELS
from explainer.runtime.engine import Job
from explainer.runtime.events import Finished
from explainer.runtime.token import JobToken
from explainer.vision.corruptions import battery, denoise, published, square
from explainer.vision.corruptions.battery import Recipe
from explainer.vision.corruptions.dice import dice
from explainer.vision.zoo.prepare import prepare


def noisy(side: int = 96) -> np.ndarray:
    x = np.linspace(0, 255, side)[None].repeat(side, 0)
    clean = np.stack([x, x.T, np.full_like(x, 90)], axis=-1).astype(np.uint8)
    return published.corrupt(clean, "gaussian-noise", 2, dice(0, "gaussian-noise"))


# Denoisers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(96, 96), (70, 50), (5, 224)])
def test_non_local_means_in_strips_is_the_whole(size: tuple[int, int]) -> None:
    pixels = np.ascontiguousarray(cv2.resize(noisy(), (size[1], size[0])))
    whole = cv2.fastNlMeansDenoisingColored(pixels, None, 12, 12, 7, 21)
    assert (denoise.non_local_means(pixels, 12.0) == whole).all()


@pytest.mark.parametrize("how", ["median", "bilateral", "nlm"])
def test_a_denoiser_brings_noise_nearer_to_clean_and_leaves_flat_ground_alone(how: Any) -> None:
    clean = np.full((64, 64, 3), 120, np.uint8)
    dirty = published.corrupt(clean, "gaussian-noise", 1, dice(0, "x"))
    kept = dirty.copy()
    assert square.distance(denoise.denoise(dirty, how, 3), clean) < 0.6 * square.distance(dirty, clean)
    assert np.abs(denoise.denoise(clean, how, 3).astype(int) - clean).max() <= 2  # by way of Lab and back
    assert (dirty == kept).all()


def test_the_median_is_numpys() -> None:
    pixels = noisy(40)
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (5, 5), axis=(0, 1))
    expected = np.median(windows, axis=(-2, -1))
    assert (denoise.denoise(pixels, "median", 2)[2:-2, 2:-2] == expected).all()


def test_cancelling_is_heard_between_strips() -> None:
    calls = []
    denoise.non_local_means(noisy(), 6.0, lambda: calls.append(1))
    assert len(calls) == 3  # 96 rows in strips of 32


# The square ---------------------------------------------------------------------------------------------


def test_the_square_is_what_lite0_sees_to_the_last_level() -> None:
    frame, card = photo("cat"), bootstrap.zoo().card("efficientnet-lite0")
    seen = prepare(frame, card, "crop", torch.device("cpu"))
    cut = square.square_of(frame, card, "crop")
    assert torch.equal(square.tensor_of(cut.pixels, card, torch.device("cpu")), seen.tensor)
    assert np.allclose(cut.to_frame, seen.to_frame) and cut.focus == seen.focus


def test_a_larger_network_gets_the_same_view_enlarged() -> None:
    frame, card = photo("cat"), bootstrap.zoo().card("efficientnet-lite1")
    assert card.input_px != 224
    cut, own = square.square_of(frame, card, "crop"), prepare(frame, card, "crop", torch.device("cpu"))
    assert cut.pixels.shape == (224, 224, 3)
    assert np.abs(np.subtract(cut.focus, own.focus)).max() < 2
    large = square.tensor_of(cut.pixels, card, torch.device("cpu"))
    assert large.shape == own.tensor.shape
    assert float((large - own.tensor).abs().mean()) < 0.06  # enlarged, so a little softer


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (700, 3), (64, 48)])
def test_any_picture_has_a_square(shape: tuple[int, int]) -> None:
    frame = Frame(np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8))
    for fit in ("crop", "whole"):
        cut = square.square_of(frame, bootstrap.zoo().card("efficientnet-lite0"), fit)
        assert cut.pixels.shape == (224, 224, 3)
        for name in published.NAMES:
            assert published.corrupt(cut.pixels, name, 5, dice(0, name)).shape == (224, 224, 3)


# Asking -------------------------------------------------------------------------------------------------


@dataclass
class Colours:
    """A net that answers with the most of red, green and blue, and counts how often it is asked."""

    asked: int = 0
    device = torch.device("cpu")
    card = bootstrap.zoo().card("efficientnet-lite0")

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        self.asked += 1
        return 10 * x.mean(dim=(2, 3))


def test_answers_come_in_order_and_in_batches() -> None:
    net = Colours()
    squares = [np.full((224, 224, 3), 0, np.uint8) for _ in range(19)]
    for n, one in enumerate(squares):
        one[..., n % 3] = 200
    found = square.answers(net, squares)
    assert found.argmax(axis=1).tolist() == [n % 3 for n in range(19)]
    assert net.asked == 3 and np.allclose(found.sum(axis=1), 1)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30), st.integers(0, 29))
@settings(max_examples=60)
def test_the_rank_is_that_of_sorting(scores: list[float], index: int) -> None:
    index %= len(scores)
    better = sum(score > scores[index] for score in scores)
    assert square.ranks(np.array([scores]), index)[0] == 1 + better


def test_the_battery_is_each_corruption_by_itself() -> None:
    net, pixels = Colours(), square.square_of(photo("coffee"), Colours.card, "crop").pixels
    rows = battery.rows_of(None, None, "fog")
    assert [row.first[0] for row in rows] == list(published.NAMES)
    found = list(battery.battery(net, pixels, [rows[0], rows[9]], (1, 4), seed=3))
    for row, probabilities in zip((rows[0], rows[9]), found, strict=True):
        name = row.first[0]
        alone = [published.corrupt(pixels, name, s, dice(3, name)) for s in (1, 4)]
        assert np.allclose(probabilities, square.answers(net, alone))


def test_a_mix_is_one_after_the_other_and_order_matters() -> None:
    pixels = square.square_of(photo("cat"), Colours.card, "crop").pixels
    there = battery.dirtied(pixels, Recipe(("pixelate", 3), ("brightness", 4)), seed=0)
    step = published.corrupt(pixels, "pixelate", 3, dice(0, "pixelate"))
    assert (there == published.corrupt(step, "brightness", 4, dice(1, "brightness"))).all()
    back = battery.dirtied(pixels, Recipe(("contrast", 5), ("gaussian-noise", 3)), seed=0)
    other = battery.dirtied(pixels, Recipe(("gaussian-noise", 3), ("contrast", 5)), seed=0)
    assert square.distance(back, other) > 10
    assert len(battery.rows_of(("fog", 2), None, "snow")) == 16


# The demo -----------------------------------------------------------------------------------------------


def test_the_demo_offers_what_there_is() -> None:
    assert tuple(LABELS) == published.NAMES
    by_name = {one.name: one for one in bootstrap.demos().demo("corruption-bench").controls()}
    assert [key for key, _ in by_name["corruption"].choices] == list(published.NAMES)
    assert [key for key, _ in by_name["second"].choices] == ["none", *published.NAMES]


def run(params: Any, frame: Frame, frames: Any = ()) -> Any:
    demo = bootstrap.demos().demo("corruption-bench")
    job = Job(0, demo, params, frame, Settings(threads=1), frames)
    outcome = bootstrap.engine().run(job, JobToken(), lambda _event: None)
    assert isinstance(outcome, Finished), outcome
    return outcome.result


def test_the_sheet_frames_what_changes_the_answer_and_leads_to_each() -> None:
    result = run(corruption_bench.Params(severity=4), photo("coffee"))
    (sheet,) = result.panels
    (boxes,) = [one for one in sheet.layers if one.name == "answers"]
    assert boxes.colours.count(0) - 1 == result.values["sheet_answers_kept"]  # the first tile is the clean picture
    assert boxes.sets[0] is None
    assert boxes.sets[10] == {"corruption": "fog", "sheet": False}
    answers = [one for one in sheet.layers if one.name.startswith("answer ")]
    assert len(answers) == len(boxes.colours) == 16
    for said, colour in zip(answers, boxes.colours, strict=True):  # one that holds has no dot, and is the clean one's
        assert (said.colour, said.text == answers[0].text) == ((-1, True) if colour == 0 else (1, False))
    large = run(corruption_bench.Params(severity=4, corruption="fog", sheet=False), photo("coffee"))
    (fog,) = [one for one in sheet.layers if one.name == "fog"]
    assert (fog.pixels == next(p for p in large.panels if p.title == "Corrupted").layers[0].pixels).all()


def test_each_cell_of_the_table_leads_to_its_picture() -> None:
    result = run(corruption_bench.Params(corruption="fog", severity=5), photo("coffee"))
    matrix = next(chart for chart in result.charts if hasattr(chart, "rows") and hasattr(chart, "columns"))
    at = list(LABELS).index("fog") * 5 + 4
    assert matrix.sets[at] == {"corruption": "fog", "severity": 5}
    assert matrix.values.ravel()[at] == pytest.approx(100 * result.values["score_corrupted"], abs=0.05)
    assert result.values["score_clean"] > 0.5 > result.values["score_corrupted"]


class Broken(list):
    """Frames of which the second cannot be read."""

    def __getitem__(self, index: int) -> Frame:  # type: ignore[override]
        if index == 1:
            raise ExplainerError("broken.jpg cannot be read.")
        return super().__getitem__(index)


def test_pictures_of_a_source_are_averaged_and_broken_ones_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(_at: Any, frame: Frame, recipes: Any) -> tables.Rows:
        share = {"cat": 1.0, "coffee": 0.5}[frame.name]
        return tables.Rows(*(np.full((len(recipes), 5), value) for value in (0.6 * share, 10 * share, share)))

    monkeypatch.setattr(tables, "_of_frame", rows)
    frames = Broken(Frame(photo(name).pixels, "s", n, name=name) for n, name in enumerate(("cat", "cat", "coffee")))
    result = run(corruption_bench.Params(scope="folder"), frames[0], frames)
    assert (result.values["pictures"], result.values["pictures_skipped"]) == (2, 1)
    assert "broken.jpg cannot be read." in result.reading and "2 pictures" in result.reading
    assert result.values["table_answers_kept"] == pytest.approx(75 * 0.75)
    assert result.values["table_mean_score"] == pytest.approx(0.45)


def test_of_a_long_source_some_are_taken_evenly() -> None:
    assert tables._places(3) == [0, 1, 2]
    many = tables._places(5000)
    assert len(many) == tables.MOST and many[0] == 0 and many[-1] == 4999
    assert set(np.diff(many)) <= {25, 26}


def test_rows_follow_one_class() -> None:
    probabilities = np.array([[[0.1, 0.7, 0.2]] * 5, [[0.5, 0.3, 0.2]] * 5])
    rows = tables.Rows.of(list(probabilities), target=2, answer=1)
    assert rows.score.tolist() == [[0.2] * 5] * 2 and rows.rank.tolist() == [[2.0] * 5, [3.0] * 5]
    assert rows.kept.tolist() == [[1.0] * 5, [0.0] * 5]
    far = tables.Rows(rows.score, np.full((2, 5), 900.0), rows.kept)
    assert tables.Rows.mean([rows, rows, far]).rank.tolist() == rows.rank.tolist()
