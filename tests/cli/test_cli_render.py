"""``explainer render``: odd and broken pictures, the names of what it writes, and what stands in the files."""

import json
import os
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage.data import chelsea

from explainer.cli import main

Captured = pytest.CaptureFixture[str]
RESULT_KEYS = {"demo", "params", "source", "values", "reading", "model", "device", "threads", "timings_ms"}
QUICK = ("--device", "cpu", "--threads", "1", "--size", "160x140")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")


def render(source: Path | str, out: Path, *more: str, demo: str = "grad-cam") -> dict[str, Any]:
    assert main(["render", demo, "--source", str(source), "--out", str(out), *QUICK, *more]) == 0
    found: dict[str, Any] = json.loads((out / "result.json").read_text(encoding="utf8"))
    return found


def cat(width: int = 96, height: int = 64) -> Image.Image:
    return Image.fromarray(chelsea()).resize((width, height))


# Odd pictures -------------------------------------------------------------------------------------------


def animated_gif(path: Path) -> None:
    frames = [cat().convert("P"), cat().rotate(90).convert("P"), cat().rotate(180).convert("P")]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=50)


def cmyk_jpeg(path: Path) -> None:
    cat().convert("CMYK").save(path, "JPEG")


def deep_png(path: Path) -> None:
    cv2.imwrite(str(path), chelsea()[:64, :96].astype(np.uint16) * 257)


def deep_grey_png(path: Path) -> None:
    cv2.imwrite(str(path), chelsea()[:64, :96, 0].astype(np.uint16) * 257)


def palette_png(path: Path) -> None:
    cat().convert("P", palette=Image.Palette.ADAPTIVE).save(path)


def grey_png(path: Path) -> None:
    cat().convert("L").save(path)


def alpha_png(path: Path) -> None:
    picture = cat().convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    picture.save(path)


def turned_jpeg(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    cat(96, 64).save(path, "JPEG", exif=exif)


def of_size(width: int, height: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        cat(width, height).save(path)

    return make


def cut_off_jpeg(path: Path) -> None:
    cat(300, 200).save(path, "JPEG", quality=95)
    path.write_bytes(path.read_bytes()[:-4000])


ODD: dict[str, tuple[str, Callable[[Path], None], tuple[int, int], tuple[str, ...]]] = {
    "animated GIF": (
        "a.gif",
        animated_gif,
        (96, 64),
        ("An animated picture, played as a film of 3 pictures.", "palette"),
    ),
    "CMYK JPEG": ("a.jpg", cmyk_jpeg, (96, 64), ("Printing colours (CMYK) were converted to RGB without a profile",)),
    "16-bit PNG": ("a.png", deep_png, (96, 64), ("16 bits a channel were scaled to 8.",)),
    "16-bit grey PNG": ("a.png", deep_grey_png, (96, 64), ("16 bits a channel were scaled to 8.",)),
    "palette PNG": ("a.png", palette_png, (96, 64), ("The colour palette was expanded to RGB.",)),
    "grey PNG": ("a.png", grey_png, (96, 64), ("A grey picture; its three channels are equal.",)),
    "alpha PNG": ("a.png", alpha_png, (96, 64), ("Transparent parts were laid on white.",)),
    "turned JPEG": ("a.jpg", turned_jpeg, (64, 96), ("Turned upright as the camera's orientation tag says.",)),
    "cut-off JPEG": ("a.jpg", cut_off_jpeg, (300, 200), ("The file ends early; the missing part is blank.",)),
    "one pixel": ("a.png", of_size(1, 1), (1, 1), ()),
    "one column": ("a.png", of_size(1, 700), (1, 700), ()),
    "6000 × 12": ("a.png", of_size(6000, 12), (6000, 12), ()),
    "20000 × 10": ("a.png", of_size(20000, 10), (20000, 10), ()),
    "name with spaces and letters": ("ein süßes Bild (1).png", of_size(96, 64), (96, 64), ()),
    "wrong suffix": ("a.jpg", lambda path: cat().save(path, "PNG"), (96, 64), ()),
}


@pytest.mark.parametrize(("name", "make", "size", "notes"), ODD.values(), ids=ODD)
def test_odd_pictures_are_rendered_with_their_notes(
    name: str,
    make: Callable[[Path], None],
    size: tuple[int, int],
    notes: tuple[str, ...],
    tmp_path: Path,
    capsys: Captured,
) -> None:
    make(tmp_path / name)
    result = render(tmp_path / name, tmp_path / "out")
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.count("\n") == 1
    assert result["source"] == str(tmp_path / name)
    assert len(result["notes"]) == len(notes)
    for said, wanted in zip(result["notes"], notes, strict=True):
        assert wanted in said
    with np.load(tmp_path / "out" / "arrays.npz") as arrays:
        assert arrays["input/picture"].shape == (size[1], size[0], 3)
    if "peak_x_px" in result["values"]:
        assert 0 <= result["values"]["peak_x_px"] <= size[0]
        assert 0 <= result["values"]["peak_y_px"] <= size[1]


def test_colours_of_a_file_are_what_the_result_holds(tmp_path: Path) -> None:
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :30], pixels[:, 30:] = (200, 30, 10), (5, 90, 220)
    Image.fromarray(pixels).save(tmp_path / "two.png")
    render(tmp_path / "two.png", tmp_path / "out")
    with np.load(tmp_path / "out" / "arrays.npz") as arrays:
        np.testing.assert_array_equal(arrays["input/picture"], pixels)


# Pictures that cannot be had ----------------------------------------------------------------------------


def claims(side: int) -> Callable[[Path], None]:
    """A small file that says it holds `side` × `side` pixels."""
    return lambda path: _claiming(path, side)


def _claiming(path: Path, side: int) -> None:

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))


def corrupt_png(path: Path) -> None:
    cat(300, 200).save(path, "PNG")
    data = bytearray(path.read_bytes())
    for at in range(200, len(data) - 50, 7):
        data[at] ^= 0x5A
    path.write_bytes(bytes(data))


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "does not exist"),
    "empty": (lambda path: path.write_bytes(b""), "is empty (0 bytes)"),
    "corrupt": (corrupt_png, "is damaged"),
    "text": (lambda path: path.write_text("no picture " * 30), "is text, not a picture"),
    "zeros": (lambda path: path.write_bytes(bytes(5000)), "is filled with zeros, not a picture"),
    "225 megapixels": (claims(15_000), "has 225 megapixels; at most 178 are opened"),
    "400 megapixels": (claims(20_000), "has 400 megapixels; at most 178 are opened"),
    "empty folder": (lambda path: path.mkdir(), "picture"),
}


@pytest.mark.filterwarnings("ignore:Image size")  # as in the program, where Pillow's warning is no error
@pytest.mark.parametrize(("make", "words"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_one_sentence_and_code_1(
    make: Callable[[Path], object], words: str, tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "picture.png"
    make(file)
    assert main(["render", "grad-cam", "--source", str(file), "--out", str(tmp_path / "out"), *QUICK]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert len(captured.err.splitlines()) == 1
    assert "Traceback" not in captured.err
    assert not (tmp_path / "out" / "result.json").exists()


def test_a_damaged_file_in_a_process_of_its_own(tmp_path: Path) -> None:
    corrupt_png(tmp_path / "picture.png")
    done = subprocess.run(
        [sys.executable, "-m", "explainer", "render", "grad-cam", "--source", "picture.png", "--out", "out", *QUICK],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("picture.png is damaged")


@pytest.mark.parametrize("spec", ["camera:x", "http://localhost/a.jpg", "sample:nothing", "synthetic:cube", ""])
def test_words_that_name_no_source_are_one_sentence(spec: str, tmp_path: Path, capsys: Captured) -> None:
    assert main(["render", "grad-cam", "--source", spec, "--out", str(tmp_path / "out"), *QUICK]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "file").write_text("in the way")
    assert main(["render", "grad-cam", "--out", str(tmp_path / "file" / "out"), *QUICK]) == 1
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()) == 1
    assert "could not be made" in captured.err


def test_a_picture_that_does_not_suit_is_one_sentence_and_code_1(tmp_path: Path, capsys: Captured) -> None:
    asked = ["render", "person-matte", "--source", "sample:rocket", "--out", str(tmp_path), *QUICK]
    assert main(asked) == 1
    captured = capsys.readouterr()
    sentence = json.loads((tmp_path / "result.json").read_text(encoding="utf8"))["unsuitable"]["sentence"]
    assert captured.err == f"{sentence} Try sample:astronaut or sample:cameraman.\n"
    assert captured.out == f"Person matte: {tmp_path}\n"  # what there is may be looked at all the same


# What is written ----------------------------------------------------------------------------------------


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return image.size


GRAD_CAM_PARAMS = {"layer", "target", "method", "added", "controls", "removal", "draws", "randomise"}


def test_files_and_keys_are_the_promised_ones(tmp_path: Path) -> None:
    result = render("sample:cat", tmp_path / "out", "--set", "layer=blocks.10")
    assert names(tmp_path / "out") == {
        "panel-0-input.png", "panel-1-grad-cam.png", "panel-2-runner-up.png", "panel-3-cells.png",
        "panel-4-before-the-relu.png", "chart-0-scores.png", "arrays.npz", "result.json",
    }  # fmt: skip
    assert set(result) >= RESULT_KEYS | {"notes"}
    assert result["demo"] == "grad-cam"
    assert result["params"]["layer"] == "blocks.10"
    assert set(result["params"]) == GRAD_CAM_PARAMS
    assert (result["source"], result["model"]) == ("sample:cat", "efficientnet-lite0")
    assert (result["device"], result["threads"]) == ("cpu", 1)
    assert set(result["timings_ms"]) >= {"prepare", "model", "explain", "total"}
    assert all(isinstance(value, float) for value in result["values"].values())
    assert result["values"]["class_index"] == 282
    assert "tiger cat" in result["reading"]


def test_arrays_are_raw_and_named_by_panel_and_layer(tmp_path: Path) -> None:
    result = render("sample:cat", tmp_path)
    with np.load(tmp_path / "arrays.npz") as arrays:
        assert {"input", "input/picture", "grad-cam/picture", "grad-cam/map"} <= set(arrays.files)
        heat, x = arrays["grad-cam/map"], arrays["input"]
        assert (heat.shape, heat.dtype) == ((7, 7), np.float32)
        assert (x.shape, x.dtype) == ((1, 3, 224, 224), np.float32)
        assert float(heat.max()) == pytest.approx(result["values"]["map_max"])
        assert heat.min() >= 0


def test_input_is_the_very_tensor_the_model_saw(tmp_path: Path) -> None:
    import torch

    from explainer.commands import bootstrap
    from explainer.core.context import Settings

    result = render("sample:dog", tmp_path)
    with np.load(tmp_path / "arrays.npz") as arrays:
        x = torch.from_numpy(arrays["input"])
    with bootstrap.zoo().lease("efficientnet-lite0", Settings(device="cpu", threads=1)) as net:
        logits = net.logits(x, stock=True)[0]
    assert int(logits.argmax()) == result["values"]["class_index"]
    assert float(logits.max()) == pytest.approx(result["values"]["logit"], abs=1e-3)


def test_size_is_that_of_each_panel_and_chart(tmp_path: Path) -> None:
    render("sample:cat", tmp_path, "--size", "321x234")
    pictures = sorted(tmp_path.glob("*.png"))
    assert len(pictures) == 6
    assert {size_of(path) for path in pictures} == {(321, 234)}


def test_themes_differ(tmp_path: Path) -> None:
    corner = {}
    for theme in ("light", "dark"):
        render("sample:cat", tmp_path / theme, "--theme", theme)
        with Image.open(tmp_path / theme / "chart-0-scores.png") as image:
            corner[theme] = sum(image.convert("RGB").getpixel((2, 2)))  # type: ignore[arg-type]
    assert corner["dark"] < 200 < 500 < corner["light"]


def test_the_same_command_writes_the_same(tmp_path: Path) -> None:
    one, two = (render("sample:cat", tmp_path / name, "--seed", "3") for name in ("one", "two"))
    for result in (one, two):
        result.pop("timings_ms")
    assert one == two
    for name in ("panel-0-input.png", "panel-1-grad-cam.png", "chart-0-scores.png"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_params_given_are_params_used(tmp_path: Path) -> None:
    maps: dict[str, NDArray[np.float32]] = {}
    for target in ("282", "281"):
        result = render("sample:cat", tmp_path / target, "--set", f"target={target}")
        assert result["values"]["class_index"] == float(target)
        with np.load(tmp_path / target / "arrays.npz") as arrays:
            maps[target] = arrays["grad-cam/map"]
    assert not np.allclose(maps["282"], maps["281"])


def test_a_class_may_be_named(tmp_path: Path) -> None:
    assert render("sample:cat", tmp_path, "--set", "target=tabby")["values"]["class_index"] == 281


def test_other_model_and_fit_are_used(tmp_path: Path) -> None:
    result = render("sample:cat", tmp_path, "--model", "efficientnet-lite1", "--fit", "whole")
    assert result["model"] == "efficientnet-lite1"
    with np.load(tmp_path / "arrays.npz") as arrays:
        assert arrays["input"].shape == (1, 3, 240, 240)


# Videos -------------------------------------------------------------------------------------------------


def film(path: Path, count: int = 12, size: tuple[int, int] = (160, 120)) -> Path:
    """A chequered square that moves 3 px a frame over a smooth ground."""
    ground = np.tile(np.linspace(40, 90, size[0]).astype(np.uint8)[None, :, None], (size[1], 1, 3))
    square = np.kron(
        np.random.default_rng(0).integers(100, 250, (6, 6, 3), dtype=np.uint8), np.ones((5, 5, 1), np.uint8)
    )
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, size)
    assert writer.isOpened()
    for i in range(count):
        frame = ground.copy()
        frame[45:75, 50 + 3 * i : 80 + 3 * i] = square
        writer.write(frame)
    writer.release()
    return path


def frames_of(path: Path) -> list[NDArray[np.uint8]]:
    capture = cv2.VideoCapture(str(path))
    found = []
    while (got := capture.read())[0]:
        found.append(got[1])
    capture.release()
    return found  # type: ignore[return-value]


def test_a_demo_without_memory_draws_frame_0(tmp_path: Path) -> None:
    source = film(tmp_path / "film.avi")
    render(source, tmp_path / "out")
    with np.load(tmp_path / "out" / "arrays.npz") as arrays:
        shown = arrays["input/picture"][..., ::-1].astype(int)
    assert np.abs(shown - frames_of(source)[0].astype(int)).mean() < 1


def test_a_temporal_demo_runs_over_n_frames_and_draws_the_last(tmp_path: Path) -> None:
    source = film(tmp_path / "film.avi")
    box = "box=0.3125,0.375,0.5,0.625"
    centres = []
    for count in (1, 5, 12):
        result = render(source, tmp_path / str(count), "--frames", str(count), "--set", box, demo="correlation-tracker")
        centres.append(result["values"]["x_px"])
    assert centres == pytest.approx([65, 65 + 3 * 4, 65 + 3 * 11], abs=1.5)


def test_a_temporal_demo_gets_a_pan_over_a_photo(tmp_path: Path) -> None:
    result = render("sample:cat", tmp_path, "--frames", "3", demo="correlation-tracker")
    assert any("pan" in note for note in result["notes"])


def test_video_writes_a_film_of_every_frame(tmp_path: Path) -> None:
    source = film(tmp_path / "film.avi", count=5)
    render(source, tmp_path / "out", "--video")
    frames = frames_of(tmp_path / "out" / "video.mp4")
    assert len(frames) == 5
    assert np.abs(frames[0].astype(int) - frames[4].astype(int)).max() > 30


def test_a_film_beyond_the_size_limit_is_a_sentence_and_no_file(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    out = tmp_path / "out"
    out.mkdir()
    (out / "video.mp4").write_bytes(b"before")
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
        "sys.dont_write_bytecode = True  # it would be cut short too, and fail whoever imports it next\n"
        "from explainer.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = ["render", "convolution-microscope", "--source", str(film(tmp_path / "film.avi", count=3)), "--video"]
    done = subprocess.run(
        [sys.executable, "-c", code, *command, "--size", "300x300", "--out", str(out)],
        capture_output=True, text=True, timeout=120, env=dict(os.environ),
    )  # fmt: skip
    assert resource is not None
    assert done.returncode == 1
    assert "video.mp4 could not be written whole" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {"video.mp4": b"before"}


# Without a picture --------------------------------------------------------------------------------------


def test_a_training_demo_runs_to_its_end(tmp_path: Path) -> None:
    result = render("sample:cat", tmp_path, "--set", "epochs=1", demo="train-small-net")
    assert result["model"] is None
    assert result["params"]["epochs"] == 1
    assert result["values"]
    assert not re.search(r"NaN|Infinity", (tmp_path / "result.json").read_text())


def test_a_broken_end_gives_everything_before_with_a_note(tmp_path: Path, capsys: Captured) -> None:
    for i in range(2):
        cat(64, 48).save(tmp_path / f"a{i}.jpg")
    (tmp_path / "a2.jpg").write_bytes(b"\xff\xd8\xff\xe0 broken")
    result = render(tmp_path, tmp_path / "out", demo="correlation-tracker")
    captured = capsys.readouterr()
    assert result["values"]["psr"] > 0
    assert any("a2.jpg" in note for note in result["notes"])
    assert captured.err.startswith("explainer: a2.jpg")
    assert captured.err.count("\n") == 1
