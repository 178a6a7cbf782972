"""What is loaded once the window is on screen, and how PySide is kept from reading everybody's source."""

import linecache
import subprocess
import sys

from explainer.shell import starting

SCRIPT = """
import sys
import PySide6.QtWidgets, PySide6.QtGui
from explainer.shell import starting
steps = list(starting.portions())
assert len(steps) > 10, len(steps)
assert "pyqtgraph" not in sys.modules
for step in steps:
    step()
assert "pyqtgraph" in sys.modules and "explainer.shell.handle_boxes" in sys.modules
assert "torch" not in sys.modules
assert "ziamath" in sys.modules
# Only what draws is left when pyqtgraph is there already.
assert len(list(starting.portions())) == len(starting.DRAWS) + 2
"""

SOURCES = """
import linecache, sys
from explainer.render import source_reading
source_reading.switch_off()
import xml.dom.minidom, sqlite3, wsgiref.handlers
read = [name for name in linecache.cache if "minidom" in name or "sqlite3" in name or "wsgiref" in name]
assert not read, read
"""


def test_portions_end_with_everything_that_draws():
    subprocess.run([sys.executable, "-c", SCRIPT], check=True)


def test_what_is_missing_is_no_obstacle():
    assert starting._import_if_there("no_such_module.at_all") is None
    starting._import_if_there("colorsys")
    assert "colorsys" in sys.modules


def test_pyside_does_not_read_the_source_of_what_is_imported():
    linecache.checkcache()
    subprocess.run([sys.executable, "-c", SOURCES], check=True)
