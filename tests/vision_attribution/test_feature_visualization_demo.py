"""The demo around the ascents: what is kept, what is compared, which pictures of a folder are found."""

import numpy as np
import pytest

from explainer.commands import bootstrap
from explainer.contract.runs import contract_frames
from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.problem import ExplainerError
from explainer.demos.explained.feature_visualization import Params
from explainer.runtime.engine import Job
from explainer.runtime.events import Finished, Partial
from explainer.runtime.token import JobToken

DEMO = bootstrap.demos().demo("feature-visualization")
FRAMES = contract_frames()
QUICK = {"layer": "blocks.2", "channel": 3, "steps": 8, "compare": "none"}


@pytest.fixture(scope="module")
def engine():
    return bootstrap.engine()


def run(engine, frames=(), frame="cat", token=None, seen=None, **params):
    events = [] if seen is None else seen
    values = {**QUICK, **params}
    job = Job(0, DEMO, Params(**values), FRAMES[frame], Settings(threads=1), frames)
    ended = engine.run(job, token or JobToken(), events.append)
    partials = [event.result for event in events if isinstance(event, Partial)]
    return (ended.result if isinstance(ended, Finished) else None), partials


def panel(result, title):
    return next(p for p in result.panels if p.title == title)


def test_another_frame_finds_the_ascent_ready(engine):
    first, grown = run(engine)
    again, none = run(engine, frame="coffee")
    assert grown
    assert not none
    np.testing.assert_array_equal(
        panel(first, "Grown from noise").layers[0].pixels, panel(again, "Grown from noise").layers[0].pixels
    )
    assert first.values["frame_height"] != again.values["frame_height"]


def test_stopped_and_asked_again_goes_on(engine, monkeypatch):
    monkeypatch.setattr("explainer.vision.attribution.ascents.PUBLISH_S", 0.0)
    whole, _ = run(bootstrap.engine(), steps=14, channel=5)

    class StopsAtTheNinth(list):
        def append(self, event):
            super().append(event)
            if sum(isinstance(e, Partial) for e in self) == 9:
                token.cancel()

    token = JobToken()
    stopped, _ = run(engine, token=token, seen=StopsAtTheNinth(), steps=14, channel=5)
    assert stopped is None
    rest, partials = run(engine, steps=14, channel=5)
    assert partials[0].values["step_count"] >= 7
    assert rest.values == whole.values
    np.testing.assert_array_equal(
        panel(rest, "Grown from noise").layers[0].pixels, panel(whole, "Grown from noise").layers[0].pixels
    )


def test_the_comparison_turns_one_switch_over(engine):
    one, _ = run(engine, compare="waves")
    turned, _ = run(engine, helps=("colours", "robust"))
    np.testing.assert_array_equal(
        panel(one, "Without waves").layers[0].pixels, panel(turned, "Grown from noise").layers[0].pixels
    )
    assert one.values["other_height_end"] == turned.values["height_end"]
    assert panel(one, "Without waves").note.startswith("activation")
    assert panel(turned, "Grown from noise").note.startswith("without waves")


def test_the_frame_is_measured_as_the_made_picture_is(engine):
    """The dotted line is the objective of the network's own input, by hand."""
    result, _ = run(engine)
    with bootstrap.zoo().lease("efficientnet-lite0", Settings(threads=1)) as net:
        split = net.split(net.prepare(FRAMES["cat"]).tensor, "blocks.2")
        maps = split.activation[0].numpy()
    assert result.values["frame_height"] == pytest.approx(float(maps[3].mean()), rel=1e-3)
    assert result.values["frame_peak"] == pytest.approx(float(maps[3].max()), rel=1e-3)
    loudest = next(c for c in result.charts if c.title == "Loudest channels here")
    assert loudest.sets[0] == {"channel": int(maps.max(axis=(1, 2)).argmax())}


@pytest.mark.parametrize("frame", ["cat", "rocket"])
def test_by_itself_it_takes_the_channel_with_the_strongest_cell_of_the_last_layer_with_finer_maps(engine, frame):
    result, _ = run(engine, frame=frame, layer="auto", channel=-1)
    with bootstrap.zoo().lease("efficientnet-lite0", Settings(threads=1)) as net:
        x = net.prepare(FRAMES[frame]).tensor
        maps, last = (net.split(x, name).activation[0].numpy() for name in ("blocks.10", "blocks.11"))
    assert (maps.shape[1:], last.shape[1:]) == ((14, 14), (7, 7))
    assert result.resolved["layer"] == "blocks.10"
    assert result.values["wished_index"] == maps.max(axis=(1, 2)).argmax()
    assert result.values["frame_rank"] == 1
    assert "answers loudest" in result.headline


def test_in_a_film_the_channel_stays_that_of_the_first_picture(engine):
    asked = Params(steps=8, compare="none", layer="blocks.2")

    def values(name, time_s):
        frame = Frame(FRAMES[name].pixels, "a film", int(time_s), time_s=time_s)
        return engine.run(
            Job(0, DEMO, asked, frame, Settings(threads=1)), JobToken(), lambda _event: None
        ).result.values

    first, second = values("cat", 0.0), values("rocket", 1.0)
    assert first["frame_rank"] == 1
    assert second["frame_rank"] > 1  # by itself the other picture would have another
    assert second["wished_index"] == first["wished_index"]


def test_a_class_is_asked_of_the_logits(engine):
    result, _ = run(engine, objective="class", target="281", steps=24)
    assert result.values["wished_index"] == 281
    assert result.values["height_end"] > result.values["height_start"] + 3
    assert "“tabby”" in result.reading


def test_too_large_a_channel_number_is_said(engine):
    assert "24 channels, so the last one" in run(engine, channel=4000)[0].reading


# The folder ---------------------------------------------------------------------------------------------


def test_the_best_pictures_of_a_folder_come_first(engine):
    frames = [FRAMES[name] for name in ("rocket", "cat", "coffee")]
    result, _ = run(engine, frames, examples=True)
    heights = {}
    with bootstrap.zoo().lease("efficientnet-lite0", Settings(threads=1)) as net:
        for frame in frames:
            heights[frame.name] = float(net.split(net.prepare(frame).tensor, "blocks.2").activation[0, 3].max())
    best = max(heights, key=heights.get)
    assert result.values["best_example"] == pytest.approx(heights[best], rel=1e-3)
    assert f"Of 3 pictures {best} excites it most" in result.reading
    labels = [layer.text for layer in panel(result, "Best of your pictures").layers[1:]]
    assert labels == [f"{v:.1f}" for v in sorted(heights.values(), reverse=True)]


class Broken(list):
    """A folder whose second picture cannot be read."""

    def __getitem__(self, index):
        if index == 1:
            raise ExplainerError("This one is damaged.")
        return super().__getitem__(index)


def test_a_damaged_picture_is_passed_over(engine):
    frames = Broken([FRAMES["coffee"], FRAMES["cat"], FRAMES["rocket"]])
    assert run(engine, frames, examples=True)[0].values["searched_count"] == 2


def test_an_empty_source_is_said_and_a_single_picture_too(engine):
    nothing, _ = run(engine, (), examples=True)
    assert "no pictures to search" in nothing.reading
    assert nothing.values["searched_count"] == 0
    single, _ = run(engine, (FRAMES["cat"],), examples=True)
    assert "only 1 picture" in single.reading


def test_a_long_video_is_searched_at_64_places(engine):
    tiny = FRAMES["small"].pixels
    frames = [Frame(np.roll(tiny, n, axis=1), "video", n, name=f"frame {n}") for n in range(200)]
    result, _ = run(engine, frames, examples=True, layer="stem")
    assert result.values["searched_count"] == 64
    assert "64 of 200 searched" in panel(result, "Best of your pictures").note
