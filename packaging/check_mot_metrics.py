"""Hold `explainer.vision.metrics.mot` against published counts and against another implementation.

    python packaging/check_mot_metrics.py WHEELS [--write]

`WHEELS` is a folder with ``motmetrics-1.4.0`` and ``trackeval-1.3.0`` (``pip download --no-deps NAME==VERSION``).
They are unpacked into a temporary folder and never installed. The first brings truth and tracks of two sequences
of the TU Darmstadt with the counts that the MOT Challenge's kit gave for them; they are read and not kept. The
second computes HOTA and IDF1 on made clips, whose numbers ``--write`` keeps for the tests.
"""

import argparse
import importlib
import json
import sys
import tempfile
import types
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from explainer.vision.metrics import mot
from explainer.vision.tracking.mot_text import parsed

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "vision_metrics" / "golden" / "mot.json"
# False positives, misses, switches, MOTA and mean IoU of matches as motmetrics' own description prints them.
PUBLISHED = {
    "TUD-Campus": (13, 150, 7, 52.6, 72.3, 55.8),
    "TUD-Stadtmitte": (45, 452, 7, 56.4, 65.4, 64.5),
}
SEEDS = range(12)


def made_clip(seed: int) -> list[mot.Sight]:
    """Objects that walk, and tracks that miss, swap, end, begin anew and invent: the tests make the same."""
    rng = np.random.default_rng(seed)
    things, frames = int(rng.integers(1, 7)), int(rng.integers(5, 40))
    place, speed = rng.uniform(0, 200, (things, 2)), rng.normal(0, 4, (things, 2))
    names = rng.permutation(50)[:things] + 1
    clip = []
    for _ in range(frames):
        place = place + speed
        boxes = np.concatenate([place, place + 40], axis=1)
        here = rng.random(things) < 0.9
        if things > 1 and rng.random() < 0.1:
            i, j = rng.permutation(things)[:2]
            names[i], names[j] = names[j], names[i]
        if rng.random() < 0.1:
            names[int(rng.integers(things))] = int(rng.integers(100, 10_000))
        kept = here & (rng.random(things) < 0.85)
        found = boxes[kept] + rng.normal(0, 6, (int(kept.sum()), 4))
        invented = rng.uniform(0, 200, (int(rng.integers(0, 2)), 2))
        found = np.concatenate([found, np.concatenate([invented, invented + 30], axis=1)])
        ids = np.concatenate([names[kept], 20_000 + np.arange(len(invented))])
        found[:, 2:] = np.maximum(found[:, 2:], found[:, :2] + 1)
        clip.append(mot.sight(np.flatnonzero(here), boxes[here], ids, found))
    return clip


def main() -> int:
    """Check, and with ``--write`` keep the numbers of the made clips."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels", type=Path)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for wheel in ("motmetrics-1.4.0-py3-none-any.whl", "trackeval-1.3.0-py3-none-any.whl"):
            zipfile.ZipFile(args.wheels / wheel).extractall(scratch)
        wrong = published(Path(scratch) / "motmetrics" / "data")
        numbers = theirs(Path(scratch))
    for seed in SEEDS:
        wrong += _differing(seed, numbers[str(seed)])
    if args.write:
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    print("\n".join(wrong) or "All counts are equal.")
    return 1 if wrong else 0


def published(folder: Path) -> list[str]:
    """Compare with the published counts of two sequences."""
    wrong = []
    for name, expected in PUBLISHED.items():
        truth, tracks = (parsed((folder / name / file).read_text()) for file in ("gt.txt", "test.txt"))
        last = int(max(truth.frame.max(), tracks.frame.max()))
        pairs = zip(truth.by_frame(last), tracks.by_frame(last), strict=True)
        clip = [mot.sight(a.identity, a.xyxy, b.identity, b.xyxy) for a, b in pairs]
        counts, f1 = mot.clear_mot(clip), mot.identity(clip).f1 or 0.0
        shares = [round(100 * (share or 0.0), 1) for share in (counts.mota, counts.motp, f1)]
        got = (counts.false_positives, counts.misses, counts.switches, *shares)
        print(name, got)
        if got != expected:
            wrong.append(f"{name}: {got}, published {expected}")
    return wrong


def theirs(folder: Path) -> dict[str, dict[str, float]]:
    """HOTA, its parts and IDF1 of the made clips by the other implementation."""
    sys.path.insert(0, str(folder))
    # Only two files are used, and the package imports plotting and mask codes that are not here.
    for name in ("trackeval", "trackeval.metrics"):
        module = types.ModuleType(name)
        module.__path__ = [str(folder / name.replace(".", "/"))]
        sys.modules[name] = module
    hota: Any = importlib.import_module("trackeval.metrics.hota").HOTA()
    identity: Any = importlib.import_module("trackeval.metrics.identity").Identity({"PRINT_CONFIG": False})
    found = {}
    for seed in SEEDS:
        data = _as_theirs(made_clip(seed))
        one, two = hota.eval_sequence(data), identity.eval_sequence(data)
        parts = {name.lower(): float(one[name].mean()) for name in ("HOTA", "DetA", "AssA")}
        found[str(seed)] = parts | {"idf1": float(two["IDF1"]), "idtp": float(two["IDTP"])}
    return found


def _as_theirs(clip: list[mot.Sight]) -> dict[str, Any]:
    truth = np.unique(np.concatenate([seen.truth for seen in clip]))
    found = np.unique(np.concatenate([seen.found for seen in clip]))
    return {
        "gt_ids": [np.searchsorted(truth, seen.truth) for seen in clip],
        "tracker_ids": [np.searchsorted(found, seen.found) for seen in clip],
        "similarity_scores": [seen.iou for seen in clip],
        "num_gt_ids": len(truth),
        "num_tracker_ids": len(found),
        "num_gt_dets": sum(len(seen.truth) for seen in clip),
        "num_tracker_dets": sum(len(seen.found) for seen in clip),
        "num_timesteps": len(clip),
    }


def _differing(seed: int, theirs_: dict[str, float]) -> list[str]:
    clip = made_clip(seed)
    whole, names = mot.hota(clip), mot.identity(clip)
    assert whole is not None
    ours = {"hota": whole.hota, "deta": whole.detection, "assa": whole.association, "idf1": names.f1 or 0.0}
    return [
        f"clip {seed}: {name} is {value:.6f}, theirs {theirs_[name]:.6f}"
        for name, value in ours.items()
        if abs(value - theirs_[name]) > 1e-9
    ]


if __name__ == "__main__":
    sys.exit(main())
