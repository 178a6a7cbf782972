"""What tifffile, Pillow and OpenCV write in every mode, depth and layout is read to the pixel, or named."""

import io
import itertools

import numpy as np
import pytest
import written_pictures as made
from PIL import Image

from explainer.core.problem import Problem
from explainer.sources.reading import Picture, read_bytes

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


def check(written):
    got = read_bytes(written.data, written.name)
    if written.wanted is None:
        assert isinstance(got, Problem), written.how
        assert written.word in got.what
        assert "damaged" not in got.what
        return
    assert isinstance(got, Picture), (written.how, got)
    assert got.pixels.shape == written.wanted.shape, written.how
    difference = np.abs(got.pixels.astype(int) - written.wanted)
    assert difference.max() <= written.within, written.how


@pytest.mark.parametrize("draw", [made.tiff, made.pillow, made.opencv], ids=lambda draw: draw.__name__)
@pytest.mark.parametrize("part", range(4))
def test_any_picture_is_read_to_the_pixel_or_named(draw, part):
    for seed in range(60 * part, 60 * part + 60):
        written = draw(np.random.default_rng(seed))
        if written is not None:
            check(written)


@pytest.mark.parametrize("photometric", made.COLOURS)
@pytest.mark.parametrize("planar", [False, True], ids=["interleaved", "planes"])
def test_every_depth_of_a_tiff(photometric, planar):
    depths = ("u1", "u2") if photometric in ("separated", "palette") else (*made.INTEGERS, *made.FLOATS)
    for dtype, compression in itertools.product(depths, (None, "lzw", "zlib")):
        rng = np.random.default_rng(1)
        check(made.tiff(rng, photometric=photometric, dtype=dtype, planar=planar, compression=compression))


@pytest.mark.parametrize("orientation", made.ORIENTATIONS)
@pytest.mark.parametrize("fmt", made.TURNED)
def test_every_orientation(fmt, orientation):
    for mode in made.PILLOW[fmt]:
        check(made.pillow(np.random.default_rng(2), format=fmt, mode=mode, orientation=orientation))


@pytest.mark.parametrize("suffix", made.OPENCV)
def test_every_depth_that_opencv_writes(suffix):
    for dtype, channels in itertools.product(made.OPENCV[suffix], (1, 3, 4)):
        written = made.opencv(np.random.default_rng(3), suffix=suffix, dtype=dtype, channels=channels)
        if written is not None:
            check(written)


@pytest.mark.parametrize("orientation", made.ORIENTATIONS)
@pytest.mark.parametrize("compression", ["group4", "jpeg"])
def test_faxes_and_jpegs_in_a_tiff_are_turned_once(compression, orientation):
    corners = np.kron([[0, 255, 255], [0, 0, 255]], np.ones((16, 16))).astype(np.uint8)
    image, out = Image.fromarray(corners), io.BytesIO()
    image = image.convert("1") if compression == "group4" else image
    image.save(out, "TIFF", compression=compression, tiffinfo={274: orientation})
    got = read_bytes(out.getvalue(), "x.tif").pixels
    wanted = made.ORIENTATIONS[orientation](np.repeat(corners[..., None], 3, 2))
    np.testing.assert_allclose(got, wanted, atol=2)
