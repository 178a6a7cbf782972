"""How far a run is that has several parts."""

from collections.abc import Callable, Mapping


class Way:
    """Turns the share of a part into that of the whole run, so that progress never falls back.

    Parameters
    ----------
    progress
        ``Context.progress``.
    costs
        Parts in turn, and what each costs beside the others, in any unit (passes, votes).
    """

    def __init__(self, progress: Callable[[float, str], None], costs: Mapping[str, float]) -> None:
        self._progress, self._costs = progress, dict(costs)

    def tell(self, part: str, share: float, text: str) -> None:
        """Say that `share` (0…1) of `part` is done, and what it is doing."""
        before = sum(self._costs[name] for name in list(self._costs)[: list(self._costs).index(part)])
        self._progress((before + share * self._costs[part]) / sum(self._costs.values()), text)
