"""Ground rules of every test: no screen, nothing written to the user's folders, no thread and no warning left over."""

import ctypes
import logging
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

# Before anything imports Qt or a library that counts its threads.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"
_HOME = Path(tempfile.mkdtemp(prefix="explainer-tests-"))
os.environ["EXPLAINER_HOME"] = str(_HOME)

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

JOIN_S = 2.0
MOST_MB = 6144  # of a process that runs tests; 2,900 were reached, 2,560 are wanted
_peaks_mb: dict[str, float] = {}

# The same examples in every run, or a change is blamed for what it did not do. To look for new ones:
# HYPOTHESIS_PROFILE=default .venv/bin/python -m pytest …
# No clock either: on a busy machine an example takes longer than 0.2 s, and to draw some takes longer than 1 s.
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="accept the present values as golden")
    parser.addoption("--fuzz", type=int, default=0, metavar="N", help="cases for each fuzzer of tests/fuzz")
    parser.addoption("--fuzz-seed", type=int, default=0, metavar="S", help="seed of the first case")


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in this very hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what is run of one demo in one process, and the pretend device in one: each is made ready once."""
    for item in items:
        demo_id = getattr(item, "callspec", None) and item.callspec.params.get("demo_id")
        group = "pretend device" if "pretend" in item.path.parts else demo_id
        if group:
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Give memory back between modules: what torch and OpenCV let go of stays with the C library otherwise."""
    if sys.platform == "linux" and (nextitem is None or nextitem.path != item.path):
        with suppress(OSError, AttributeError):  # a C library that is not glibc
            ctypes.CDLL(None).malloc_trim(0)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that gives out the work how large this one has become; there, fail if one grew too large."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["peak_mb"] = _peak_mb()
    elif any(peak > MOST_MB for peak in _peaks_mb.values()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _peak_mb() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    _peaks_mb[node.gateway.id] = getattr(node, "workeroutput", {}).get("peak_mb", 0.0)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for name, peak_mb in _peaks_mb.items():
        word = f"too large, {MOST_MB} MB is the most" if peak_mb > MOST_MB else "at most"
        terminalreporter.write_line(f"{name}: {peak_mb:.0f} MB {word}")


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether present values are accepted; ``EXPLAINER_UPDATE_GOLDEN=1`` does the same as the option."""
    return bool(request.config.getoption("--update-golden")) or os.environ.get("EXPLAINER_UPDATE_GOLDEN") == "1"


@pytest.fixture(scope="session")
def frames() -> dict[str, object]:
    """Contract frames by name: the photos ``cat``, ``rocket``, ``coffee`` and ``small``, 64 × 48."""
    from explainer.contract.runs import contract_frames

    return dict(contract_frames())


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    """Fail a test that leaves one of the program's threads alive."""
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and t.name.startswith("explainer")]
    for thread in left:
        thread.join(JOIN_S)
    alive = [thread.name for thread in left if thread.is_alive()]
    assert not alive, f"these threads were left running: {', '.join(alive)}"


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def no_warning_is_logged(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which anything was logged as WARNING or worse, unless it is marked ``expects_warnings``."""
    handler = _Warnings()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    if request.node.get_closest_marker("expects_warnings") is None:
        assert not handler.texts, "logged while the test ran:\n" + "\n".join(handler.texts)
