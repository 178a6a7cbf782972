"""Where a picture, a borrowed network and what was taught so far come together; each thing is computed once."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.result import Result
from explainer.vision.reuse import sets
from explainer.vision.reuse.album import Album, Presses, gone_on
from explainer.vision.reuse.compared import Compared, compared, rights_of
from explainer.vision.reuse.features import SIDE, Squares, features
from explainer.vision.reuse.probed_net import network_of
from explainer.vision.reuse.taught import Taught, examined, teach
from explainer.vision.training.examples import centre_square
from explainer.vision.zoo.classifier import Classifier

FOLDER = "folder"
DRAWS, APART = 3, 1000  # draws of shots from a shipped set, and how far apart their seeds are


class Learnt(NamedTuple):
    """What a set taught.

    Parameters
    ----------
    rights
        Percent of the pictures kept apart that probe and net from scratch name rightly, ``(draws, 2)``; the first
        row is of the shots that are shown.
    """

    both: Compared
    taught: Taught
    rights: NDArray[np.float64]


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
        make = lambda: self.features(centre_square(self.frame.pixels, SIDE)[None])[0]  # noqa: E731
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

    def learnt(self, source: str, shown: sets.Shown, album: Album, waiting: Result) -> Learnt:
        """Probe and net from scratch on a set; `waiting` is shown until they are there."""
        ctx, train = self.ctx, shown.split.train
        again = self.pressed.again if self.pressed.again > album.first.again else 0

        def made() -> Learnt:
            ctx.publish(waiting)
            return self._learnt(source, shown, anew=again > 0)

        with ctx.stage("explain"):
            return ctx.memo(("learnt", train.digest, ctx.seed, ctx.card.name, again), made, keep=True)

    def _learnt(self, source: str, shown: sets.Shown, *, anew: bool) -> Learnt:
        ctx, (train, test), draws = self.ctx, shown.split, 1 if source == FOLDER else DRAWS
        begun = 0

        def asked(share: float) -> None:
            ctx.checkpoint()
            ctx.progress((begun + share) / draws, "features, and nets from scratch")

        # the same pictures are kept apart for every number of shots, and are most of those that the network is shown
        of_tests = ("features of tests", test.digest, ctx.card.name, ctx.device)
        held = lambda make: ctx.memo(of_tests, make, keep=True)  # noqa: E731
        both = compared(self.lent, shown, ctx.seed, ctx.runs, asked, anew=anew, held=held)
        taught = teach(train.names, shown.train, train.labels, both.train)
        if not len(test) or taught.probe is None:
            return Learnt(both, examined(taught), np.zeros((0, 2)))
        first = [float((said == test.labels).mean()) for said in (taught.probe.answers(both.test), both.scratch)]
        rights = [tuple(first)]
        for begun in range(1, draws):
            seed = ctx.seed + begun * APART
            other = sets.shipped(source, len(train) // train.classes, seed)
            rights.append(rights_of(self.lent, other, seed, both.test, ctx.runs, asked, anew=anew))
        return Learnt(both, examined(taught, (both.test, test.labels)), 100 * np.array(rights))

    def kept(self, taught: Taught) -> tuple[str, ...]:
        """Make a model of what was taught if that was asked for since the last picture, and say so."""
        networks, before = self.ctx.networks, self.ctx.state
        asked = self.pressed.keep > (before.pressed.keep if before is not None else 0)
        if not asked or (before is None and not networks.at_once):
            return ()
        card = networks.keep(network_of(self.lent, taught))
        return (f"kept as “{card.title}” ({card.name}): choose it in the menu of models",) if card else ()
