"""Make the thumbnails of the home page by running the demos; only those that are stale, unless all are asked for.

    .venv/bin/python packaging/make_thumbnails.py                 # what is stale
    .venv/bin/python packaging/make_thumbnails.py --all           # every one
    .venv/bin/python packaging/make_thumbnails.py grad-cam nms-lab

What a thumbnail shows (sample, params, panel) where the lesson's own will not do stands in
``resources/lessons/thumbnails.json``.
"""

import argparse
import sys
from time import perf_counter

from explainer.commands import offscreen, thumbnails
from explainer.core.problem import ExplainerError


def main() -> int:
    """Make, say what was made, and go on past a demo that fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*", metavar="LESSON")
    parser.add_argument("--all", action="store_true", help="also those that are not stale")
    args = parser.parse_args()
    offscreen.application()
    every = args.all or bool(args.lessons)
    wanted = thumbnails.recipes() if every else thumbnails.stale()
    if args.lessons:
        wanted = [one for one in wanted if one.file.removesuffix(".webp") in args.lessons]
    failed = [one.file for one in wanted if not _made(one)]
    print(f"{len(wanted) - len(failed)} made, {len(failed)} failed{': ' if failed else ''}{', '.join(failed)}")
    return 1 if failed else 0


def _made(one: thumbnails.Recipe) -> bool:
    began = perf_counter()
    try:
        row = thumbnails.make(one)
    except ExplainerError as error:
        print(f"{one.file}: {error.problem.sentence}", file=sys.stderr)
        return False
    thumbnails.write_manifest({**thumbnails.manifest(), one.file: row})  # after each: a broken run loses nothing
    print(f"{one.file}  {perf_counter() - began:.1f} s", flush=True)
    return True


if __name__ == "__main__":
    raise SystemExit(main())
