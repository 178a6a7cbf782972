"""Bringing the names in someone's state dict to those of the architecture: prefixes, old and foreign spellings.

A trainer wraps the network (``module.``, ``model.``, ``net.``, ``backbone.``, ``_orig_mod.``), adds counters and a
loss, and replaces the last layer. None of that changes what the network computes.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from explainer.core.problem import ExplainerError

State = dict[str, Tensor]
COUNTER = ".num_batches_tracked"
NOISE = re.compile(r"(^|\.)(num_batches_tracked|total_ops|total_params|n_averaged)$|^(criterion|loss\w*|metrics?)\.")
SIDE = {"googlenet": ("aux1.", "aux2."), "inception_v3": ("AuxLogits.",)}  # only training uses them
_START = r"(?P<start>^|\.)"
_DENSE = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.(?:\w+))$")
# timm's vision transformer is torchvision's under other names.
_VIT = tuple(
    (re.compile(_START + theirs), r"\g<start>" + ours)
    for theirs, ours in (
        (r"cls_token$", "class_token"),
        (r"pos_embed$", "encoder.pos_embedding"),
        (r"patch_embed\.proj\.", "conv_proj."),
        (r"blocks\.(\d+)\.norm([12])\.", r"encoder.layers.encoder_layer_\2.ln_\3."),
        (r"blocks\.(\d+)\.attn\.qkv\.(weight|bias)$", r"encoder.layers.encoder_layer_\2.self_attention.in_proj_\3"),
        (r"blocks\.(\d+)\.attn\.proj\.", r"encoder.layers.encoder_layer_\2.self_attention.out_proj."),
        (r"blocks\.(\d+)\.mlp\.fc1\.", r"encoder.layers.encoder_layer_\2.mlp.0."),
        (r"blocks\.(\d+)\.mlp\.fc2\.", r"encoder.layers.encoder_layer_\2.mlp.3."),
        (r"norm\.(weight|bias)$", r"encoder.ln.\2"),
        (r"head\.(weight|bias)$", r"heads.head.\2"),
    )
)


@dataclass(frozen=True, slots=True)
class Head:
    """The last layer: name of its module, and the shape of its weight ``(K, …)``."""

    name: str
    shape: tuple[int, ...]

    @property
    def weight(self) -> str:
        """Key of its weight."""
        return f"{self.name}.weight"

    @property
    def bias(self) -> str:
        """Key of its bias."""
        return f"{self.name}.bias"


def head_of(want: Mapping[str, Tensor]) -> Head:
    """Find the last layer of a network by its state dict, whose order is that of the modules."""
    name = list(want)[-1].rpartition(".")[0]
    return Head(name, tuple(want[f"{name}.weight"].shape))


def renamed(architecture: str, want: Collection[str], head: Head, state: State) -> State:
    """Return the tensors of `state` under the names in `want`, as far as that can be told.

    Raises
    ------
    ExplainerError
        If two networks of this kind lie side by side.
    """
    state = modern_keys(architecture, state)
    state = _inside(want, state)
    side = SIDE.get(architecture, ())
    state = {key: t for key, t in state.items() if not key.startswith(side) and not NOISE.search(key)}
    return _own_head(want, head, state)


def modern_keys(architecture: str, state: State) -> State:
    """Rename what old files and timm call differently: DenseNet's ``norm.1`` is ``norm1`` today."""
    return dict(_modern(architecture, state))


def _modern(architecture: str, state: State) -> Iterator[tuple[str, Tensor]]:
    for key, tensor in state.items():
        if architecture.startswith("densenet"):
            yield _DENSE.sub(r"\1\2", key), tensor
        elif architecture.startswith("vit_"):
            yield _vit(key), tensor
        else:
            yield key, tensor


def _vit(key: str) -> str:
    for pattern, ours in _VIT:
        if pattern.search(key) and "encoder.ln" not in key and "heads.head" not in key:
            return pattern.sub(ours, key, count=1)
    return key


def _inside(want: Collection[str], state: State) -> State:
    """Drop the prefix under which most of the network lies, and all that lies beside it."""
    found = Counter(prefix for key in state for prefix in _prefixes(key, want))
    if not found:
        return state
    most = max(found.values())
    best = [prefix for prefix, count in found.items() if count == most]
    averaged = [prefix for prefix in best if "ema" in prefix]
    if len(best) > 1 and not averaged and "" not in best and most > len(want) // 2:
        names = " and ".join(prefix.rstrip(".") for prefix in best[:2])
        raise ExplainerError(f"Two such networks lie in the file: {names}.", "Save only the one that you mean.")
    prefix = "" if "" in best else (averaged or best)[0]
    return {key.removeprefix(prefix): tensor for key, tensor in state.items() if key.startswith(prefix)}


def _prefixes(key: str, want: Collection[str]) -> Iterator[str]:
    """Yield what may stand before a wanted name: ``"model.fc.bias"`` → ``"model."``."""
    start = 0
    while start >= 0:
        if key[start:] in want:
            yield key[:start]
        start = key.find(".", start) + 1 or -1


def _own_head(want: Collection[str], head: Head, state: State) -> State:
    """Take a last layer of another name where all else fits, as after ``net.fc = Sequential(Dropout(), Linear())``."""
    if head.weight in state:
        return state
    unknown = {key for key in state if key not in want}
    for key in sorted(unknown):
        name = key.removesuffix(".weight")
        if unknown <= {key, f"{name}.bias"} and tuple(state[key].shape)[1:] == head.shape[1:]:
            swap = {key: head.weight, f"{name}.bias": head.bias}
            return {swap.get(old, old): tensor for old, tensor in state.items()}
    return state
