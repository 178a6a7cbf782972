"""Train the default recipes of demos and put their last snapshots into ``resources/runs/``, dated and listed.

    .venv/bin/python packaging/build_runs.py                    # all that are listed
    .venv/bin/python packaging/build_runs.py trained-for-holes  # these, new ones too

The window shows such a run at once and says when it was trained; "train again" makes it anew. Nothing but this
program and the pictures in ``resources/data/`` goes into it.
"""

import argparse
import hashlib
import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from explainer.commands import bootstrap
from explainer.contract.runs import Scene, run_scene
from explainer.core.context import Settings
from explainer.core.problem import ExplainerError
from explainer.core.runs import of_recipe
from explainer.core.writing import make_folder, written
from explainer.runtime.engine import NO_FRAME
from explainer.runtime.runs import SUFFIX, DiskRuns, listed, shipped_folder

LICENCE = "Apache-2.0 (trained for this project; terms of the pictures in resources/data/manifest.json)"
Row = dict[str, Any]


def main() -> int:
    """Train, copy, list; what is no longer listed goes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demos", nargs="*", metavar="DEMO")
    folder = shipped_folder()
    make_folder(folder)
    rows = listed(folder)
    for demo in parser.parse_args().demos or sorted({row["demo"] for row in rows}):
        rows = [row for row in rows if row["demo"] != demo] + built(demo, folder)
        text = json.dumps(sorted(rows, key=lambda row: (row["demo"], row["file"])), indent=2)
        with written(folder / "manifest.json") as part:
            part.write_text(text + "\n", encoding="utf-8")
    for path in folder.glob(f"*{SUFFIX}"):
        if path.name not in {row["file"] for row in rows}:
            path.unlink()
    return 0


def built(demo: str, folder: Path) -> list[Row]:
    """Train what the defaults of a demo ask for, and put the files into the folder."""
    with tempfile.TemporaryDirectory() as place:
        engine = bootstrap.engine(DiskRuns(Path(place)))
        run = bootstrap.demos().demo(demo)
        outcome = run_scene(engine, run, run.defaults(), Scene("defaults", (NO_FRAME,)), Settings())
        if outcome.result is None:
            raise ExplainerError(f"{demo} could not be trained: {outcome.problem}", "Look at the demo.")
        made = [_moved(demo, path, folder) for path in sorted(Path(place).glob(f"*{SUFFIX}"))]
    print(f"{demo}: {len(made)} trained", flush=True)
    return made


def _moved(demo: str, path: Path, folder: Path) -> Row:
    key, _, steps = path.stem.rpartition("-")
    held = path.read_bytes()
    name = f"{of_recipe(key)}-{steps}{SUFFIX}"
    (folder / name).write_bytes(held)
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    return {
        "file": name, "demo": demo, "recipe": of_recipe(key), "steps": int(steps), "date": now,
        "sha256": hashlib.sha256(held).hexdigest(), "licence": LICENCE,
        "command": f"python packaging/build_runs.py {demo}",
    }  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
