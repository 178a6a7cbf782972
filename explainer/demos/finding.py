"""Find demos: in the folders beside this file, and in what others offer through an entry point.

A demo is any class with ``info`` in a module of a chapter's folder whose name has no leading underscore.
Nothing is registered anywhere.
"""

import difflib
import importlib
import inspect
import pkgutil
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from explainer.core.demo import Demo, DemoInfo
from explainer.core.problem import ExplainerError, Problem

GROUP = "explainer.demos"


class Demos:
    """All demos that were found; implements ``core.demo.Catalogue``.

    A demo in a file of its own name is imported alone when it is asked for, so that the window need not wait for all
    of them. Any other question imports all.

    Parameters
    ----------
    chapter_of
        Topic number → chapter number, for the order; without it demos are ordered by topic.
    package
        Package whose sub-packages are the chapters.
    group
        Group of entry points; each names a module that holds demos.
    """

    def __init__(
        self, chapter_of: Mapping[int, int] | None = None, package: str = "explainer.demos", group: str = GROUP
    ) -> None:
        self._chapter_of, self._package, self._group = chapter_of or {}, package, group
        self._made: dict[type[Demo[Any]], Demo[Any]] = {}

    @cached_property
    def _all(self) -> tuple[Mapping[str, Demo[Any]], tuple[Problem, ...]]:
        problems: list[Problem] = []
        modules = [*_own(self._package, problems), *_offered(entry_points(group=self._group), problems)]
        found = _unique(modules, problems)
        made = [(name, self._instance(kind)) for name, kind in found.items()]
        return dict(sorted(made, key=lambda item: _place(item[1], self._chapter_of))), tuple(problems)

    def _instance(self, kind: type[Demo[Any]]) -> Demo[Any]:
        return self._made.setdefault(kind, kind())  # one for all threads

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One for each module or demo that could not be used; the others are there all the same."""
        return self._all[1]

    def demos(self) -> Sequence[Demo[Any]]:
        """In the order of chapter and title."""
        return tuple(self._all[0].values())

    def demo(self, demo_id: str) -> Demo[Any]:
        """Return one by its id.

        Raises
        ------
        ExplainerError
            If there is none; the sentence names near matches.
        """
        one = self._by_file(demo_id) or self._all[0].get(demo_id)
        if one is not None:
            return one
        near = difflib.get_close_matches(demo_id, self._all[0])
        todo = f"Did you mean {' or '.join(near)}?" if near else "“explainer list” names all of them."
        raise ExplainerError(f"There is no demo called {demo_id}.", todo)

    @cached_property
    def _files(self) -> Mapping[str, Sequence[str]]:
        """Modules of the chapters under the last part of their names."""
        files: dict[str, list[str]] = {}
        for chapter in _chapters(self._package):
            home = _imported(chapter, [])
            for info in _public(home) if home else ():
                files.setdefault(info.name, []).append(f"{chapter}.{info.name}")
        return files

    def _by_file(self, demo_id: str) -> Demo[Any] | None:
        """Look first in the file that bears the demo's name, as nearly all do."""
        for name in self._files.get(demo_id.replace("-", "_"), ()):
            module = _imported(name, [])
            for kind in demo_classes(module) if module else ():
                if _refusal(kind, {}) is None and kind.info.id == demo_id:
                    return self._instance(kind)
        return None


def demo_classes(module: ModuleType) -> Iterator[type[Demo[Any]]]:
    """Concrete demos that `module` itself defines, in the order of the file."""
    for value in vars(module).values():
        is_demo = isinstance(value, type) and issubclass(value, Demo) and not inspect.isabstract(value)
        if is_demo and value.__module__ == module.__name__ and hasattr(value, "info"):
            yield value


def _own(package: str, problems: list[Problem]) -> Iterator[ModuleType]:
    for chapter in _chapters(package):
        home = _imported(chapter, problems)
        for info in _public(home) if home else ():
            module = _imported(f"{chapter}.{info.name}", problems)
            if module:
                yield module


def _chapters(package: str) -> list[str]:
    root = importlib.import_module(package)
    return [f"{package}.{info.name}" for info in _public(root) if info.ispkg]


def _public(package: ModuleType) -> list[pkgutil.ModuleInfo]:
    found = pkgutil.iter_modules(package.__path__)
    return sorted((info for info in found if not info.name.startswith("_")), key=lambda info: info.name)


def _imported(name: str, problems: list[Problem]) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except Exception:  # noqa: BLE001 - one broken demo must not take the others along
        problems.append(_broken(name))
        return None


def _offered(points: Iterable[EntryPoint], problems: list[Problem]) -> Iterator[ModuleType]:
    for point in sorted(points, key=lambda one: one.name):
        try:
            loaded = point.load()
        except Exception:  # noqa: BLE001 - somebody else's code may raise anything
            problems.append(_broken(point.value))
            continue
        if isinstance(loaded, ModuleType):
            yield loaded
        else:
            what = f"The add-on {point.name} does not name a module."
            problems.append(Problem(what, "Ask its author to name the module that holds the demos."))


def _broken(name: str) -> Problem:
    what = f"The demos in {name} could not be loaded."
    return Problem(what, "Reinstall or remove them; all others work.", traceback.format_exc())


def _unique(modules: Iterable[ModuleType], problems: list[Problem]) -> dict[str, type[Demo[Any]]]:
    found: dict[str, type[Demo[Any]]] = {}
    for module in modules:
        for kind in demo_classes(module):
            refusal = _refusal(kind, found)
            if refusal:
                problems.append(refusal)
            else:
                found[kind.info.id] = kind
    return found


def _refusal(kind: type[Demo[Any]], found: Mapping[str, type[Demo[Any]]]) -> Problem | None:
    where = f"{kind.__module__}.{kind.__qualname__}"
    if not isinstance(kind.info, DemoInfo) or not hasattr(kind, "params_type"):
        return Problem(f"{where} is no complete demo.", "Give it a DemoInfo and derive it from Demo[Params].")
    first = found.get(kind.info.id)
    if first is None or first is kind:
        return None
    holder = f"{first.__module__}.{first.__qualname__}"
    what = f"The demo {kind.info.id} of {where} was left out because {holder} has that name."
    return Problem(what, "Give one of them another id.")


def _place(demo: Demo[Any], chapter_of: Mapping[int, int]) -> tuple[float, float, str]:
    first = next(iter(demo.info.topics), None)
    topic = float("inf") if first is None else float(first)
    chapter = chapter_of.get(first, float("inf")) if first is not None else float("inf")
    # In the order of chapter and title; where no chapters are given the topic's number stands in.
    return chapter, 0 if chapter_of else topic, demo.info.title.casefold()
