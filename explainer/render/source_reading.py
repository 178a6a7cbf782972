"""Spare a start-up cost of PySide.

Once ``QtCore`` is there, PySide reads the source of every module that anybody imports and looks for its own name in
it, in case the module wants PySide's optional spellings (``from __feature__ import snake_case``). For torch these are
two thousand files, which stay in memory as text: 100 MB, and time in which the window waits. Nothing here uses those
spellings.
"""

import sys

import PySide6.QtCore  # noqa: F401 - brings the module that is changed here


def switch_off() -> None:
    """Let PySide read no sources; called beside the first import of Qt, before more is imported."""
    feature = sys.modules.get("shibokensupport.feature")
    if feature is not None and hasattr(feature, "_mod_uses_pyside"):
        feature._mod_uses_pyside = _never  # type: ignore[attr-defined]


def _never(_module: object) -> bool:
    return False
