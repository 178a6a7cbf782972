"""Networks that were trained in the program and are to be used by other demos."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from explainer.core.model_card import ModelCard


@dataclass(frozen=True, slots=True, eq=False)
class TrainedNetwork:
    """A classifier that was trained here.

    Parameters
    ----------
    card
        Of tier ``"trained"``; its name is what is wished for.
    architecture
        A name that the zoo can build.
    weights
        The whole state dict as arrays.
    """

    card: ModelCard
    architecture: str
    weights: Mapping[str, NDArray[Any]]


class Networks(Protocol):
    """Where trained networks become models of the zoo."""

    @property
    def at_once(self) -> bool:
        """Whether a first run that asks for it counts: in a script yes, in a window that opens a session no."""
        ...

    def keep(self, network: TrainedNetwork) -> ModelCard | None:
        """Keep it from then on, and return its card as kept; ``None`` where nothing is kept.

        Raises
        ------
        ExplainerError
            If it cannot be written.
        """
        ...


class NoNetworks:
    """Keeps nothing: for the bench, the checks and the tests."""

    at_once = False

    def keep(self, network: TrainedNetwork) -> ModelCard | None:
        """Forget it."""
        del network
        return None


NO_NETWORKS = NoNetworks()
