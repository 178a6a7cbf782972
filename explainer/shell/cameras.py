"""Names of the cameras, asked for in a thread, since that may take a while."""

from dataclasses import dataclass
from threading import Thread

from PySide6.QtCore import QObject, Signal

from explainer.shell.bridge import Bridge
from explainer.sources.camera import CameraName, list_cameras


@dataclass(frozen=True, slots=True)
class CamerasFound:
    """Names of cameras, from the thread that asked for them."""

    cameras: tuple[CameraName, ...]


class Cameras(QObject):
    """The cameras known so far, as (spec, name); `changed` says that there are others."""

    changed = Signal()

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self.names: list[tuple[str, str]] = []
        self._post = bridge.post
        bridge.arrived.connect(self._take)

    @property
    def first(self) -> str:
        """Spec of the first camera."""
        return self.names[0][0] if self.names else "camera:0"

    def find(self) -> None:
        """Ask for cameras by name; not at the start, since it may take a while."""
        post = self._post
        Thread(target=lambda: post(CamerasFound(list_cameras())), name="explainer-cameras", daemon=True).start()

    def _take(self, event: object) -> None:
        if isinstance(event, CamerasFound):
            self.names = [(f"camera:{one.index}", one.name) for one in event.cameras]
            self.changed.emit()
