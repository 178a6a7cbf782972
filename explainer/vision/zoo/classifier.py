"""What a demo gets when it borrows a model."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from explainer.core.context import Fit
from explainer.core.frame import Frame
from explainer.core.model_card import ModelCard
from explainer.core.network_strip import NetworkStrip
from explainer.core.problem import ExplainerError
from explainer.vision.zoo.fold import folded
from explainer.vision.zoo.fused import FusedLite, fused
from explainer.vision.zoo.keeping import Clean
from explainer.vision.zoo.prepare import Prepared, prepare
from explainer.vision.zoo.split import Split, closed, has_linear_head, last_linear, split
from explainer.vision.zoo.strongest_maps import seen, strongest, watched

__all__ = ["Classifier", "Prepared", "Split"]


class Nets:
    """A stock network and the fast one derived from it; kept between leases.

    Parameters
    ----------
    stock
        The network as published: eager, contiguous, batch norms in place, frozen, in eval mode.
    """

    def __init__(self, stock: nn.Module) -> None:
        self._stock = stock
        self._fast: nn.Module | None = None
        self._fused: list[FusedLite | None] = []
        self._clean = {True: Clean(stock)}
        self._used: set[bool] = set()  # what was handed out since all was clean: stock, fast or both
        self._borrowers = 0
        self.spoiled = False
        self.linear_heads: dict[tuple[str, bool], bool] = {}

    def network(self, stock: bool) -> nn.Module:
        """Return the network as published, or with batch norms folded and ``channels_last``."""
        self._used.add(stock)
        return self._stock if stock else self._folded()

    def _folded(self) -> nn.Module:
        if self._fast is None:
            self._fast = folded(self._stock)
            self._clean[False] = Clean(self._fast)
        return self._fast

    def fused(self, side: int) -> FusedLite | None:
        """Return what computes passes without a graph fastest, if this network and machine have it.

        It shares no tensor with the others but the last linear map, and is never handed out.
        """
        if False in self._used:  # whoever borrowed the folded network may have hooked or changed it
            return None
        if not self._fused:
            self._fused.append(fused(self._folded(), side))
        return self._fused[0]

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Put the networks back when the block ends; a block within a block keeps what the outer one did."""
        nested = {stock: Clean(net) for stock, net in self._made()} if self._borrowers else None
        self._borrowers += 1
        try:
            yield
        finally:
            self._borrowers -= 1
            before = self._clean if nested is None else nested
            intact = [clean.restore() for stock, clean in before.items() if stock in self._used]
            self.spoiled = self.spoiled or not all(intact)
            if not self._borrowers:
                self._used.clear()

    def _made(self) -> list[tuple[bool, nn.Module]]:
        return [(True, self._stock)] if self._fast is None else [(True, self._stock), (False, self._fast)]


class Classifier:
    """A frozen classifier on the session's device.

    Parameters
    ----------
    card
        Name, input, layers and labels.
    nets
        The networks behind it.
    device
        Where they are.
    fit
        How frames are fitted into the input square.
    """

    def __init__(self, card: ModelCard, nets: Nets, device: torch.device, fit: Fit = "crop") -> None:
        self.card = card
        self.device = device
        self._nets = nets
        self._fit: Fit = fit

    def prepare(self, frame: Frame) -> Prepared:
        """Turn a frame into the tensor that the network sees, with the map back to the frame."""
        return prepare(frame, self.card, self._fit, self.device)

    def network(self, *, stock: bool = False) -> nn.Module:
        """Return the network: in eval mode, no parameter asks for a gradient.

        Parameters
        ----------
        stock
            As published (the yardstick); else batch norms are folded, which changes logits by about 1e-5.
        """
        return self._nets.network(stock)

    def logits(self, x: Tensor, *, stock: bool = False) -> Tensor:
        """Map ``(B, 3, S, S)`` to logits ``(B, K)``, without a graph."""
        with torch.no_grad():
            net = None if stock else self._nets.fused(self.card.input_px)
            out: Tensor = (net or self.network(stock=stock))(_laid_out(x, stock))
        return out

    def split(self, x: Tensor, layer: str, *, stock: bool = False) -> Split:
        """Run one forward pass and stop at `layer` to look and to ask for gradients.

        Parameters
        ----------
        x
            ``(1, 3, S, S)``.
        layer
            A layer of the card, ``"last"``, or any module path of the stock network (which then runs).

        Raises
        ------
        ExplainerError
            If there is no such layer, or it has no height and width.
        """
        name = self._path(layer)
        stock = stock or not self.card.has_layer(name)
        x = _laid_out(x, stock)
        known, key = self._nets.linear_heads, (name, stock)
        is_last = bool(self.card.layers) and name == self._path("last")
        quick = None if stock else self._nets.fused(self.card.input_px)
        if quick is not None and name in quick.names:
            return quick.split(x, name)
        net = self.network(stock=stock)
        cut = split(net, x, name, self.card.title, linear_head=known.get(key, False))
        if is_last and key not in known:
            known[key] = has_linear_head(net, cut)
            linear = last_linear(net)
            cut = closed(linear, cut.activation, cut.logits) if known[key] and linear is not None else cut
        return cut

    def strip(self, frame: Frame) -> NetworkStrip:
        """Run one forward pass and note the strongest map of each layer of the card, and the best class."""
        ready = self.prepare(frame)
        layers = [layer.name for layer in self.card.layers if len(layer.shape) == 3]
        x = _laid_out(ready.tensor, stock=False)
        quick = self._nets.fused(self.card.input_px)
        if quick is not None and set(layers) <= set(quick.names):
            thumbs, logits = quick.watched(x, lambda name, out: strongest(name, out) if name in layers else None)
        else:
            thumbs, logits = watched(self.network(), x, layers)
        scores = torch.softmax(logits[0].detach().double().cpu(), 0)
        best = int(scores.argmax())
        view = seen(frame, ready.focus)
        return NetworkStrip(self.card.name, view, tuple(thumbs), self.card.label(best), float(scores[best]))

    def _path(self, layer: str) -> str:
        if layer != "last":
            return layer
        try:
            return self.card.layer("last").name
        except IndexError as error:
            todo = "Choose another model."
            raise ExplainerError(f"{self.card.title} has no layer with height and width.", todo) from error


def _laid_out(x: Tensor, stock: bool) -> Tensor:
    """Lay pixels out as each network wants them; the values stay the same."""
    return x.contiguous(memory_format=torch.contiguous_format if stock else torch.channels_last)
