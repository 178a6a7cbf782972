"""Make ``resources/data/digits.npz`` from the handwritten digits in the scikit-learn wheel.

    python -m pip download --no-deps scikit-learn==1.9.1 && unzip scikit_learn-*.whl -d SKLEARN
    python packaging/make_digits.py SKLEARN/sklearn/datasets/data/digits.csv.gz

The archive holds ``images`` ``(1797, 8, 8) uint8`` from 0 to 16 and ``labels`` ``(1797,) uint8`` from 0 to 9.
Its row in ``resources/data/manifest.json`` is made anew; other rows stay.
"""

import argparse
import gzip
import hashlib
import json
from pathlib import Path

import numpy as np

SOURCE = (
    "scikit-learn 1.9.1, sklearn/datasets/data/digits.csv.gz: test set of E. Alpaydin and C. Kaynak, "
    "Optical Recognition of Handwritten Digits (1998), UCI Machine Learning Repository"
)
LICENCE = "BSD-3-Clause (terms of the scikit-learn package, which holds a copy of the set)"


def main() -> None:
    """Write the archive and its row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "resources" / "data")
    given = parser.parse_args()
    with gzip.open(given.csv, "rt") as file:
        table = np.loadtxt(file, delimiter=",").astype(np.uint8)  # (1797, 65): 64 pixels and the label
    given.out.mkdir(parents=True, exist_ok=True)
    target = given.out / "digits.npz"
    np.savez_compressed(target, images=table[:, :64].reshape(-1, 8, 8), labels=table[:, 64])
    record(given.out / "manifest.json", target)
    print(f"{target.name}: {len(table)} digits, {target.stat().st_size:,} bytes")


def record(manifest: Path, target: Path) -> None:
    """Put the row of `target` into the manifest."""
    rows = json.loads(manifest.read_text("utf-8")) if manifest.exists() else []
    row = {
        "file": target.name,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "source": SOURCE,
        "licence": LICENCE,
        "command": "python packaging/make_digits.py SKLEARN/sklearn/datasets/data/digits.csv.gz",
    }
    rows = sorted([r for r in rows if r["file"] != target.name] + [row], key=lambda r: r["file"])
    manifest.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
