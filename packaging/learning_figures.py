"""Run every demo that trains a net at three settings over several seeds, and write what came out as a page.

    .venv/bin/python packaging/learning_figures.py                      # all, into docs/learning-figures.md
    .venv/bin/python packaging/learning_figures.py wrong-labels …       # these anew; the page keeps the others

Every figure is read from the ``result.json`` that ``explainer render`` wrote: nothing on the page was typed in.
What has been computed lies in a JSON file beside the page, so that a page can be made of several sittings.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "learning-figures.md"
KEPT = ROOT / "docs" / "learning-figures.json"
SEEDS = (0, 1, 2)
REMEDIES = ("none", "focal", "under", "over", "weights", "adjusted", "shifted", "smote", "ghosts")

Runs = list[dict[str, float]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A demo, its settings beyond the defaults, and the values that are worth a row."""

    demo: str
    settings: tuple[str, ...]
    shown: tuple[str, ...]


ASKED = (
    Asked(
        "imbalance-lab", ("", "ratio=10", "ratio=100"),
        (
            *(f"{one}_rare_percent" for one in REMEDIES),
            "plain_frequent_percent", "frequent_percent",
        ),
    ),
    Asked(
        "imbalance-training", ("seen=300", "seen=300 remedy=weights", "seen=300 ratio=100"),
        ("first_pull_percent", "rare_pull_percent", "rare_percent", "frequent_percent", "taken_for_frequent_count"),
    ),
    Asked(
        "thresholds-and-curves", ("", "prevalence=5", "rule=cost"),
        ("auc", "average_precision", "recall_percent", "precision_percent", "accuracy_percent", "never_percent", "ece"),
    ),
    Asked(
        "wrong-labels", ("", "remedy=small", "share=20"),
        (
            "by_heart_percent", "test_percent", "remedy_by_heart_percent", "remedy_test_percent",
            "best_step", "best_test_percent",
        ),
    ),
    Asked(
        "robust-regression", ("", "share=0", "kind=any"),
        (
            *(f"{one}_off_deg" for one in ("mse", "l1", "huber", "logcosh", "quantile", "tukey")),
            "error_found_percent", "forest_found_percent", "lof_found_percent",
        ),
    ),
    Asked(
        "ensembles", ("", "train_size=50 members=5", "kind=dropout"),
        ("wrong_single", "wrong_average", "test_count", "pass_count", "brier_single", "brier_average"),
    ),
    Asked(
        "several-labels", ("", "other=powerset", "held=fewer"),
        ("left_exact_percent", "left_micro_f1", "left_map", "right_exact_percent", "right_micro_f1", "right_map"),
    ),
    Asked(
        "distillation-lab", ("", "digits=50", "digits=1200"),
        (
            *(f"{one}_percent" for one in ("teacher", "labels", "soft", "features", "labels_agree", "soft_agree")),
            "teacher_weights", "student_weights",
        ),
    ),
    Asked(
        "missing-digit", ("", "temperature=1", "shift=4"),
        (
            "hard_missing_percent", "soft_missing_percent", "cold_missing_percent",
            "hard_right_percent", "soft_right_percent",
        ),
    ),
    Asked(
        "adversarial-training", ("", "eps=0.1", "eps=0.25"),
        tuple(f"{net}_{attack}_percent" for net in ("usual", "one", "pgd") for attack in ("clean", "fgsm", "pgd")),
    ),
    Asked("label-errors", ("", "kind=twin", "share=20"), ("wrong_count", "margin_hits", "own_hits", "confident_hits")),
)  # fmt: skip


def main() -> None:
    """Compute what is asked for, and write the page of all that is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demos", nargs="*", help="demos to run anew; without one, all")
    parser.add_argument("--page", action="store_true", help="run nothing, and write the page of what is there")
    args = parser.parse_args()
    kept: dict[str, Runs] = json.loads(KEPT.read_text("utf8")) if KEPT.exists() else {}
    wanted = [] if args.page else args.demos or [asked.demo for asked in ASKED]
    for asked in ASKED:
        for setting in asked.settings if asked.demo in wanted else ():
            kept[called(asked.demo, setting)] = [values(asked, setting, seed) for seed in SEEDS]
            KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", "utf8")
            print(called(asked.demo, setting), flush=True)
    PAGE.write_text("\n".join(lines(kept)) + "\n", "utf8")


def called(demo: str, setting: str) -> str:
    """How a row of runs is named: what stands behind ``explainer render``."""
    return f"{demo} --set {setting}" if setting else demo


def values(asked: Asked, setting: str, seed: int) -> dict[str, float]:
    """Run one demo in a process of its own, as a user would, and read what it says."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "explainer", "render", asked.demo, "--out", folder, "--seed", str(seed)]
        subprocess.run([*command, *(("--set", *setting.split()) if setting else ())], check=True, cwd=ROOT)
        said: dict[str, Any] = json.loads((Path(folder) / "result.json").read_text("utf8"))["values"]
    return {name: said[name] for name in asked.shown if name in said}


def lines(kept: dict[str, Runs]) -> Iterator[str]:
    """The page, a table for each demo."""
    yield "# What the training demos measure"
    yield ""
    yield (
        f"Each demo was run at its defaults and at two other settings, with the seeds {', '.join(map(str, SEEDS))}; "
        "a cell is the mean, and after ± the standard deviation over the seeds. The names are those in `result.json`. "
        "`packaging/learning_figures.py` makes this page; nothing on it was typed in."
    )
    missing = [asked.demo for asked in ASKED if not any(called(asked.demo, one) in kept for one in asked.settings)]
    if missing:
        yield from ("", f"Not computed yet: {', '.join(missing)}.")
    for asked in ASKED:
        columns = [setting for setting in asked.settings if called(asked.demo, setting) in kept]
        if columns:
            yield from ("", f"## {asked.demo}", "", row("", [setting or "defaults" for setting in columns]))
            yield row("---", ["---:"] * len(columns))
            for name in asked.shown:
                yield row(f"`{name}`", [cell(kept[called(asked.demo, one)], name) for one in columns])


def row(first: str, cells: Sequence[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join((first, *cells))} |"


def cell(runs: Runs, name: str) -> str:
    """Mean and standard deviation over the seeds; a dash where a demo gave no such value."""
    found = [run[name] for run in runs if name in run]
    if not found:
        return "–"
    digits = 3 if max(map(abs, found)) < 1.5 else 1
    spread = stdev(found) if len(found) > 1 else 0.0
    return f"{mean(found):,.{digits}f}" + (f" ± {spread:.{digits}f}" if spread else "")


if __name__ == "__main__":
    main()
