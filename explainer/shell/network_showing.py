"""When the network strip is shown, and when the network is looked through for it."""

from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from explainer.core.controls import Control, controls, visible
from explainer.runtime.events import Finished, NetworkSeen
from explainer.shell.conductor import Conductor
from explainer.shell.network_strip import NetworkView

PAUSE_MS = 1000  # between two looks while pictures arrive by themselves


class NetworkShowing(QObject):
    """Keeps the network strip up to date, for demos that look into a layer of the session's model.

    A look costs about one forward pass. It comes after the result, is dropped when something else is asked for,
    and is taken once for a picture and a model.

    Signals
    -------
    offered(bool)
        Whether the present demo wants the strip.
    """

    offered = Signal(bool)

    def __init__(self, conductor: Conductor, view: NetworkView, parent: QObject) -> None:
        super().__init__(parent)
        self._conductor, self.view = conductor, view
        self._control: Control | None = None
        self._have: Any = None  # picture and settings of what is shown
        self._last: Finished | None = None
        self._offered = False
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._look)
        for signal in (conductor.demo_changed, conductor.params_changed, conductor.model_changed):
            signal.connect(self.show_choice)
        conductor.delivered.connect(self._delivered)
        conductor.network_seen.connect(self._seen)
        view.chosen.connect(self._choose)

    @property
    def name(self) -> str:
        """The param that is chosen on the strip; "" where there is none."""
        return self._control.name if self._control is not None else ""

    def show_choice(self) -> None:
        """Show the layers of the present model and the chosen one, where the demo has one."""
        c = self._conductor
        self._control = _layer_control(c.demo, c.params)
        wanted = self._control is not None and any(len(layer.shape) == 3 for layer in c.card.layers)
        if wanted and self._control is not None:
            self.view.show_card(c.card, str(getattr(c.params, self._control.name)))
        else:
            self._control = None
        if wanted != self._offered:
            self._offered = wanted
            self.offered.emit(wanted)

    def _delivered(self, event: Any) -> None:
        if self._control is None:
            return
        self._show_result(event.result)
        if isinstance(event, Finished):
            self._last = event
            self._look()

    def _show_result(self, result: Any) -> None:
        """Show the class that the demo asks about, and the layer it has found."""
        values, card = result.all_numbers, self._conductor.card
        if "class_score" in values and "class_index" in values:
            self.view.show_score(float(values["class_score"]), card.label(int(values["class_index"])))
        if self.name in result.resolved:
            self.view.show_layer(str(result.resolved[self.name]))

    def _look(self) -> None:
        c, event = self._conductor, self._last
        if event is None or self._control is None or self._have == (event.frame.key, c.settings):
            return
        if c.playing:
            if self._pause.isActive():
                return
            self._pause.start()
        c.scheduler.look(event.frame, c.settings, patient=not c.playing)

    def _seen(self, event: NetworkSeen) -> None:
        if self._control is None or event.settings != self._conductor.settings:
            return
        self._have = event.key, event.settings
        self.view.show_strip(event.strip)
        if self._last is not None:
            self._show_result(self._last.result)  # its class may not be the best

    def _choose(self, layer: str) -> None:
        if self._control is not None:
            self._conductor.set_params({self._control.name: layer})


def _layer_control(demo: Any, params: Any) -> Control | None:
    """The param for a layer, if the demo looks at the picture with the session's model."""
    if not (demo.info.uses_frame and demo.info.uses_model):
        return None
    return next((one for one in visible(controls(type(params)), params) if one.kind == "layer"), None)
