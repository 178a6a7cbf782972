"""Names that scripts outside use are still there."""

import subprocess
import sys


def test_the_former_module_switches_the_reading_of_sources_off() -> None:
    code = """
import explainer.render.lean_imports
import sys
from explainer.render import source_reading
assert sys.modules["shibokensupport.feature"]._mod_uses_pyside is source_reading._never
"""
    subprocess.run([sys.executable, "-c", code], check=True)
