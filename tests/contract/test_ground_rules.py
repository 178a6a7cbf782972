"""The rules of ``tests/conftest.py`` are seen to fail a test that breaks them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).parent.parent / "conftest.py"
CASES = """
import logging, threading
import pytest

enough = threading.Event()

def test_left_a_thread():
    threading.Thread(target=enough.wait, name="explainer-forgotten", daemon=True).start()

def test_joined_its_thread():
    enough.set()
    worker = threading.Thread(target=enough.wait, name="explainer-joined")
    worker.start()
    worker.join()

def test_left_a_thread_of_somebody_else():
    threading.Thread(target=threading.Event().wait, name="pool", daemon=True).start()

def test_warned():
    logging.getLogger("explainer.runtime").warning("the disk is nearly full")

@pytest.mark.expects_warnings
def test_warned_on_purpose():
    logging.getLogger("explainer.runtime").error("the disk is full")

def test_informed():
    logging.getLogger("explainer.runtime").info("a frame came")

def test_home_is_not_the_users():
    from explainer.core.paths import user_config
    assert "explainer-tests-" in str(user_config())
"""


def test_threads_and_warnings_fail_the_test_that_left_them(tmp_path: Path) -> None:
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "test_cases.py").write_text(CASES)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    expects_warnings: as here\n")
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", str(tmp_path)]
    env = {**os.environ, "PYTHONPATH": str(CONFTEST.parent.parent)}
    told = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env, check=False).stdout
    words = [line.split() for line in told.splitlines() if "::" in line]
    broken = {line[1].partition("::")[2] for line in words if line[0] in ("ERROR", "FAILED")}
    assert broken == {"test_left_a_thread", "test_warned"}
    assert "these threads were left running: explainer-forgotten" in told
    assert "WARNING explainer.runtime: the disk is nearly full" in told
    assert "7 passed" in told  # the two are errors of their ends, not of what they tested
