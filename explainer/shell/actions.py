"""Every action of the window by name: label, keys, icon. Menus, palette and the list of keys read this table."""

from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class Spec:
    """An action before it is connected."""

    name: str
    label: str
    keys: tuple[str, ...]
    group: str
    icon: str = ""


SPECS = (
    Spec("home", "Home, or back from there", ("Home",), "View", "house"),
    Spec("open", "Open picture or video…", ("Ctrl+O",), "Source", "image"),
    Spec("open-folder", "Open folder…", ("Ctrl+Shift+O",), "Source", "folder-open"),
    Spec("paste", "Paste picture", ("Ctrl+V",), "Source", "clipboard-paste"),
    Spec("camera", "Camera", ("Ctrl+Shift+C",), "Source", "camera"),
    Spec("mirror", "Mirror the camera's view", ("M",), "Source", "flip-horizontal"),
    Spec("next-picture", "Next picture or frame", ("Alt+Right",), "Source", "chevron-right"),
    Spec("previous-picture", "Previous picture or frame", ("Alt+Left",), "Source", "chevron-left"),
    Spec("freeze", "Freeze or go on", ("Space",), "Source", "snowflake"),
    Spec("next-demo", "Next demo", ("Right",), "Demo", "arrow-right"),
    Spec("previous-demo", "Previous demo", ("Left",), "Demo", "arrow-left"),
    Spec("reset", "Reset the controls", ("R",), "Demo", "rotate-ccw"),
    Spec("restart", "Start the demo again", ("Shift+R",), "Demo", "refresh-cw"),
    Spec("undo", "Undo a change of controls", ("Ctrl+Z",), "Demo", "undo-2"),
    Spec("redo", "Redo a change of controls", ("Ctrl+Shift+Z", "Ctrl+Y"), "Demo", "redo-2"),
    Spec("play", "Play or pause", ("P",), "Demo", "play"),
    Spec("play-next", "One step on", (".",), "Demo", "step-forward"),
    Spec("play-previous", "One step back", (",",), "Demo", "step-back"),
    Spec("play-faster", "Play faster", (">",), "Demo", "plus"),
    Spec("play-slower", "Play slower", ("<",), "Demo", "minus"),
    Spec("play-repeat", "Play once, in a loop, back and forth", ("Shift+P",), "Demo", "repeat"),
    Spec("models", "More models…", ("Ctrl+M",), "Demo", "download"),
    Spec("compare", "Compare what follows with this, or end that", ("C",), "View", "columns-2"),
    Spec("save", "Save picture and documents…", ("S", "Ctrl+S"), "View", "save"),
    Spec("uncover", "See the pictures alone, while held", ("O",), "View", "eye"),
    Spec("fit", "Fit all panels", ("0",), "View", "maximize"),
    Spec("left-pane", "Show or hide the catalogue", ("F8",), "View", "panel-left"),
    Spec("right-pane", "Show or hide lesson and controls", ("F9",), "View", "panel-right"),
    Spec("present", "Present", ("F5",), "View", "presentation"),
    Spec("laser", "Point with a red dot, presenting", ("L",), "View", "crosshair"),
    Spec("step-on", "Next step, presenting", ("PgDown",), "View", "chevron-right"),
    Spec("step-back", "Previous step, presenting", ("PgUp",), "View", "chevron-left"),
    Spec("full-screen", "Full screen", ("F11",), "View", "monitor"),
    Spec("theme", "Change theme: system, light, dark", ("Ctrl+T",), "View", "sun"),
    Spec("larger", "Larger type", ("Ctrl++", "Ctrl+="), "View", "plus"),
    Spec("smaller", "Smaller type", ("Ctrl+-",), "View", "minus"),
    Spec("palette", "Command palette", ("Ctrl+K",), "Help", "command"),
    Spec("find", "Search in the catalogue", ("Ctrl+F",), "Help", "search"),
    Spec("lesson-focus", "Go to the lesson", ("F6",), "Help", "book-open"),
    Spec("controls-focus", "Go to the controls", ("F7",), "Help", "sliders-horizontal"),
    Spec("keys", "All keys", ("?", "F1"), "Help", "keyboard"),
    Spec("quit", "Quit", ("Ctrl+Q",), "Help", "x"),
)


def make(parent: QWidget) -> dict[str, QAction]:
    """Make all actions and add them to `parent`, so that their keys work everywhere in it."""
    actions = {}
    for spec in SPECS:
        action = QAction(spec.label, parent)
        action.setShortcuts([QKeySequence(k) for k in spec.keys])
        action.setToolTip(f"{spec.label} ({spec.keys[0]})" if spec.keys else spec.label)
        parent.addAction(action)
        actions[spec.name] = action
    actions["mirror"].setCheckable(True)
    return actions
