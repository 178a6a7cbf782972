"""Where a picture, a borrowed network and what was taught so far come together; each thing is computed once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.result import Result
from explainer.vision.reuse import sets
from explainer.vision.reuse.album import Album, Presses, gone_on
from explainer.vision.reuse.compared import Compared, compared
from explainer.vision.reuse.features import SIDE, Squares, features
from explainer.vision.reuse.probed_net import network_of
from explainer.vision.reuse.taught import Taught, examined, teach
from explainer.vision.training.examples import square_of
from explainer.vision.zoo.classifier import Classifier

FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Desk:
    """One picture before one network.

    Parameters
    ----------
    pressed
        How often each button was pressed by now.
    """

    frame: Frame
    ctx: Context
    lent: Classifier
    pressed: Presses

    def album(self, names: tuple[str, ...]) -> Album:
        """Take the shots that were asked for."""
        with self.ctx.stage("model"):
            return gone_on(self.ctx.state, self.frame, self.pressed, names, self.ctx.card.name, self.features)

    def features(self, squares: Squares) -> NDArray[np.float32]:
        """Features of pictures ``(N, D)``."""
        return features(self.lent, squares, lambda _done: self.ctx.checkpoint())

    def seen(self) -> NDArray[np.float32]:
        """Features of the picture ``(D,)``."""
        make = lambda: self.features(square_of(self.frame.pixels, SIDE)[None])[0]  # noqa: E731
        with self.ctx.stage("model"):
            return self.ctx.memo(("seen", self.ctx.card.name, self.ctx.device), make)

    def shown(self, source: str, shots: int) -> sets.Shown:
        """Shots of a set and pictures kept apart: ``"garments"``, ``"digits"`` or the ``"folder"`` that is open."""
        ctx = self.ctx

        def asked(at: int, total: int) -> None:
            ctx.checkpoint()
            ctx.progress(at / total, "reading the folder")

        def made() -> sets.Shown:
            if source == FOLDER:
                return sets.of_folder(ctx.frames, shots, ctx.seed, asked)
            return sets.shipped(source, shots, ctx.seed)

        place = (self.frame.source_id, len(ctx.frames)) if source == FOLDER else ()
        return ctx.memo(("shown", source, shots, ctx.seed, place), made, keep=True)

    def learnt(self, shown: sets.Shown, album: Album, waiting: Result) -> tuple[Compared, Taught]:
        """Probe and net from scratch on a set; `waiting` is shown until they are there."""
        ctx, (train, test) = self.ctx, shown.split
        again = self.pressed.again if self.pressed.again > album.first.again else 0

        def asked(share: float) -> None:
            ctx.checkpoint()
            ctx.progress(share, "features, and a net from scratch")

        def made() -> tuple[Compared, Taught]:
            ctx.publish(waiting)
            both = compared(self.lent, shown, ctx.seed, ctx.runs, asked, anew=again > 0)
            taught = teach(train.names, shown.train, train.labels, both.train)
            return both, examined(taught, (both.test, test.labels) if len(test) else None)

        with ctx.stage("explain"):
            return ctx.memo(("learnt", train.digest, ctx.seed, ctx.card.name, again), made, keep=True)

    def kept(self, taught: Taught) -> tuple[str, ...]:
        """Make a model of what was taught if that was asked for since the last picture, and say so."""
        networks, before = self.ctx.networks, self.ctx.state
        asked = self.pressed.keep > (before.pressed.keep if before is not None else 0)
        if not asked or (before is None and not networks.at_once):
            return ()
        card = networks.keep(network_of(self.lent, taught))
        return (f"kept as “{card.title}” ({card.name}): choose it in the menu of models",) if card else ()
