"""A classifier's answer to a batch of prepared pictures, and how the answers of a sheet spread."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def probabilities(net: Any, ready: Sequence[Tensor]) -> NDArray[np.float64]:
    """Class probabilities ``(B, K)`` of prepared pictures, each ``(1, 3, S, S)``, in one forward pass.

    Parameters
    ----------
    net
        A lent ``vision.zoo.classifier.Classifier``.
    """
    logits = net.logits(torch.cat(list(ready)))
    return np.asarray(torch.softmax(logits.double(), 1).cpu().numpy())


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """What a sheet's answers have in common.

    Parameters
    ----------
    classes
        The classes that are shown: the clean answer, then the highest by mean.
    mean, deviation
        Over the samples, one for each of `classes`; the deviation is that of a population.
    wins
        In how many samples each of `classes` is the answer.
    flips
        Whether a sample's answer is another than the clean one, ``(N,) bool``.
    """

    classes: tuple[int, ...]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    wins: tuple[int, ...]
    flips: NDArray[np.bool_]


def spread(clean: NDArray[np.float64], samples: NDArray[np.float64], shown: int = 5) -> Spread:
    """Mean and spread of answers ``(N, K)`` beside the clean one ``(K,)``."""
    own = int(clean.argmax())
    mean = samples.mean(0)
    best = [int(k) for k in np.argsort(-mean, kind="stable")[:shown]]
    classes = tuple(dict.fromkeys([own, *best]))[:shown]
    said = samples.argmax(1)
    index = list(classes)
    wins = tuple(int((said == k).sum()) for k in classes)
    return Spread(classes, mean[index], samples.std(0)[index], wins, said != own)
