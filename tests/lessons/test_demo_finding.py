"""Demos are found by looking, not by registering."""

import subprocess
import sys
import textwrap
from importlib.metadata import EntryPoint

import pytest

from explainer.core.problem import ExplainerError
from explainer.demos import finding
from explainer.demos.finding import Demos

DEMO = """
from dataclasses import dataclass
from explainer.core.demo import Demo, DemoInfo

@dataclass(frozen=True, slots=True)
class Params:
    pass

class It(Demo[Params]):
    info = DemoInfo(id={id!r}, title={title!r}, topics={topics!r})
    def run(self, frame, params, ctx):
        raise NotImplementedError
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a package of demos on the path: a function writes its modules."""
    name = f"finding_{tmp_path.name}".replace("-", "_")
    root = tmp_path / name
    root.mkdir()
    (root / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(path, source=None, **info):
        file = root / path
        if not file.parent.is_dir():
            file.parent.mkdir()
            (file.parent / "__init__.py").write_text("")
        text = source if source is not None else DEMO.format(**{"title": "T", "topics": (1,)} | info)
        file.write_text(textwrap.dedent(text))

    write.name = name
    yield write
    for module in [m for m in sys.modules if m.partition(".")[0] == name]:
        del sys.modules[module]


def _demos(package, **kwargs):
    return Demos(package=package.name, group="no.such.group", **kwargs)


def _ids(demos):
    return [demo.info.id for demo in demos.demos()]


def test_modules_of_chapters_are_found_and_no_others(package):
    package("seeing/one.py", id="one")
    package("data/two.py", id="two")
    package("data/_shared.py", id="hidden")
    package("_draft/three.py", id="draft")
    package("loose.py", id="loose")
    demos = _demos(package)
    assert sorted(_ids(demos)) == ["one", "two"]
    assert demos.problems == ()
    assert demos.demo("one") is demos.demos()[_ids(demos).index("one")]


def test_a_class_that_was_only_imported_is_not_found_again(package):
    package("seeing/one.py", id="one")
    package("seeing/two.py", f"from {package.name}.seeing.one import It\n")
    demos = _demos(package)
    assert _ids(demos) == ["one"]
    assert demos.problems == ()


def test_an_abstract_base_is_no_demo(package):
    package("seeing/base.py", "from explainer.core.demo import Demo\nclass Base(Demo):\n    pass\n")
    demos = _demos(package)
    assert _ids(demos) == []
    assert demos.problems == ()


def test_order_is_chapter_then_title(package):
    package("a/one.py", id="one", title="beta", topics=(7,))
    package("b/two.py", id="two", title="Alpha", topics=(9,))
    package("c/three.py", id="three", title="Gamma", topics=(3,))
    package("d/four.py", id="four", title="Aaa", topics=())
    assert _ids(_demos(package, chapter_of={7: 1, 9: 1, 3: 2})) == ["two", "one", "three", "four"]
    assert _ids(_demos(package)) == ["three", "one", "two", "four"]


def test_a_broken_module_is_a_problem_and_no_crash(package):
    package("a/one.py", id="one")
    package("a/bad.py", "raise RuntimeError('out of order')\n")
    package("a/worse.py", "def (:\n")
    demos = _demos(package)
    assert _ids(demos) == ["one"]
    assert len(demos.problems) == 2
    assert f"{package.name}.a.bad" in demos.problems[0].what
    assert "out of order" in demos.problems[0].details
    assert all(problem.todo for problem in demos.problems)


def test_a_number_without_range_is_a_problem(package):
    source = DEMO.format(id="one", title="T", topics=(1,)).replace("    pass", "    radius: int = 3", 1)
    package("a/one.py", source)
    demos = _demos(package)
    assert _ids(demos) == []
    assert "without a range" in demos.problems[0].details


def test_an_incomplete_demo_is_a_problem(package):
    source = DEMO.format(id="one", title="T", topics=(1,)).replace("DemoInfo(id=", "dict(id=")
    package("a/one.py", source)
    demos = _demos(package)
    assert _ids(demos) == []
    assert "no complete demo" in demos.problems[0].what


def test_the_second_of_a_name_is_refused(package):
    package("a/one.py", id="same", title="First")
    package("b/two.py", id="same", title="Second")
    demos = _demos(package)
    assert [demo.info.title for demo in demos.demos()] == ["First"]
    assert "same" in demos.problems[0].what
    assert f"{package.name}.a.one" in demos.problems[0].what


def test_an_unknown_demo_names_near_ones(package):
    package("a/one.py", id="grad-cam")
    with pytest.raises(ExplainerError, match="no demo called gradcam") as caught:
        _demos(package).demo("gradcam")
    assert "grad-cam" in caught.value.problem.todo
    with pytest.raises(ExplainerError) as far:
        _demos(package).demo("qqq")
    assert "grad-cam" not in far.value.problem.todo


def _offer(monkeypatch, *values):
    points = [EntryPoint(f"p{i}", value, "g") for i, value in enumerate(values)]
    monkeypatch.setattr(finding, "entry_points", lambda *, group: points if group == "g" else [])


def test_entry_points_add_demos(package, monkeypatch):
    package("a/one.py", id="one")
    package("_others/mine.py", id="mine")
    _offer(monkeypatch, f"{package.name}._others.mine")
    demos = Demos(package=package.name, group="g")
    assert sorted(_ids(demos)) == ["mine", "one"]
    assert demos.problems == ()


def test_broken_and_odd_entry_points_are_problems(package, monkeypatch):
    package("a/one.py", id="one")
    package("_others/bad.py", "import no_such_library_at_all\n")
    package("_others/same.py", id="one")
    _offer(monkeypatch, f"{package.name}._others.bad", "os:getcwd", "gone.away", f"{package.name}._others.same")
    demos = Demos(package=package.name, group="g")
    assert _ids(demos) == ["one"]
    assert demos.demo("one").__class__.__module__ == f"{package.name}.a.one"
    whats = [problem.what for problem in demos.problems]
    assert len(whats) == 4
    assert any("does not name a module" in what for what in whats)
    assert any("gone.away" in what for what in whats)


def test_finding_all_demos_loads_no_torch():
    code = (
        "import sys; from explainer.demos.finding import Demos; d = Demos(); "
        "print(len(d.demos()), len(d.problems), "
        "[m for m in ('torch', 'torchvision', 'captum', 'PySide6', 'cv2') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split(None, 2)
    assert int(out[0]) >= 3
    assert int(out[1]) == 0
    assert out[2].strip() == "[]"


def test_asking_for_one_demo_imports_its_file_alone(package):
    package("a/other.py", "raise AssertionError('nobody asked')\n")
    package("b/far_away.py", id="far-away")
    demos = _demos(package)
    assert demos.demo("far-away").info.id == "far-away"
    assert f"{package.name}.a.other" not in sys.modules
    assert demos.demos() == (demos.demo("far-away"),)
    assert len(demos.problems) == 1


def test_a_demo_in_a_file_of_another_name_is_found_too(package):
    package("a/one.py", id="another")
    package("a/another.py", id="one")
    demos = _demos(package)
    assert demos.demo("another").info.id == "another"
    assert demos.demo("one").info.id == "one"


def test_a_half_written_demo_is_no_answer(package):
    source = DEMO.format(id="odd", title="T", topics=(1,))
    package("a/odd.py", "\n".join('    info = "odd"' if "info =" in line else line for line in source.splitlines()))
    package("b/good.py", id="good")
    demos = _demos(package)
    with pytest.raises(ExplainerError, match="no demo called odd"):
        demos.demo("odd")
