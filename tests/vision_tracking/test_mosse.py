"""MOSSE against OpenCV, against sums written out by hand, and on motion whose truth is known."""

from functools import cache

import cv2
import numpy as np
import pytest
from skimage import data

from explainer.core.problem import ExplainerError
from explainer.vision.tracking import mosse
from explainer.vision.tracking.mosse import Settings
from explainer.vision.tracking.window import geometry, hann, preprocess, sample

SIDE = 64


def texture(height, width, seed=0):
    noise = np.random.default_rng(seed).uniform(0, 255, (height, width, 3))
    blurred = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return cv2.normalize(blurred, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


@cache
def moving(count, *, hidden=range(0), speed=5.3):
    """A face moves over a photo in changing light and noise; frames and true boxes."""
    rng = np.random.default_rng(1)
    made = []
    ground = cv2.resize(data.coffee(), (480, 360)).astype(np.float64)
    face = cv2.resize(data.astronaut()[:200, 130:330], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    for i in range(count):
        x, y = 60 + speed * i, 140 + 80 * np.sin(i / 9)
        map_ = np.float32([[1, 0, x], [0, 1, y]])
        seen = np.zeros((SIDE, SIDE)) if i in hidden else np.ones((SIDE, SIDE))
        alpha = cv2.warpAffine(seen, map_, (480, 360))[..., None]
        pixels = ground * (1 - alpha) + cv2.warpAffine(face.astype(np.float64), map_, (480, 360)) * alpha
        pixels = pixels * (1 + 0.2 * np.sin(i / 15)) + rng.normal(0, 4, pixels.shape)
        made.append((np.clip(pixels, 0, 255).astype(np.uint8), (x, y, x + SIDE, y + SIDE)))
    return made


def iou(a, b):
    width, height = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1))
    both = max(width, 0) * max(height, 0)
    return both / (sum((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)) - both)


def around(centre, side=SIDE):
    return (centre[0] - side / 2, centre[1] - side / 2, centre[0] + side / 2, centre[1] + side / 2)


def started(pixels, box, settings):
    return mosse.begin(pixels, box, settings, np.random.default_rng(0))


@pytest.mark.parametrize("padding", [1.0, 1.5, 2.5])
def test_it_follows_a_known_motion_as_well_as_opencv(padding):
    settings = Settings(padding=padding)
    (first, box), *rest = moving(60)
    track = started(first, box, settings)
    other = cv2.legacy.TrackerMOSSE_create()
    other.init(first[..., ::-1].copy(), (*map(int, box[:2]), SIDE, SIDE))
    ours, theirs = [], []
    for pixels, truth in rest:
        track, _ = mosse.step(pixels, track, settings)
        _, (x, y, w, h) = other.update(pixels[..., ::-1].copy())
        ours.append(iou(around(track.centre), truth))
        theirs.append(iou((x, y, x + w, y + h), truth))
    assert min(ours) >= 0.9
    assert min(theirs) >= 0.6  # the sequence is one that the reference can follow
    assert np.mean(ours) >= np.mean(theirs)


def test_whole_and_half_pixel_shifts_are_measured():
    large = texture(200, 200)
    settings = Settings(padding=1.0)
    track = started(large, (68.0, 68.0, 132.0, 132.0), settings)
    for dx, dy in [(0, 0), (7, 0), (-3, 11), (0.5, -4.5)]:
        moved = cv2.warpAffine(large, np.float32([[1, 0, dx], [0, 1, dy]]), (200, 200), borderMode=cv2.BORDER_REFLECT)
        after, seen = mosse.step(moved, track, settings)
        # The cosine window weighs the overlap and pulls a far peak a third of a pixel inwards.
        assert seen.shift_px == pytest.approx((dx, dy), abs=0.35)
        assert after.centre == pytest.approx((100 + dx, 100 + dy), abs=0.35)


def test_a_coarse_grid_reports_shifts_in_frame_pixels():
    large = texture(600, 800)
    settings = Settings(padding=1.0)
    track = started(large, (200.0, 150.0, 600.0, 450.0), settings)
    assert track.geometry.grid == (96, 128)
    moved = np.roll(large, (12, -25), axis=(0, 1))
    _, seen = mosse.step(moved, track, settings)
    assert seen.shift_px == pytest.approx((-25, 12), abs=1.0)


def test_the_response_is_the_spatial_correlation_with_the_filter():
    pixels = texture(120, 120)
    settings = Settings(padding=1.0)
    track = started(pixels, (40.0, 44.0, 72.0, 76.0), settings)
    _, seen = mosse.step(pixels, track, settings)
    kernel = np.fft.ifftshift(mosse.spatial_filter(track)).astype(np.float64)
    rows, columns = kernel.shape
    assert (rows, columns) == (32, 32)
    for dy, dx in [(0, 0), (16, 16), (3, 29)]:
        total = sum(
            float(seen.patch[y, x]) * kernel[(y - dy) % rows, (x - dx) % columns]
            for y in range(rows)
            for x in range(columns)
        )
        assert seen.response[dy, dx] == pytest.approx(total, abs=1e-5)


def test_the_filter_solves_its_least_squares_problem():
    """The paper's sum of squared errors over the training windows grows in every direction."""
    rng = np.random.default_rng(3)
    patches = [
        preprocess(cv2.GaussianBlur(rng.uniform(0, 255, (32, 32)).astype(np.float32), (0, 0), 1)) for _ in range(4)
    ]
    spectra = [np.fft.fft2(p) for p in patches]
    wanted = np.fft.fft2(mosse.gaussian((32, 32), 2.0))
    pairs = [mosse._terms(mosse.spectrum(p), 2.0, (32, 32)) for p in patches]
    half = np.mean([a for a, _ in pairs], axis=0) / np.mean([b for _, b in pairs], axis=0)

    def cost(h):
        return sum(np.sum(np.abs(f * h - wanted) ** 2) for f in spectra)

    best = np.fft.fft2(np.fft.irfft2(half, s=(32, 32)))
    for _ in range(5):
        step = np.fft.fft2(rng.normal(size=(32, 32))) * 1e-3
        assert cost(best + step) > cost(best)
        assert cost(best - step) > cost(best)


def test_the_wanted_peak_is_a_gaussian_in_the_middle():
    g = mosse.gaussian((32, 48), 3.0)
    assert np.unravel_index(g.argmax(), g.shape) == (16, 24)
    assert g.max() == 1.0
    assert g[16 + 3, 24 - 4] == pytest.approx(np.exp(-25 / 18))
    np.testing.assert_allclose(mosse.subpixel_peak(np.roll(g, (5, -7), axis=(0, 1))), (17, 21))


def test_subpixel_peak_of_a_shifted_parabola():
    y, x = np.mgrid[0:21, 0:31]
    surface = (5 - (x - 12.3) ** 2 - 2 * (y - 9.8) ** 2).astype(np.float32)
    assert mosse.subpixel_peak(surface) == pytest.approx((12.3, 9.8), abs=1e-4)


def test_psr_by_hand():
    response = np.zeros((20, 20), np.float32)
    response[::2] = 1.0  # sidelobes are half 0, half 1 …
    response[10, 10] = 9.0  # … and the 11 × 11 cells round the peak do not count
    rows = [r for r in range(20) if not 5 <= r <= 15]
    sidelobe = [float(r % 2 == 0) for r in range(20) for c in range(20) if r in rows or not 5 <= c <= 15]
    by_hand = (9.0 - np.mean(sidelobe)) / np.std(sidelobe)
    assert len(sidelobe) == 400 - 121
    assert mosse.psr(response) == pytest.approx(by_hand, rel=1e-6)
    assert mosse.psr(np.roll(response, (8, -9), axis=(0, 1))) == pytest.approx(by_hand, rel=1e-6)
    assert mosse.psr(np.zeros((20, 20), np.float32)) == 0.0


def test_learning_is_a_running_mean():
    first, second = texture(100, 100, 1), texture(100, 100, 2)
    settings = Settings(learning_rate=0.25, padding=1.0)
    track = started(first, (30.0, 30.0, 70.0, 70.0), settings)
    after = mosse.learned(second, track, settings)
    f = np.fft.rfft2(preprocess(sample(second, track.centre, track.geometry)))
    g = np.fft.rfft2(mosse.gaussian(track.geometry.grid, 2.0))
    np.testing.assert_allclose(after.numerator, 0.25 * g * f.conj() + 0.75 * track.numerator, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(after.denominator, 0.25 * abs(f) ** 2 + 0.75 * track.denominator, atol=1e-4)
    frozen = mosse.learned(second, track, Settings(learning_rate=0.0))
    np.testing.assert_array_equal(frozen.numerator, track.numerator)


def test_light_and_gain_do_not_move_the_window_away():
    grey = sample(texture(80, 80), (40.0, 40.0), geometry((40, 40), 1.0, (80, 80)))
    patch = preprocess(grey)
    assert np.linalg.norm(patch / np.where(hann(grey.shape) > 0, hann(grey.shape), 1)) < 1.0001
    bright = preprocess(4 * (grey + 1) - 1)  # log(1 + x) turns a gain of 1 + x into an offset
    np.testing.assert_allclose(bright, patch, atol=1e-5)
    assert np.abs(patch[0]).max() == np.abs(patch[:, -1]).max() == 0.0


def test_a_window_agrees_with_the_frame_it_is_cut_from():
    pixels = texture(90, 110)
    shape = geometry((40, 32), 1.0, (110, 90))
    assert (shape.grid, shape.cell_px) == ((32, 40), (1.0, 1.0))
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    np.testing.assert_allclose(sample(pixels, (50.0, 46.0), shape), grey[30:62, 30:70], atol=0.01)
    outside = sample(pixels, (0.0, 46.0), shape)
    np.testing.assert_allclose(outside[:, :20], np.repeat(grey[30:62, :1], 20, axis=1), atol=0.01)
    np.testing.assert_allclose(outside[:, 20:], grey[30:62, :20], atol=0.01)


def test_hidden_targets_are_lost_unlearned_and_found_again():
    hidden = range(20, 26)
    settings = Settings()
    (first, box), *rest = moving(40, hidden=hidden, speed=2.0)
    track = started(first, box, settings)
    for i, (pixels, truth) in enumerate(rest, start=1):
        before = track
        track, seen = mosse.step(pixels, track, settings)
        assert track.lost == (i in hidden)
        assert (seen.psr < settings.psr_threshold) == (i in hidden)
        if i in hidden:
            assert track.numerator is before.numerator
            assert track.centre == before.centre
        else:
            assert iou(around(track.centre), truth) > 0.8


def test_looking_around_reaches_what_the_window_does_not():
    (first, box), *_ = moving(1)
    jumped = np.roll(first, (10, 70), axis=(0, 1))
    for look, lost in [(False, True), (True, False)]:
        settings = Settings(look_around=look)
        track, _ = mosse.step(jumped, started(first, box, settings), settings)
        assert track.lost == lost
        if look:
            assert track.centre == pytest.approx((92 + 70, 172 + 10), abs=2)


def test_a_flat_box_is_refused_and_a_covered_camera_is_lost():
    flat = np.full((120, 160, 3), 90, np.uint8)
    with pytest.raises(ExplainerError, match="flat"):
        started(flat, (50.0, 40.0, 90.0, 80.0), Settings())
    track = started(texture(120, 160), (50.0, 40.0, 90.0, 80.0), Settings())
    after, seen = mosse.step(flat, track, Settings())
    assert (after.lost, seen.flat, seen.psr) == (True, True, 0.0)


@pytest.mark.parametrize(
    "box", [(0, 0, 2, 2), (158, 118, 160, 120), (0, 0, 160, 120), (40, 60, 42, 62), (0, 59, 160, 61)]
)
def test_any_box_gives_finite_maps(box):
    pixels = texture(120, 160)
    settings = Settings(padding=3.0, look_around=True)
    track, seen = mosse.step(pixels, started(pixels, tuple(map(float, box)), settings), settings)
    assert np.isfinite(seen.response).all()
    assert np.isfinite(mosse.spatial_filter(track)).all()
    assert np.isfinite(seen.psr)
    assert track.geometry.window_px[0] <= 160
    assert max(track.geometry.grid) <= 128


def test_the_same_seed_gives_the_same_filter():
    pixels = texture(100, 100)
    box = (20.0, 20.0, 70.0, 70.0)
    one, two = (started(pixels, box, Settings()) for _ in range(2))
    np.testing.assert_array_equal(one.numerator, two.numerator)
    other = mosse.begin(pixels, box, Settings(), np.random.default_rng(1))
    assert not np.array_equal(one.numerator, other.numerator)
