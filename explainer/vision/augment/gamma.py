"""The one transform of the studio that torchvision lacks in a random version: a gamma drawn for each picture."""

import math
from typing import Any

import torch
from torchvision.transforms import v2


class RandomGamma(v2.Transform):  # type: ignore[misc]  # torchvision has no types
    """Raise each colour value, as a share of white, to a random power: ``out = in ** gamma``.

    The logarithm of gamma is drawn evenly between those of `low` and `high`, so that darker (above 1) and
    lighter (below 1) are alike.
    """

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.low, self.high = low, high

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:  # noqa: ARG002, D102
        between = torch.empty(1).uniform_(math.log(self.low), math.log(self.high)).item()
        return {"gamma": math.exp(between)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:  # noqa: D102
        return self._call_kernel(v2.functional.adjust_gamma, inpt, gamma=params["gamma"])
