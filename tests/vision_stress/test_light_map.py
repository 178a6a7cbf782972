"""The gain × gamma map and the sweeps, on the shipped network."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from explainer.commands import bootstrap
from explainer.contract.runs import photo
from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.vision.stress.asking import ask, square_of, squares_of
from explainer.vision.stress.light import Light, illumination, tone_table, work_copy
from explainer.vision.stress.light_map import GAINS, GAMMAS, SWEEP_PX, SWEEPS, gain_gamma_map, light_sweep
from explainer.vision.stress.remedies import clahe


@pytest.fixture(scope="module")
def net() -> Iterator[Any]:
    with bootstrap.zoo().lease("efficientnet-lite0", Settings(device="cpu", threads=1)) as lent:
        yield lent


def test_the_middle_of_the_map_is_no_change() -> None:
    assert len(GAINS) == len(GAMMAS) == 11
    assert (GAINS[0], GAINS[5], GAINS[10]) == (0.25, 1.0, 4.0)
    assert (tone_table(1.0, 1.0) == np.arange(256)).all()


def test_what_is_asked_is_what_the_classifier_sees(net: Any) -> None:
    frame = photo("dog")
    square = square_of(net, frame)
    assert square.shape == (224, 224, 3)
    direct = net.logits(net.prepare(frame).tensor)[0].double().softmax(0).cpu().numpy()
    assert ask(net, [square])[0] == pytest.approx(direct, abs=1e-4)


def test_a_map_grows_and_each_cell_is_the_answer_to_its_picture(net: Any) -> None:
    square, gains, gammas = square_of(net, photo("dog")), GAINS[::2], GAMMAS[3:8]
    steps = list(gain_gamma_map(net, square, 154, gains=gains, gammas=gammas, remedies=("clahe",)))
    assert [step.done for step in steps] == sorted({step.done for step in steps})
    assert steps[0].done <= 9
    assert np.isfinite(steps[0].scores).all()
    whole = steps[-1]
    assert whole.done == whole.scores.size == len(gains) * len(gammas)
    for row, column in ((0, 0), (2, 3), (4, 5)):
        (answers,) = ask(net, [clahe(tone_table(gains[column], gammas[row])[square])])
        assert whole.scores[row, column] == pytest.approx(answers[154], abs=1e-4)
        assert whole.best[row, column] == answers.argmax()
        assert whole.best_scores[row, column] == pytest.approx(answers.max(), abs=1e-4)
    assert whole.kept(154) == pytest.approx((whole.best == 154).mean())


def test_a_sweep_moves_one_setting(net: Any) -> None:
    frame = photo("dog")
    swept = light_sweep(net, frame, "haze", (0.0, 0.9, 1.0))
    small = work_copy(frame.pixels, SWEEP_PX)
    (square,) = squares_of(net, [illumination(small, Light(haze=0.9))])
    assert swept.scores[1] == pytest.approx(ask(net, [square])[0][154], abs=1e-4)
    assert swept.scores[2] < 0.05  # nothing is left to see
    assert swept.kept.tolist()[0] is True
    assert swept.kept.tolist()[2] is False


def test_every_sweep_names_a_setting_and_holds_the_picture_as_it_is() -> None:
    for name, values in SWEEPS.items():
        assert getattr(Light(), name) in values


def test_a_grey_and_a_tiny_picture_can_be_asked_about(net: Any) -> None:
    for pixels in (np.full((1, 1, 3), 77, np.uint8), np.zeros((12, 300, 3), np.uint8)):
        assert light_sweep(net, Frame(pixels), "contrast", (0.5, 1.0)).scores.shape == (2,)
