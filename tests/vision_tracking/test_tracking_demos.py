"""The two larger tracking demos: what they say of bad input, of late and changed pictures, and what they hand on."""

import itertools

import numpy as np
import pytest
from skimage import data

from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY
from explainer.core.layers import Boxes, Image
from explainer.demos.tracking import multi_object_tracker as many
from explainer.demos.tracking import single_object_trackers as single
from explainer.runtime.context import JobContext
from explainer.runtime.memo import Memo
from explainer.runtime.token import JobToken
from explainer.vision.metrics import mot
from explainer.vision.tracking import crowd
from explainer.vision.tracking.mot_text import parsed

CAT = data.chelsea()[::2, ::2].copy()
QUICK = single.Params(trackers=("mosse", "kcf"))
WALK = many.Params(detector="simulated")


class Cpu:
    """Stands in for the zoo: neither demo asks it for a model here."""

    def device(self, _wanted):
        return "cpu"


def run(demo, pixels, params, state=None, index=0, time_s=None, source="test"):
    memo = Memo()
    frame = Frame(np.ascontiguousarray(pixels), source, index, index / 25 if time_s is None else time_s)
    memo.enter(frame, ())
    ctx = JobContext(demo, Settings(), Cpu(), memo, JobToken(), state=state)
    return demo.run(frame, params, ctx)


def follow(demo, pictures, params):
    state, results = None, []
    for i, pixels in enumerate(pictures):
        results.append(run(demo, pixels, params, state, i))
        state = results[-1].state
    return results


def layer(result, panel, name):
    found = {p.title: p for p in result.panels}[panel]
    return next(one for one in found.layers if one.name == name)


# One target ---------------------------------------------------------------------------------------------


def test_on_made_motion_the_truth_is_drawn_and_counted():
    demo = single.SingleObjectTrackers()
    results = follow(demo, [CAT] * 12, single.Params(trackers=("mosse", "kcf"), strength=0.0))
    last = results[-1]
    assert last.values["pictures"] == 12
    assert last.values["mosse_overlap"] > 0.8
    assert last.values["mosse_off"] == last.values["kcf_off"] == 0
    truth = layer(last, "Input", "truth")
    assert isinstance(truth, Boxes)
    scale = CAT.shape[1] / layer(last, "Input", "picture").pixels.shape[1]
    assert last.values["truth_x_px"] * scale == pytest.approx((truth.xyxy[0, 0] + truth.xyxy[0, 2]) / 2)
    assert "MOSSE (" in last.reading


def test_a_hidden_target_is_called_lost_by_kcf_and_the_table_says_so():
    demo = single.SingleObjectTrackers()
    results = follow(demo, [CAT] * 10, single.Params(trackers=("kcf",), strength=0.8))
    assert min(one.values["visible_percent"] for one in results) < 20
    last = results[-1]
    assert last.values["kcf_off"] >= last.values["kcf_told"] > 0
    table = last.charts[-1]
    assert table.rows[0][1:3] == (f"{last.values['kcf_off']:.0f}", f"{last.values['kcf_told']:.0f}")
    assert any("lost" in one.reading for one in results)


def test_the_headline_names_who_is_lost_and_who_is_not():
    from types import SimpleNamespace as Bare

    from explainer.demos.tracking import _single_words as words

    lost, found = Bare(lost=True), Bare(lost=False)
    state = Bare(past={}, made=None)
    assert words.headline(state, {"kcf": lost, "csrt": lost}) == (
        "KCF and CSRT say that they are lost; no other is left."
    )
    assert words.headline(state, {"kcf": lost, "csrt": found}) == "KCF says that it is lost; CSRT does not."


def test_with_a_truth_the_headline_says_who_is_on_the_target_and_who_knows_that_it_is_lost():
    from types import SimpleNamespace as Bare

    from explainer.demos.tracking import _single_records as records
    from explainer.demos.tracking import _single_words as words

    def said(**trackers):
        past = {name: Bare(overlaps=(1.0, overlap)) for name, (overlap, _) in trackers.items()}
        reports = {name: Bare(lost=lost) for name, (_, lost) in trackers.items()}
        return words.headline(Bare(past=past, made=object(), visible=(1.0, 1.0)), reports)

    on, unaware, told, wrong = (0.9, False), (0.0, False), (0.0, True), (0.9, True)
    assert said(mosse=on, kcf=told, csrt=on, siamese=told) == (
        "MOSSE and CSRT are on the target; KCF and Siamese know they are lost."
    )
    assert said(kcf=unaware, csrt=told) == (
        "Nobody is on the target; KCF is lost without knowing; CSRT knows it is lost."
    )
    assert said(mosse=wrong, csrt=on) == "CSRT is on the target; MOSSE gives up too early."
    assert said(mosse=on, csrt=on) == "MOSSE and CSRT are on the target, and none of them feels lost."
    for five in itertools.product((on, unaware, told, wrong), repeat=5):
        assert len(said(**dict(zip(records.NAMES, five, strict=True))).split()) <= 20


def test_a_film_has_no_truth_and_the_reading_says_so():
    demo = single.SingleObjectTrackers()
    moving = [np.roll(CAT, 3 * i, 1) for i in range(5)]
    last = follow(demo, moving, single.Params(scene="source", trackers=("mosse", "kcf")))[-1]
    assert "no truth" in last.reading
    assert "mosse_off" not in last.values
    assert [chart.title for chart in last.charts] == ["Overlap with the median box", "Says it is lost"]


def test_the_same_picture_again_changes_nothing():
    """OpenCV's trackers keep their memory inside: the second run on a picture must not count it twice."""
    demo = single.SingleObjectTrackers()
    before = follow(demo, [CAT] * 4, QUICK)[-1].state
    one, two = (run(demo, CAT, QUICK, before, 4) for _ in range(2))
    assert one.values == two.values
    assert run(demo, CAT, QUICK, one.state, 5).values["pictures"] == 6


@pytest.mark.parametrize("box", [BoxXYXY(1.2, 1.2, 1.6, 1.7), BoxXYXY(0.5, 0.5, 0.505, 0.505), BoxXYXY(0, 0, 1, 1)])
def test_any_box_is_taken_and_a_small_one_is_said(box):
    result = follow(single.SingleObjectTrackers(), [CAT] * 3, single.Params(box=box, trackers=("mosse", "kcf", "mil")))[
        -1
    ]
    assert all(np.isfinite(value) for value in result.values.values())
    assert ("enlarged" in result.reading) == (box.x1 - box.x0 < 0.1 or box.x0 > 1)


@pytest.mark.parametrize("shape", [(1, 1), (12, 6000), (5, 9), (64, 48)])
def test_pictures_of_any_size_are_taken_or_refused_in_words(shape):
    noise = np.random.default_rng(0).integers(0, 255, (*shape, 3), dtype=np.uint8)
    result = run(single.SingleObjectTrackers(), noise, QUICK)
    assert result.panels
    assert ("too small" in result.reading) == (min(shape) < 24)
    result = follow(many.MultiObjectTracker(), [noise] * 2, WALK)[-1]
    assert all(np.isfinite(value) for value in result.values.values())


def test_another_size_starts_anew():
    demo = single.SingleObjectTrackers()
    first = follow(demo, [CAT] * 3, QUICK)[-1]
    again = run(demo, CAT[:, :150], QUICK, first.state, 3)
    assert again.values["pictures"] == 1
    walk = many.MultiObjectTracker()
    first = follow(walk, [CAT] * 3, WALK)[-1]
    again = run(walk, CAT[:, :150], WALK, first.state, 3)
    assert again.values["pictures"] == 1
    assert "another size" in again.reading
    assert "another size" not in run(walk, CAT[:, :150], WALK, again.state, 4).reading


# Many ---------------------------------------------------------------------------------------------------


def test_nothing_is_counted_before_there_is_a_track_to_pair():
    first, second = follow(many.MultiObjectTracker(), [CAT] * 2, WALK)
    assert not {"paired", "mota_percent", "switches"} & set(first.values)
    assert "MOTA" not in first.reading
    assert "0 of" not in first.reading
    assert {cell for _, cell in first.charts[-1].rows} == {"–"}
    begun = first.values["tracks"]
    assert first.headline.startswith(f"{begun:.0f} tracks begin")
    assert second.values["paired"] > 0
    assert second.values["true_boxes"] > second.values["visible_figures"], "the first picture counts, once one counts"
    assert "–" not in {cell for _, cell in second.charts[-1].rows}


def test_the_documents_score_as_the_table_says():
    results = follow(many.MultiObjectTracker(), [CAT] * 25, WALK)
    last = results[-1]
    truth, tracks = (parsed(last.documents[name]) for name in ("truth.txt", "tracks.txt"))
    pairs = zip(truth.by_frame(25), tracks.by_frame(25), strict=True)
    clip = [mot.sight(a.identity, a.xyxy, b.identity, b.xyxy) for a, b in pairs]
    counts = mot.clear_mot(clip)
    assert last.values["mota_percent"] == pytest.approx(100 * counts.mota)
    assert last.values["idf1_percent"] == pytest.approx(100 * mot.identity(clip).f1)
    assert last.values["switches"] == counts.switches
    assert last.values["mota_percent"] > 50


def test_the_matrix_has_its_pairs_on_the_diagonal():
    last = follow(many.MultiObjectTracker(), [CAT] * 6, WALK)[-1]
    matrix = next(chart for chart in last.charts if chart.title == "Cost of each pair")
    paired = int(last.values["paired"])
    assert paired >= 2
    assert np.diag(matrix.values)[:paired].mean() == pytest.approx(last.values["mean_cost"])


def test_a_long_memory_bridges_the_wall_and_a_short_one_does_not():
    ends = {}
    for age in (0, 60):
        params = many.Params(detector="simulated", max_age=age, figures=2, walled=True, wall=BoxXYXY(0.4, 0, 0.6, 1))
        ends[age] = follow(many.MultiObjectTracker(), [CAT] * 60, params)[-1].values
    assert ends[0]["begun"] > ends[60]["begun"]
    assert ends[60]["switches"] <= ends[0]["switches"]
    assert ends[60]["idf1_percent"] > ends[0]["idf1_percent"]


def test_the_wall_is_painted_before_anything_is_detected():
    whole = many.Params(detector="simulated", walled=True, wall=BoxXYXY(0, 0, 1, 1))
    last = follow(many.MultiObjectTracker(), [CAT] * 3, whole)[-1]
    picture = layer(last, "Input", "picture")
    assert isinstance(picture, Image)
    assert np.ptp(picture.pixels.astype(int)) < 60
    assert last.values["detections"] <= 1
    assert last.values["visible_figures"] == 0


def test_a_late_picture_is_predicted_over_the_time_that_passed():
    demo, params = many.MultiObjectTracker(), many.Params(scene="source", walled=False)
    state = None
    for i in range(6):
        result = _with_detection(demo, params, state, i, i / 25, 10 + 4 * i)
        state = result.state
    late = _with_detection(demo, params, state, 6, 5 / 25 + 8 / 25, 10 + 4 * 13)
    assert "came late" in late.reading
    assert late.values["paired"] == 1
    gone = _with_detection(demo, params, state, 6, 5 / 25 + 4.0, 200)
    assert gone.values["begun"] > late.values["begun"]


def _with_detection(demo, params, state, index, time_s, x):
    """Run with one known detection in the place of the network."""
    from explainer.vision.tracking.many import Seen

    seen = Seen(np.array([[x, 20.0, x + 40, 120]]), np.array([0.9]), np.array([0]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(many, "_by_network", lambda *_: seen)
        return run(demo, CAT, params, state, index, time_s)


def test_a_film_is_followed_as_it_comes_and_a_photo_gets_figures():
    demo, params = many.MultiObjectTracker(), many.Params()
    film = run(demo, CAT, params, source="video-1")
    np.testing.assert_array_equal(layer(film, "Input", "picture").pixels, CAT)  # no figure
    assert "truth.txt" not in film.documents
    photo = run(demo, CAT, params, source="synthetic-1")
    assert "truth.txt" in photo.documents
    assert "truth.txt" in run(demo, CAT, many.Params(scene="made"), source="video-1").documents


def test_a_film_in_which_nothing_is_found_is_called_unsuitable_after_some_pictures():
    state, said = None, []
    for index in range(many.EMPTY):
        result = run(many.MultiObjectTracker(), np.full_like(CAT, 90), many.Params(), state, index, source="video-1")
        state = result.state
        said.append(result.unsuitable is not None)
    assert said == [False] * (many.EMPTY - 1) + [True]


def test_one_picture_is_taken_apart_and_stays_the_same():
    demo = many.MultiObjectTracker()
    state = follow(demo, [CAT] * 6, WALK)[-1].state
    expected, found, corrected = (
        run(demo, CAT, many.Params(detector="simulated", moment=moment), state, 6) for moment in (1, 2, 3)
    )
    assert expected.values == found.values == corrected.values
    layers = [[one.name for one in result.panels[0].layers] for result in (expected, found, corrected)]
    assert layers[0] == ["picture", "gates", "predictions"]
    assert set(layers[1]) - set(layers[0]) == {"sure detections", "pairs"}
    assert "tracks" in layers[2]
    assert len(layer(found, "Input", "pairs").start) == found.values["paired"]
    assert [result.headline.split(":")[0] for result in (expected, found)] == ["Predict", "Look"]


def test_what_was_expected_and_not_found_is_dashed():
    demo, params = many.MultiObjectTracker(), many.Params(scene="source")
    state = None
    for i in range(6):
        state = _with_detection(demo, params, state, i, i / 25, 10 + 4 * i).state
    gone = run(demo, np.full_like(CAT, 90), params, state, 6, 6 / 25)
    assert layer(gone, "Input", "unseen").labels == ("#1 not found",)
    assert gone.headline == "#1 goes on by prediction alone, not found."


def test_nanodet_follows_the_walk():
    """The real detector on the walk: several figures are followed, and more than half of the names are right."""
    last = follow(many.MultiObjectTracker(), [CAT] * 12, many.Params(walled=False))[-1]
    assert last.values["shown"] >= 2
    assert last.values["motp_percent"] > 60
    assert last.values["idf1_percent"] > 40


def test_people_alone_are_followed_and_counted():
    all_, people = (
        follow(many.MultiObjectTracker(), [CAT] * 8, many.Params(detector="simulated", kinds=kinds, walled=False))[-1]
        for kinds in ("all", "people")
    )
    assert people.values["true_boxes"] == 0.75 * all_.values["true_boxes"]  # three of the four figures
    assert all("person" in label for label in layer(people, "Input", "tracks").labels)
    assert any("dog" in label for label in layer(all_, "Input", "tracks").labels)


def test_the_state_is_handed_on_without_pictures():
    """What a long run keeps grows by lines of text and sums, not by arrays of pixels."""
    state = follow(many.MultiObjectTracker(), [CAT] * 5, WALK)[-1].state
    assert state.history.tracks.size == len(str(state.history.tracks))
    assert not any(isinstance(value, np.ndarray) for value in vars_of(state))
    assert crowd.SIDE == 640


def vars_of(state):
    return [getattr(state, name) for name in state.__slots__]
