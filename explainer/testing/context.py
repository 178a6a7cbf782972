"""A context that records what a demo did with it."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from explainer.core.context import Settings, Stage
from explainer.core.frame import Frame
from explainer.core.model_card import ModelCard
from explainer.core.networks import NO_NETWORKS, Networks
from explainer.core.result import Result
from explainer.core.runs import NO_RUNS, Runs

T = TypeVar("T")


@dataclass
class FakeContext:
    """`explainer.core.context.Context` around one network, without an engine.

    Parameters
    ----------
    net
        Lent by `model`, whatever the name; it has a ``card``.
    published, checkpoints, stages, progressed
        What the demo did: partial results, how often it asked whether it is wanted, stages and progress in order.
    kept
        What `memo` made, by key.
    """

    net: Any
    seed: int = 0
    settings: Settings = field(default_factory=Settings)
    device: str = "cpu"
    state: Any = None
    frames: Sequence[Frame] = ()
    runs: Runs = NO_RUNS
    networks: Networks = NO_NETWORKS
    published: list[Result] = field(default_factory=list)
    checkpoints: int = 0
    stages: list[str] = field(default_factory=list)
    progressed: list[tuple[float, str]] = field(default_factory=list)
    kept: dict[Hashable, Any] = field(default_factory=dict)

    @property
    def card(self) -> ModelCard:
        """Card of the network."""
        card: ModelCard = self.net.card
        return card

    @property
    def rng(self) -> np.random.Generator:
        """A generator of the seed."""
        return np.random.default_rng(self.seed)

    def checkpoint(self) -> None:
        """Count."""
        self.checkpoints += 1

    def progress(self, fraction: float, text: str = "") -> None:
        """Note both; the fraction is one."""
        assert 0.0 <= fraction <= 1.0, fraction
        self.progressed.append((fraction, text))

    def publish(self, partial: Result) -> None:
        """Keep it; it says that it is partial."""
        assert partial.partial
        self.published.append(partial)

    @contextmanager
    def stage(self, name: Stage) -> Iterator[None]:
        """Note the name."""
        self.stages.append(name)
        yield

    @contextmanager
    def model(self, name: str | None = None) -> Iterator[Any]:
        """Lend the network."""
        del name
        yield self.net

    def memo(self, key: Hashable, make: Callable[[], T], *, keep: bool = False) -> T:
        """Make it once."""
        del keep
        if key not in self.kept:
            self.kept[key] = make()
        made: T = self.kept[key]
        return made


def fake_context(module: Any = None, card: ModelCard | None = None, **more: Any) -> FakeContext:
    """Put a context around a module of torch; around a tiny random network by default.

    Parameters
    ----------
    card
        Needed with a module: its layers and labels.
    more
        Fields of `FakeContext`, such as ``seed`` or ``state``.
    """
    from explainer.testing import networks

    if module is None:
        module, card = networks.TinyNet(), networks.tiny_card(networks.TINY_LAYERS, 7)
    if card is None:
        raise TypeError("a module needs a card")
    return FakeContext(networks.FakeClassifier(module, card), **more)


def tiny() -> FakeContext:
    """Put a context around three random convolutions, ``stem``, ``body`` and ``head``, and seven classes."""
    return fake_context()


def bright() -> FakeContext:
    """Put a context around a network whose class 1 is brightness and whose class 0 is darkness."""
    from explainer.testing import networks

    return fake_context(networks.BrightNet(), networks.tiny_card(networks.BRIGHT_LAYERS, 2))
