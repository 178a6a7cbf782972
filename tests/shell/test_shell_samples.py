"""Until somebody has chosen a picture, each demo is shown on the one on which it tells most."""

from dataclasses import replace

import pytest
from shell_fakes import FollowDemo, Heard, LooksDemo, TrainDemo

from explainer.runtime.session import Session
from explainer.sources.opening import sample_names


@pytest.fixture
def sampled(monkeypatch):
    monkeypatch.setattr(LooksDemo, "info", replace(LooksDemo.info, sample="coins"))
    monkeypatch.setattr(FollowDemo, "info", replace(FollowDemo.info, sample="drift"))


@pytest.fixture
def fresh(sampled, house, qtbot):
    made = house.conductor(Session(demo="looks"))
    made.heard = Heard(made)
    made.start()
    qtbot.waitUntil(lambda: bool(made.heard.results))
    return made


def test_the_first_demo_begins_on_its_sample(fresh):
    assert fresh.source_spec == "sample:coins"
    assert fresh.remembered().source == "", "nobody has chosen it, so the next start is free to show another"
    assert fresh.remembered().recent == ()


def test_another_demo_is_never_seen_on_the_sample_of_the_one_before(fresh, qtbot):
    sizes = []
    FollowDemo.hook = lambda frame, _params, _ctx: sizes.append((frame.width, frame.height))
    fresh.choose_demo("follow")
    qtbot.waitUntil(lambda: fresh.source_spec == "sample:drift" and bool(sizes))
    qtbot.waitUntil(lambda: fresh.heard.last("count") is not None)
    assert (384, 303) not in sizes, "that is the size of the coins"


def test_a_demo_without_a_picture_leaves_it_where_it_is(fresh, qtbot):
    fresh.choose_demo("train")
    qtbot.waitUntil(lambda: fresh.heard.last("epoch") == 3)
    assert fresh.source_spec == "sample:coins"
    assert TrainDemo.info.sample == ""


def test_what_somebody_has_chosen_stays(fresh, house, qtbot):
    fresh.open(house.pictures[1])
    qtbot.waitUntil(lambda: fresh.source_spec == house.pictures[1])
    fresh.choose_demo("follow")
    qtbot.waitUntil(lambda: fresh.heard.last("count") is not None)
    assert fresh.source_spec == house.pictures[1]
    assert fresh.remembered().source == house.pictures[1]


def test_the_picture_of_the_last_session_counts_as_chosen(sampled, house, qtbot):
    made = house.conductor(Session(demo="looks", source=house.pictures[2]))
    made.heard = Heard(made)
    made.start()
    qtbot.waitUntil(lambda: bool(made.heard.results))
    assert made.source_spec == house.pictures[2]


def test_every_demo_that_looks_at_a_picture_names_a_sample_that_ships():
    from explainer.demos.finding import Demos

    wrong = [d.info.id for d in Demos().demos() if d.info.uses_frame != (d.info.sample in sample_names())]
    assert wrong == []
