"""The handles on the panels: made for the params that live on a picture, kept on the panel they name."""

from __future__ import annotations  # names of types that are loaded later

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from explainer.core.controls import Control, controls, visible
from explainer.core.layers import Panel
from explainer.render.look import Look

if TYPE_CHECKING:
    from explainer.render.panel_view import PanelView
    from explainer.shell.handles import Handle

AUTO = "auto"


class HandleBoard:
    """Makes handles and moves them from panel to panel; `moved` hears name, value and whether a drag goes on."""

    def __init__(self, look: Look, moved: Callable[[str, Any, bool], object]) -> None:
        self._look, self._moved = look, moved
        self.handles: dict[str, Handle] = {}
        self._homes: dict[Handle, PanelView] = {}
        self._places: tuple[tuple[Control, Any], ...] = ()  # params on the picture that have no handle yet
        self._shown: set[str] = set()
        self._auto: set[str] = set()  # those that the frame seats
        self._resolved: Mapping[str, Any] = {}

    def set_look(self, look: Look) -> None:
        """Wear another theme."""
        self._look = look
        for handle in self.handles.values():
            handle.look = look

    def expect(self, every: Sequence[Control], params: Any) -> None:
        """Drop all handles; make new ones for these controls as soon as there is a panel."""
        for handle in self.handles.values():
            self._detach(handle)
        self.handles, self._resolved = {}, {}
        self._places = tuple((c, getattr(params, c.name)) for c in every if c.panel)
        self._note(every, params)

    def show_params(self, params: Any) -> None:
        """Move handles to the present values."""
        self._places = tuple((control, getattr(params, control.name)) for control, _ in self._places)
        self._note(controls(type(params)), params)
        for name, handle in self.handles.items():
            self._seat(name, handle, getattr(params, name))

    def show_resolved(self, resolved: Mapping[str, Any]) -> None:
        """Move handles that the frame seats to where it seated them."""
        self._resolved = resolved
        for name in self._auto & self.handles.keys():
            self._seat(name, self.handles[name], AUTO)

    def attach(self, shown: Sequence[Panel], widgets: Sequence[PanelView]) -> None:
        """Put every handle on the panel it names."""
        if not shown:
            return
        self._make()
        for name, handle in self.handles.items():
            for panel, widget in zip(shown, widgets, strict=False):
                if panel.slug == handle.control.panel:
                    self._put(name, handle, panel, widget)

    def clicked(self, widget: PanelView, at: tuple[float, float]) -> None:
        """Bring a point to where the picture was clicked; of several the nearest."""
        from explainer.shell.handles import PointHandle

        found = [
            handle
            for handle, home in self._homes.items()
            if home is widget and isinstance(handle, PointHandle) and handle.isVisible()
        ]
        if found:
            min(found, key=lambda handle: handle.distance(*at)).go_to(*at)

    def _note(self, every: Sequence[Control], params: Any) -> None:
        self._shown = {control.name for control in visible(tuple(every), params)}
        self._auto = {c.name for c in every if c.panel and getattr(params, c.name) == AUTO}

    def _seat(self, name: str, handle: Handle, value: Any) -> None:
        where = self._resolved.get(name) if isinstance(value, str) and value == AUTO else value
        if where is not None:
            handle.show_value(where, handle.size)
        handle.setVisible(name in self._shown and where is not None)

    def _make(self) -> None:
        from explainer.shell.handle_boxes import HANDLES

        for control, value in self._places:
            handle = HANDLES[control.kind](control, self._look)
            handle.moved.connect(lambda value, drag, name=control.name: self._moved(name, value, drag))
            self.handles[control.name] = handle
            self._seat(control.name, handle, value)
        self._places = ()

    def _put(self, name: str, handle: Handle, panel: Panel, widget: PanelView) -> None:
        if self._homes.get(handle) is not widget:
            self._detach(handle)
            self._homes[handle] = widget
            widget.add_handle(handle)
        if name in self._auto and name not in self._resolved:
            handle.size = panel.size  # for when it is known where it stands
        elif handle.size != panel.size:
            handle.show_value(handle.value, panel.size)

    def _detach(self, handle: Handle) -> None:
        home = self._homes.pop(handle, None)
        if home is not None:
            home.remove_handle(handle)
