"""Make ``resources/data/garments.npz``: 6,000 pictures of Fashion-MNIST, training and test pictures apart.

    apt-get download dataset-fashion-mnist && dpkg-deb -x dataset-fashion-mnist_*.deb FASHION
    python packaging/make_garments.py FASHION/usr/share/datasets/fashion-mnist

The first 500 of each class in the training part and the first 100 of each in the test part, class after class in
turn, so that the first 10 · n pictures are balanced for every n. The archive holds ``train (5000, 28, 28) uint8``,
``train_labels (5000,) uint8``, and ``test``, ``test_labels`` of 1,000.
"""

import argparse
import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = "garments.npz"
EACH = {"train": 500, "t10k": 100}
CLASSES = 10
DATA = Path(__file__).resolve().parent.parent / "resources" / "data"


def part(folder: Path, name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures ``(N, 28, 28)`` and labels of one part, ``train`` or ``t10k``."""
    with gzip.open(folder / f"{name}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(folder / f"{name}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return images, labels


def balanced(images: NDArray[np.uint8], labels: NDArray[np.uint8], each: int) -> tuple[NDArray[np.uint8], ...]:
    """First `each` of every class, class after class in turn."""
    rows = np.stack([np.flatnonzero(labels == k)[:each] for k in range(CLASSES)], axis=1).ravel()
    return images[rows], labels[rows]


def main() -> None:
    """Write the archive and its row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("fashion", type=Path)
    folder = parser.parse_args().fashion
    train, train_labels = balanced(*part(folder, "train"), EACH["train"])
    test, test_labels = balanced(*part(folder, "t10k"), EACH["t10k"])
    target = DATA / FILE
    np.savez_compressed(target, train=train, train_labels=train_labels, test=test, test_labels=test_labels)
    record(
        FILE,
        "Debian dataset-fashion-mnist 0.0~git20200523.55506a9-1 (Zalando SE, 2017): the first 500 of each class of the "
        "training part and the first 100 of each of the test part",
        "MIT",
        "python packaging/make_garments.py FASHION",
    )
    print(f"{FILE}: {len(train)} + {len(test)} garments, {target.stat().st_size:,} bytes")


def record(name: str, source: str, licence: str, command: str) -> None:
    """Put the row of a file into ``resources/data/manifest.json``."""
    manifest = DATA / "manifest.json"
    digest = hashlib.sha256((DATA / name).read_bytes()).hexdigest()
    row = {"file": name, "sha256": digest, "source": source, "licence": licence, "command": command}
    kept = [one for one in json.loads(manifest.read_text("utf-8")) if one["file"] != name]
    rows = sorted([*kept, row], key=lambda one: str(one["file"]))
    manifest.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
