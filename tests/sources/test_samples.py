"""What is shipped beside the program is what its manifests say."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from explainer.core.paths import resource, samples

ROWS = json.loads((samples() / "manifest.json").read_text("utf-8"))
KEPT_OUT = {
    "aero1", "apple", "baboon", "board", "building", "butterfly", "fruits", "home", "messi5", "orange",
    "squirrel_cls",
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_row(row):
    data = (samples() / row["file"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == row["sha256"]
    assert len(data) == row["bytes"]
    assert row["licence"]
    assert row["source"]
    assert KEPT_OUT.isdisjoint({row["file"].split(".")[0], row["source"].split("/")[-1].split(".")[0]})
    assert f"| {row['file']} |" in (samples() / "CREDITS.md").read_text("utf-8")


def test_nothing_lies_there_unnamed():
    lying = {file.name for file in samples().iterdir()}
    assert lying == {row["file"] for row in ROWS} | {"manifest.json", "CREDITS.md"}
    assert sum(row["bytes"] for row in ROWS) < 8_000_000


def test_pictures_are_small_enough_and_differ():
    seen = set()
    for row in ROWS:
        if row["file"].endswith(".jpg"):
            with Image.open(samples() / row["file"]) as image:
                assert max(image.size) <= 1280
                assert image.mode in ("RGB", "L")
                seen.add(image.convert("L").resize((8, 8)).tobytes())
    assert len(seen) == len(ROWS) - 1


def test_digits():
    with np.load(resource("data", "digits.npz"), allow_pickle=False) as data:
        images, labels = data["images"], data["labels"]
    assert images.shape == (1797, 8, 8)
    assert images.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 16)
    # Class counts of the test set as its authors give them.
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    rows = {row["file"]: row for row in json.loads(resource("data", "manifest.json").read_text("utf-8"))}
    digest = hashlib.sha256(resource("data", "digits.npz").read_bytes()).hexdigest()
    assert rows["digits.npz"]["sha256"] == digest
    assert {"source", "licence", "command"} <= rows["digits.npz"].keys()
