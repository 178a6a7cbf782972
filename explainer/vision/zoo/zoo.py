"""The zoo: cards of what is there, and networks lent one block at a time.

Asking for cards needs no torch. A network is read when it is first lent and kept for the next time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from explainer.core.context import Settings
from explainer.core.model_card import ModelCard
from explainer.core.problem import ExplainerError
from explainer.vision.zoo import cards
from explainer.vision.zoo.threads import TorchThreads

if TYPE_CHECKING:
    from explainer.vision.zoo.classifier import Classifier, Nets

KEPT = 3  # networks in memory; the one that was not used longest goes
DEVICES = ("auto", "cpu", "cuda", "mps")
Key = tuple[str, str, int]  # name, device, time of the file


class Zoo:
    """Implements `explainer.core.context.Models`.

    Attributes
    ----------
    computing
        The threads that are computed with.
    """

    def __init__(self, threads: TorchThreads | None = None) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[ModelCard, Nets]] = OrderedDict()
        self.computing = threads or TorchThreads()

    def cards(self) -> Sequence[ModelCard]:
        """Models that can be used right now, the default first."""
        return cards.available()

    def card(self, name: str) -> ModelCard:
        """Card of one model.

        Raises
        ------
        ExplainerError
            If it cannot be used on this machine.
        """
        found = cards.find(name)
        if found is None:
            raise cards.unknown(name)
        return found

    @property
    def threads(self) -> int:
        """Threads that were computed with last; 0 before anything was."""
        return self.computing.in_force

    def device(self, wanted: str) -> str:
        """Return the device that is really there: an absent GPU becomes ``"cpu"``.

        Raises
        ------
        ExplainerError
            For a word that names no kind of device.
        """
        if wanted not in DEVICES:
            raise ExplainerError(f"There is no device called {wanted}.", f"Use one of {', '.join(DEVICES)}.")
        if wanted == "cpu":
            return wanted
        import torch

        present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
        order = ("cuda", "mps") if wanted == "auto" else (wanted,)
        return next((kind for kind in order if present[kind]), "cpu")

    @contextmanager
    def lease(self, name: str, settings: Settings) -> Iterator[Classifier]:
        """Lend a classifier; when the block ends, however it ends, the networks are as they were before.

        Raises
        ------
        ExplainerError
            If the model cannot be used on this machine, or its file is damaged.
        """
        import torch

        from explainer.vision.zoo.classifier import Classifier

        self.computing.lend(settings.threads)
        device = self.device(settings.device)
        key, (card, nets) = self._nets(name, device)
        try:
            with nets.lent():
                yield Classifier(card, nets, torch.device(device), settings.fit)
        finally:
            if nets.spoiled:
                self._forget(key, nets)

    def _nets(self, name: str, device: str) -> tuple[Key, tuple[ModelCard, Nets]]:
        import torch

        from explainer.vision.zoo.classifier import Nets
        from explainer.vision.zoo.loading import load, weights_file

        key = (name, device, weights_file(name).stat().st_mtime_ns)
        with self._lock:
            if key not in self._kept:
                card, net = load(name, torch.device(device))
                self._kept[key] = (card, Nets(net))
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return key, self._kept[key]

    def _forget(self, key: Key, nets: Nets) -> None:
        with self._lock:
            if key in self._kept and self._kept[key][1] is nets:
                del self._kept[key]
