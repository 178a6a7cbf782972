"""Putting someone's tensors into an architecture, or saying in one sentence why they do not go in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from explainer.core.model_card import ModelCard
from explainer.core.problem import ExplainerError
from explainer.vision.zoo import likeness
from explainer.vision.zoo.architectures import empty, outline
from explainer.vision.zoo.naming import COUNTER, Head, State, head_of, renamed

MOST_CLASSES: Final = 100_000
BYTES_A_NUMBER: Final = 64  # weights, their average and the optimiser's two moments in 64 bits, and as much again
SPARE_BYTES: Final = 256 * 2**20
INDEX = "relative_position_index"  # of window attention: where in its table of biases each pair of pixels looks


@dataclass(frozen=True, slots=True)
class _Fit:
    """How one list of tensors compares with a network."""

    net: nn.Module
    want: Mapping[str, Tensor]
    state: State
    misfits: tuple[str, ...]

    @property
    def matching(self) -> int:
        """Number of wanted tensors that are there in the right shape."""
        return sum(key in self.state and self.state[key].shape == t.shape for key, t in self.want.items())


def most_bytes(architecture: str, card: ModelCard) -> int:
    """Size of the largest file that weights of this architecture may lie in."""
    tensors = outline(architecture, card.input_px, len(card.labels)).values()
    return SPARE_BYTES + BYTES_A_NUMBER * sum(tensor.numel() for tensor in tensors)


def fitted(architecture: str, card: ModelCard, *states: State) -> nn.Module:
    """Build `architecture` from that one of `states` that fits, for as many classes as it has.

    Raises
    ------
    ExplainerError
        If none fits, the sentence says how many tensors do and what the others seem to be of; or if numbers
        are not finite, or of a kind that is no weight.
    """
    best: _Fit | None = None
    for state in states:
        fit = _compared(architecture, card, state)
        if best is None or not fit.misfits or fit.matching > best.matching:
            best = fit
        if not fit.misfits:
            break
    assert best is not None
    if best.misfits:
        raise _misfit(card, best, states)
    return _filled(best)


def _compared(architecture: str, card: ModelCard, state: State) -> _Fit:
    published = _numbered(outline(architecture, card.input_px, len(card.labels)))
    head = head_of(published)
    state = renamed(architecture, published, head, state)
    classes = _classes(head, state)
    net = empty(architecture, card.input_px, classes)
    want = _numbered(net.state_dict())
    if head.bias in want and head.weight in state and head.bias not in state:
        state[head.bias] = torch.zeros(classes)  # a last layer without a bias
    return _Fit(net, want, state, tuple(_misfits(want, state)))


def _numbered(state: Mapping[str, Tensor]) -> State:
    """Tensors that a file must have. The counters of batch norms are old or missing, and nothing reads them here."""
    return {key: tensor for key, tensor in state.items() if not key.endswith(COUNTER)}


def _classes(head: Head, state: State) -> int:
    """Number of logits in `state`: what its last layer has."""
    if head.weight not in state or tuple(state[head.weight].shape)[1:] != head.shape[1:]:
        return head.shape[0]
    classes = int(state[head.weight].shape[0])
    if not 1 <= classes <= MOST_CLASSES:
        what = f"These weights are for {classes:,} classes."
        raise ExplainerError(what, f"Choose weights for 1 to {MOST_CLASSES:,} classes.")
    return classes


# What does not fit --------------------------------------------------------------------------------------


def _misfits(want: Mapping[str, Tensor], state: State) -> list[str]:
    shapes = [
        f"{key} is {_size(state[key])} instead of {_size(tensor)}"
        for key, tensor in want.items()
        if key in state and state[key].shape != tensor.shape
    ]
    missing = [f"{key} is missing" for key in want if key not in state]
    return [*shapes, *missing, *(f"{key[:100]} has no place in it" for key in state if key not in want)]


def _size(tensor: Tensor) -> str:
    return " × ".join(str(side) for side in tensor.shape) or "one number"


def _misfit(card: ModelCard, fit: _Fit, states: tuple[State, ...]) -> ExplainerError:
    what = f"These weights are not of {card.title}: {fit.matching} of {len(fit.want)} tensors match; {fit.misfits[0]}."
    seems = next(filter(None, map(likeness.architecture_of, states)), None)
    todo = "Choose the architecture they were trained with."
    if seems == card.title:
        todo = "Save only the state_dict of that network."
    elif seems:
        todo = f"They seem to be of {seems}: choose that."
    return ExplainerError(what, todo, "\n".join(fit.misfits[:50]))


# Filling ------------------------------------------------------------------------------------------------


def _filled(fit: _Fit) -> nn.Module:
    full = fit.net.state_dict()  # keeps the versions that torch wrote beside its own tensors
    seen: set[int] = set()
    for key, tensor in full.items():
        if key.endswith(COUNTER):
            full[key] = torch.zeros((), dtype=torch.int64)
            continue
        full[key] = _apart(_number(key, fit.state[key], tensor), seen)
    fit.net.load_state_dict(full, assign=True)
    return fit.net


def _number(key: str, tensor: Tensor, want: Tensor) -> Tensor:
    """Return `tensor` as the type that is wanted.

    Raises
    ------
    ExplainerError
        If it holds no plain numbers of that kind, or some that are not finite.
    """
    if kind := _strange(tensor, want):
        what = f"{key} is {kind}, which is not read here."
        raise ExplainerError(what, "Save the network's weights as ordinary 32-bit or 16-bit numbers.")
    found = tensor.detach().to(want.dtype)
    if not found.is_floating_point():
        _check_index(key, found)
    elif not _is_finite(found):
        what = f"Some of the numbers in {key} are not finite."
        raise ExplainerError(what, "The training went astray: take an earlier checkpoint.")
    elif key.endswith(".running_var") and bool((found < 0).any()):
        raise ExplainerError(f"Some of the variances in {key} are negative.", "Take another checkpoint.")
    return found


def _strange(tensor: Tensor, want: Tensor) -> str:
    """Say what is unusual about a tensor; nothing where it is plain."""
    if tensor.is_quantized:
        return "quantised"
    if tensor.layout != torch.strided or tensor.is_nested:
        return "sparse"
    if tensor.is_complex():
        return "complex"
    if tensor.device.type != "cpu":
        return "without numbers"
    if tensor.is_floating_point() != want.is_floating_point():
        return f"stored as {str(tensor.dtype).removeprefix('torch.')}"
    return ""


def _is_finite(tensor: Tensor) -> bool:
    """Look at every number in memory once: an expanded tensor says the same one many times."""
    once = tensor[tuple(0 if step == 0 else slice(None) for step in tensor.stride())]
    return bool(torch.isfinite(once).all())


def _check_index(key: str, found: Tensor) -> None:
    window = round(found.numel() ** 0.25)
    if not key.endswith(INDEX) or int(found.min()) < 0 or int(found.max()) >= (2 * window - 1) ** 2:
        raise ExplainerError(f"{key} points outside its table.", "Take another checkpoint.")


def _apart(tensor: Tensor, seen: set[int]) -> Tensor:
    """Give a tensor memory of its own where it shares it with another, or is a piece of something larger."""
    start, storage = tensor.data_ptr(), tensor.untyped_storage()
    if storage.data_ptr() in seen or storage.nbytes() > tensor.numel() * tensor.element_size():
        return tensor.clone(memory_format=torch.contiguous_format)
    seen.add(storage.data_ptr())
    return tensor if start else tensor.clone()
