"""The demo in an engine: what it says of its sets, live answers, what survives, and the network that is kept."""

import numpy as np
import pytest
import torch

from explainer.commands import bootstrap
from explainer.commands.bootstrap import ZooNetworks
from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.params import changed
from explainer.demos.reuse.teachable_camera import TeachableCamera
from explainer.runtime.engine import Engine, Job
from explainer.runtime.events import Finished
from explainer.runtime.runs import DiskRuns, shipped_folder
from explainer.runtime.token import JobToken
from explainer.testing import sample
from explainer.vision.reuse import compared
from explainer.vision.reuse.features import SIDE
from explainer.vision.reuse.sets import TESTS
from explainer.vision.training.examples import centre_square
from explainer.vision.zoo.prepare import as_input
from explainer.vision.zoo.zoo import Zoo

CUP, CAT = sample("coffee").pixels, sample("cat").pixels


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path))


class Person:
    """Shows pictures and presses buttons."""

    def __init__(self, **params):
        self.engine = Engine(Zoo(), networks=ZooNetworks(at_once=False))
        self.demo = TeachableCamera()
        card = bootstrap.zoo().card("efficientnet-lite0")
        self.params = changed(
            self.demo.defaults(), card, **({"source": "own", "name_a": "cat", "name_b": "cup"} | params)
        )
        self.settings, self.index, self.frames = Settings(device="cpu"), 0, ()

    def show(self, pixels, source="camera-1", **pressed):
        self.index += 1
        card = bootstrap.zoo().card("efficientnet-lite0")
        self.params = changed(self.params, card, **pressed)
        frame = Frame(np.ascontiguousarray(np.roll(pixels, 3 * self.index, axis=1)), source, self.index)
        ended = self.engine.run(Job(0, self.demo, self.params, frame, self.settings, self.frames), JobToken(), id)
        assert isinstance(ended, Finished), ended.problem
        return ended.result


def taught():
    person = Person()
    person.show(CAT)
    for n in (1, 2):
        person.show(CAT, shot_a=n)
        person.show(CUP, shot_b=n)
    return person


def test_it_says_what_to_do_until_there_are_two_classes():
    person = Person()
    assert person.show(CAT).headline.startswith("Show it something")
    assert "1 shot of “cat”" in person.show(CAT, shot_a=1).headline
    assert "takes this for" in person.show(CUP, shot_b=1).headline


def test_shots_survive_another_source_and_another_model():
    person = taught()
    result = person.show(CUP, source="folder-7")
    assert result.values["shots_count"] == 4
    assert "“cup”" in result.headline
    person.settings = Settings(model="efficientnet-lite1", device="cpu")
    result = person.show(CAT, source="folder-7")
    assert result.values["shots_count"] == 4
    assert "“cat”" in result.headline


def test_shots_that_were_left_out_are_still_recognised_and_one_decides():
    result = taught().show(CUP)
    assert "all 4 shots are still recognised" in result.reading
    assert [panel.slug for panel in result.panels] == ["picture", "shots"]


def test_use_this_network_makes_one_that_answers_alike():
    person = taught()
    result = person.show(CUP, keep=1)
    (said,) = [text for text in result.badges if text.startswith("kept as")]
    name = said.partition("(")[2].partition(")")[0]
    with Zoo().lease(name, Settings(model=name, device="cpu")) as net:
        assert net.card.labels == ("cat", "cup")
        assert (net.card.tier, net.card.input_px) == ("trained", SIDE)
        square = centre_square(np.roll(CUP, 3 * person.index, axis=1), SIDE)[None]
        scores = torch.softmax(net.logits(as_input(square, net.card, SIDE)), 1)[0]
    assert float(scores[1]) == pytest.approx(result.values["score"], abs=1e-4)


def test_the_picture_is_asked_about_with_one_pass_once_there_are_shots():
    person, passes = taught(), []
    person.show(CUP)
    with person.engine._models.lease("efficientnet-lite0", person.settings) as lent:
        stem = lent.network().stem
        handle = stem.register_forward_hook(lambda _module, given, _out: passes.append(len(given[0])))
        person.show(CUP)
        handle.remove()
    assert passes == [1]


def test_garments_gain_and_digits_do_not(tmp_path):
    runs = DiskRuns(tmp_path, shipped=shipped_folder())
    garments, digits = (Person(source=source) for source in ("garments", "digits"))
    garments.engine = Engine(Zoo(), runs=runs)
    result = garments.show(CAT)
    assert result.values["gain_points"] > 3
    assert result.heroes == ("probe-on-frozen-features", "net-from-scratch")
    other = digits.show(CAT)
    assert other.values["gain_points"] < -5
    assert other.headline.startswith("Frozen features do not help here")


def test_pictures_kept_apart_are_asked_about_once_for_any_number_of_shots(monkeypatch):
    asked, as_it_is = [], compared.features

    def counted(lent, squares, listen):
        asked.append(len(squares))
        return as_it_is(lent, squares, listen)

    monkeypatch.setattr(compared, "features", counted)
    monkeypatch.setattr(compared, "_from_scratch", lambda how, _: np.zeros(len(how.data.test), np.int64))  # takes long
    person = Person(source="digits", shots=1)
    first = person.show(CUP).values
    assert asked.count(TESTS) == 1
    second = person.show(CUP, shots=2).values
    assert asked.count(TESTS) == 1
    anew = Person(source="digits", shots=2)
    assert anew.show(CUP).values["probe_percent"] == second["probe_percent"] != first["probe_percent"]
