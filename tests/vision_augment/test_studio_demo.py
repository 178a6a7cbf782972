"""The studio as a demo: what it says of a folder with broken pictures, of odd labels, and of a chosen sample."""

import pytest
from augment_fakes import photo

from explainer.commands import bootstrap
from explainer.commands.render import run_one
from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.params import changed
from explainer.core.problem import ExplainerError
from explainer.demos.data import _studio_view as view
from explainer.demos.data.augmentation_studio import AugmentationStudio, Params

ENGINE = bootstrap.engine()
FRAME = Frame(photo(240, 320), "test", 0, name="mine.png")


def shown(frame=FRAME, frames=(), **values):
    params = changed(Params(count=2), None, **values)
    return run_one(ENGINE, AugmentationStudio(), params, frame, Settings(threads=1), frames).result


class Folder:
    """Five pictures, of which two cannot be read."""

    def __len__(self):
        return 5

    def __getitem__(self, index):
        if index in (1, 3):
            raise ExplainerError("broken.jpg cannot be read.", "Open another.")
        return FRAME if index == 0 else Frame(photo(100, 200, seed=index), "test", index, name=f"{index}.png")


def test_unreadable_pictures_of_a_folder_are_skipped_and_counted_in_a_sentence():
    got = shown(frames=Folder(), cards='[{"kind": "mixup"}]', seed=3)
    assert "2 pictures could not be read and were skipped." in got.reading
    assert "PARTNERS = ['2.png', '4.png']" in got.documents["augmentation.py"]
    assert 0.0 < got.values["mix_share"] < 1.0


def test_one_picture_alone_is_mixed_with_itself_and_the_reading_says_so():
    got = shown(frames=(FRAME,), cards='[{"kind": "affine"}, {"kind": "cutmix"}]')
    assert "no other picture" in got.reading
    assert "PARTNERS = []" in got.documents["augmentation.py"]


def test_a_card_that_is_off_is_as_if_it_were_not_there():
    on = shown(cards='[{"kind": "noise"}]')
    off = shown(cards='[{"kind": "noise", "on": false}]')
    none = shown(cards="[]")
    assert off.values == none.values
    assert on.values != none.values
    assert none.values["score_deviation"] == pytest.approx(0.0, abs=1e-6)
    assert none.values["flips"] == 0.0


def test_a_card_that_cannot_be_applied_is_named_and_the_rest_goes_on():
    got = shown(
        cards='[{"kind": "resize", "size": 32}, {"kind": "crop", "size": 256}, {"kind": "invert", "chance": 1}]'
    )
    assert "“Pad and crop” was left out: the picture that comes to it is 42 × 32 px" in got.reading
    assert got.values["cards_left_out"] == 1.0
    assert "RandomCrop" not in got.documents["augmentation.py"]
    assert "RandomInvert" in got.documents["augmentation.py"]


def test_policies_drop_the_labels_and_say_so():
    got = shown(cards='[{"kind": "trivialaugment"}]')
    assert "refuse boxes" in got.reading
    assert "box_area_px" not in got.values


def test_without_strokes_there_is_no_mask_and_with_them_the_box_goes_round_it():
    assert "Nothing is painted yet" in shown(mask="paint").reading
    got = shown(mask="paint", painted="[[[[0.3, 0.5], [0.7, 0.5]], 0.05]]", cards="[]")
    assert got.values["box_area_px"] == pytest.approx(0.5 * 341 * 2 * 0.05 * 341, rel=0.1)


def test_a_box_outside_the_middle_of_a_very_long_picture_is_said():
    got = shown(Frame(photo(24, 400), "long"), box="0.0,0.1,0.1,0.9")
    assert "outside the picture" in got.reading


def test_a_click_on_a_tile_enlarges_it_and_a_second_click_lets_go():
    plain, large = shown(), shown(enlarged=2)
    (boxes,) = [layer for layer in plain.panels[1].layers if layer.name == "samples"]
    assert boxes.sets == ({"enlarged": 1}, {"enlarged": 2})
    (boxes,) = [layer for layer in large.panels[1].layers if layer.name == "samples"]
    assert boxes.sets == ({"enlarged": 1}, {"enlarged": 0})
    assert [panel.title for panel in large.panels] == ["Input", "Sheet", "Sample 2"]


def test_a_large_photo_is_enlarged_beyond_the_sheets_size():
    got = shown(Frame(photo(900, 1600), "big"), enlarged=1)
    assert got.panels[2].size == (1280.0, 720.0)
    assert shown(Frame(photo(20, 30), "tiny"), enlarged=1).panels[2].size == (384.0, 256.0)


def test_bars_have_the_length_of_the_score_over_a_muted_track():
    got = shown(cards="[]")
    (lines,) = [layer for layer in got.panels[1].layers if layer.name == "scores"]
    track, bar = lines.paths[:2]
    wide = view.HIGH * 341 / 256
    assert track[1, 0] - track[0, 0] == pytest.approx(wide)
    assert bar[1, 0] - bar[0, 0] == pytest.approx(wide * got.values["score_clean"], rel=1e-6)
    assert lines.colours[:2] == (-2, -1)


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (4, 2), (9, 3), (15, 5)])
def test_tiles_fill_a_grid(count, columns):
    assert view.columns_for(count, 125.0, 100.0) == columns


def test_nothing_new_is_computed_for_another_tile():
    """The network is asked once for a sheet, whatever is enlarged or drawn."""
    asked = []
    real = AugmentationStudio.run

    class Counting(AugmentationStudio):
        def run(self, frame, params, ctx):
            from explainer.vision.augment import asking

            before = asking.probabilities
            asking.probabilities = lambda net, ready: (asked.append(len(ready)), before(net, ready))[1]
            try:
                return real(self, frame, params, ctx)
            finally:
                asking.probabilities = before

    engine = bootstrap.engine()
    for values in ({}, {"enlarged": 1}, {"labels": ()}, {"seed": 1}):
        run_one(engine, Counting(), changed(Params(count=2), None, **values), FRAME, Settings(threads=1))
    assert asked == [3, 3]
