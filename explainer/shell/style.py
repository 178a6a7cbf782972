"""The look as a Qt palette and one style sheet."""

from contextlib import suppress

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from explainer.core import paths, writing
from explainer.core.problem import ExplainerError
from explainer.render.look import Look, look


def system_theme() -> str:
    """The desktop's own choice, light where it says nothing."""
    scheme = QApplication.styleHints().colorScheme()
    return "dark" if scheme == Qt.ColorScheme.Dark else "light"


def resolved(theme: str, scale: float) -> Look:
    """`Look` of ``"light"``, ``"dark"`` or ``"system"``."""
    return look(system_theme() if theme == "system" else theme, scale)


def dress(app: QApplication, lk: Look) -> None:
    """Give the application its fonts, colours and style sheet."""
    new = sheet(lk)
    if new == app.styleSheet():  # Qt would dress every widget anew all the same
        return
    app.setFont(lk.font())
    app.setPalette(palette(lk))
    app.setStyleSheet(new)


def mark_keyed(widget: QWidget, *, keyed: bool) -> None:
    """Say to the style sheet whether the focus came by key."""
    if widget.property("keyed") != keyed:
        widget.setProperty("keyed", keyed)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def palette(lk: Look) -> QPalette:
    """Colours for what the style sheet does not reach."""
    made, t = QPalette(), lk.theme
    roles = QPalette.ColorRole
    pairs = {
        roles.Window: t.chrome, roles.Base: t.field, roles.AlternateBase: t.chrome, roles.Button: t.chrome,
        roles.Text: t.text, roles.WindowText: t.text, roles.ButtonText: t.text, roles.ToolTipText: t.text,
        roles.ToolTipBase: t.field, roles.PlaceholderText: t.muted, roles.Highlight: t.accent,
        roles.HighlightedText: t.accent_text, roles.Link: t.accent, roles.LinkVisited: t.accent,
        roles.Mid: t.hairline, roles.Dark: t.faint, roles.Light: t.field, roles.Accent: t.accent,
    }  # fmt: skip
    for role, colour in pairs.items():
        made.setColor(role, QColor(colour))
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(t.faint))
    return made


def sheet(lk: Look) -> str:
    """Style sheet of the whole window, on a 4 px grid."""
    t, p = lk.theme, lk.px
    chevron = _tinted("chevron-down", t.muted)
    check = _tinted("check", t.accent_text)
    return f"""
    QMainWindow, QDialog, #chrome {{ background: {t.chrome}; color: {t.text}; }}
    QLabel {{ color: {t.text}; background: transparent; }}
    QLabel[role="muted"] {{ color: {t.muted}; font-size: {p(11)}px; }}
    QLabel[role="warning"] {{ color: {t.warning}; }}
    QLabel[role="title"] {{ font-size: {p(20)}px; font-weight: 600; }}
    QToolTip {{ background: {t.field}; color: {t.text}; border: 1px solid {t.hairline}; padding: {p(4)}px; }}
    QPushButton, QToolButton, QComboBox, QLineEdit, QSpinBox, QDoubleSpinBox {{
        background: {t.field}; color: {t.text}; border: 1px solid {t.hairline}; border-radius: 6px;
        padding: {p(4)}px {p(8)}px; min-height: {p(18)}px; selection-background-color: {t.accent};
        selection-color: {t.accent_text};
    }}
    QPushButton:hover, QToolButton:hover, QComboBox:hover {{ border-color: {t.faint}; }}
    QPushButton:pressed, QToolButton:pressed {{ background: {t.accent_soft}; }}
    QPushButton:focus, QToolButton:focus, QComboBox:focus, QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus {{
        border: 2px solid {t.focus}; padding: {p(4) - 1}px {p(8) - 1}px;
    }}
    QPushButton:checked, QToolButton:checked {{
        background: {t.accent_soft}; color: {t.accent}; border-color: {t.accent};
    }}
    QPushButton:disabled, QToolButton:disabled, QComboBox:disabled {{ color: {t.faint}; }}
    QPushButton[role="primary"], QToolButton[role="primary"] {{
        background: {t.accent}; color: {t.accent_text}; border-color: {t.accent};
    }}
    QPushButton[role="primary"]:focus, QToolButton[role="primary"]:focus {{ border: 2px solid {t.text}; }}
    QPushButton[role="search"] {{ text-align: left; color: {t.muted}; padding: {p(4)}px {p(10)}px; }}
    QPushButton[role="search"]:focus {{ padding: {p(4) - 1}px {p(10) - 1}px; }}
    QToolButton[role="flat"] {{ background: transparent; border-color: transparent; padding: {p(4)}px; }}
    QToolButton[role="flat"]:hover {{ border-color: {t.hairline}; }}
    QLineEdit QToolButton {{ background: transparent; border: none; padding: 0; min-height: 0; }}
    QToolButton[role="flat"]:focus {{ border: 2px solid {t.focus}; padding: {p(4) - 1}px; }}
    QToolButton::menu-indicator {{ image: url({chevron}); width: {p(12)}px; right: {p(6)}px;
        subcontrol-position: right center; subcontrol-origin: padding; }}
    QToolButton[popupMode="2"] {{ padding-right: {p(22)}px; }}
    QComboBox::drop-down {{ border: none; width: {p(20)}px; }}
    QComboBox::down-arrow {{ image: url({chevron}); width: {p(12)}px; height: {p(12)}px; }}
    QComboBox QAbstractItemView {{ background: {t.field}; color: {t.text}; border: 1px solid {t.hairline};
        selection-background-color: {t.accent_soft}; selection-color: {t.accent}; outline: none; }}
    QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {{
        width: 0; border: none; }}
    QCheckBox {{ color: {t.text}; spacing: {p(8)}px; background: transparent; }}
    QCheckBox::indicator {{ width: {p(15)}px; height: {p(15)}px; border: 1px solid {t.faint}; border-radius: 4px;
        background: {t.field}; }}
    QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent}; image: url({check}); }}
    QCheckBox:focus {{ color: {t.accent}; }}
    QCheckBox::indicator:focus {{ border: 2px solid {t.focus}; }}
    QSlider {{ min-height: {p(20)}px; background: transparent; }}
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {t.bar}; }}
    QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 2px; }}
    QSlider::handle:horizontal {{ width: {2 * p(6)}px; height: {2 * p(6)}px; margin: -{p(6)}px 0;
        border-radius: {p(6) + 2}px; background: {t.field}; border: 2px solid {t.accent}; }}
    QSlider::handle:horizontal:focus {{ background: {t.accent}; border-color: {t.text}; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
    QTextBrowser {{ background: transparent; color: {t.text}; border: 2px solid transparent;
        selection-background-color: {t.accent}; selection-color: {t.accent_text}; }}
    QTextBrowser[role="prose"] {{ border: none; }}
    QScrollArea[role="page"] {{ border: 2px solid transparent; }}
    QScrollArea[role="page"][keyed="true"]:focus {{ border: 2px solid {t.focus}; border-radius: 4px; }}
    QToolButton[role="more"] {{ background: transparent; border: 2px solid transparent; border-radius: 6px;
        padding: {p(3)}px {p(6)}px {p(3)}px 0; }}
    QToolButton[role="more"]:hover {{ background: {t.hairline}; }}
    QToolButton[role="more"]:focus {{ border-color: {t.focus}; }}
    QPushButton[role="try"] {{ background: {t.field}; border: 1px solid {t.hairline}; border-radius: 8px;
        padding: 0; min-height: 0; }}
    QPushButton[role="try"]:hover {{ border-color: {t.accent}; }}
    QPushButton[role="try"][here="true"] {{ background: {t.accent_soft}; border-color: {t.accent}; }}
    QPushButton[role="try"]:focus {{ border: 2px solid {t.focus}; }}
    QPushButton[role="fold"] {{ background: transparent; border: none; border-radius: 4px; padding: 0; min-height: 0; }}
    QPushButton[role="fold"]:hover {{ background: {t.hairline}; }}
    QPushButton[role="fold"]:focus {{ border: 2px solid {t.focus}; }}
    QTreeView:focus {{ border: none; }}
    QPlainTextEdit {{ background: {t.field}; color: {t.text}; border: 1px solid {t.hairline}; border-radius: 6px; }}
    QPlainTextEdit:focus, QTableWidget:focus {{ border: 2px solid {t.focus}; }}
    QTreeView, QListView, QListWidget {{ background: transparent; color: {t.text}; border: none; outline: none; }}
    QTreeView::item {{ padding: {p(4)}px {p(6)}px; border-radius: 6px; min-height: {p(17)}px; }}
    QTreeView::item:hover {{ background: {t.hairline}; }}
    QTreeView::item:selected {{ background: {t.accent_soft}; color: {t.accent}; }}
    QTreeView::item:selected:focus {{ border: 1px solid {t.focus}; }}
    QTreeView::branch {{ image: none; border-image: none; background: transparent; }}
    QListWidget::item {{ padding: {p(6)}px {p(8)}px; border-radius: 6px; }}
    QListWidget::item:selected {{ background: {t.accent_soft}; color: {t.accent}; }}
    QScrollBar:vertical {{ width: 10px; background: transparent; margin: 0; }}
    QScrollBar:horizontal {{ height: 10px; background: transparent; margin: 0; }}
    QScrollBar::handle {{ background: {t.faint}; border-radius: 3px; margin: 2px; min-height: 28px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QMenu {{ background: {t.field}; color: {t.text}; border: 1px solid {t.hairline}; padding: {p(4)}px; }}
    QMenu::item {{ padding: {p(5)}px {p(20)}px {p(5)}px {p(12)}px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {t.accent_soft}; color: {t.accent}; }}
    QMenu::item:disabled {{ color: {t.faint}; }}
    QMenu::separator {{ height: 1px; background: {t.hairline}; margin: {p(4)}px {p(8)}px; }}
    QSplitter::handle {{ background: {t.hairline}; }}
    QSplitter::handle:horizontal {{ width: 1px; }}
    QSplitter::handle:vertical {{ height: 1px; }}
    QFrame[role="line"] {{ background: {t.hairline}; border: none; max-height: 1px; min-height: 1px; }}
    QFrame[role="card"] {{ background: {t.chrome}; border: 1px solid {t.hairline}; border-radius: 8px; }}
    QFrame[role="warning"] {{ background: {t.chrome}; border: 1px solid {t.warning}; border-radius: 8px; }}
    QProgressBar {{ border: none; background: {t.hairline}; max-height: 4px; border-radius: 2px; }}
    QProgressBar::chunk {{ background: {t.accent}; border-radius: 2px; }}
    QTableWidget {{ background: {t.field}; color: {t.text}; border: 1px solid {t.hairline};
        gridline-color: {t.hairline}; }}
    QHeaderView::section {{ background: {t.chrome}; color: {t.muted}; border: none; padding: {p(4)}px; }}
    """


def _tinted(name: str, colour: str) -> str:
    """Path of an icon in a colour, written once to the user's own folder for the style sheet's ``url()``."""
    file = f"{name}-{colour.strip('#')}.svg"
    kept = paths.user_config() / "icons"
    if paths.is_there(kept / file):
        return (kept / file).as_posix()
    text = paths.resource("icons", f"{name}.svg").read_text(encoding="utf8").replace("currentColor", colour)
    for folder in (kept, paths.scratch()):
        with suppress(ExplainerError):
            writing.make_folder(folder)
            writing.write_text(folder / file, text)
            return (folder / file).as_posix()
    return ""
