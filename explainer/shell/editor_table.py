"""Which editor belongs to which kind of control: those of `editors`, and cards, which are made of them."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from explainer.core.controls import Control
from explainer.render.look import Look
from explainer.shell.editors import FIELD_EDITORS, Editor


def _cards_editor(control: Control, look: Look, parent: QWidget | None = None) -> Editor:
    """Loaded when a demo has cards, which nearly none has."""
    from explainer.shell.card_editor import CardsEditor

    return CardsEditor(control, look, parent)


EDITORS: dict[str, Callable[..., Editor]] = {**FIELD_EDITORS, "cards": _cards_editor}
