"""Tempting defences, and what an attacker does who knows them (Athalye, Carlini and Wagner 2018).

A step that has no useful gradient is passed backward as if it were not there (BPDA with the identity); one
that rolls dice is averaged over (EOT); one that only makes the gradient vanish is left out.
"""

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from numpy.typing import NDArray
from torch import Tensor

from explainer.vision.perturb.attacks import WHITE, Front, Victim

Pixels = NDArray[np.uint8]
Kind = Literal["none", "jpeg", "blur", "quantise", "noise", "masking"]

ATTACK_DRAWS, JUDGE_DRAWS = 4, 8  # copies with other noise that the attacker, and the judge, average over


@dataclass(frozen=True, slots=True)
class Defence:
    """One defence and its strength.

    Parameters
    ----------
    quality
        Of JPEG, 1…100.
    sigma_px
        Of the Gaussian blur, input pixels.
    bits
        Per channel, 1…8, that are kept.
    noise
        Standard deviation of the noise that is added, grey levels.
    scale
        Factor of masking on the logits; float32 softmax then rounds to 0 and 1.
    """

    kind: Kind = "none"
    quality: int = 50
    sigma_px: float = 1.0
    bits: int = 3
    noise: float = 8.0
    scale: float = 200.0

    @property
    def draws_lots(self) -> bool:
        """Whether two calls give two answers."""
        return self.kind == "noise"


def defended(victim: Victim, defence: Defence, seed: int) -> Victim:
    """Return the network behind its defence, as it answers in use."""
    if defence.kind == "none":
        return victim
    if defence.kind == "masking":
        return replace(victim, scale=defence.scale)
    return replace(victim, front=_front(defence, seed), draws=JUDGE_DRAWS if defence.draws_lots else 1)


def target_of(victim: Victim, defence: Defence, seed: int, *, adaptive: bool) -> Victim:
    """Return what the attacker differentiates.

    One who knows of nothing takes the bare network; only masking cannot be overlooked, as it is in the
    network's own output. One who adapts goes through the defence, and divides the masking's factor out again.
    """
    if defence.kind == "masking":
        return victim if adaptive else defended(victim, defence, seed)
    if not adaptive or defence.kind == "none":
        return victim
    seen = _front(defence, seed + 1)  # other dice than the judge's
    if defence.kind in ("jpeg", "quantise"):
        seen = straight_through(seen)
    return replace(victim, front=seen, draws=ATTACK_DRAWS if defence.draws_lots else 1)


def straight_through(step: Front) -> Front:
    """Forward as it is, backward as the identity: ``x + (step(x) − x)`` with a constant second term."""

    def passed(x: Tensor) -> Tensor:
        with torch.no_grad():
            change = step(x) - x
        return x + change

    return passed


def _front(defence: Defence, seed: int) -> Front:
    match defence.kind:
        case "jpeg":
            return lambda x: jpeg(x, defence.quality)
        case "blur":
            return lambda x: blur(x, defence.sigma_px)
        case "quantise":
            return lambda x: quantise(x, defence.bits)
        case _:
            dice = torch.Generator().manual_seed(seed)
            return lambda x: x + defence.noise * torch.randn(x.shape, generator=dice).to(x)


def jpeg(x: Tensor, quality: int) -> Tensor:
    """Write each picture ``(B, 3, S, S)`` as JPEG (4 : 2 : 0) and read it again; rounds to 8 bits first."""
    pictures = x.detach().round().clamp(0, WHITE).permute(0, 2, 3, 1).cpu().numpy().astype(np.uint8)
    read = [_through_jpeg(picture, quality) for picture in pictures]
    return torch.from_numpy(np.stack(read)).permute(0, 3, 1, 2).to(x)


def _through_jpeg(picture: Pixels, quality: int) -> Pixels:
    # OpenCV takes the planes for blue, green, red, and has to know them right: JPEG keeps colour coarser than light.
    _, code = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    read = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(read[..., ::-1])


def blur(x: Tensor, sigma_px: float) -> Tensor:
    """Gaussian blur with reflected borders, differentiable; the kernel reaches three sigma."""
    if sigma_px <= 0:
        return x
    reach = min(max(1, round(3 * sigma_px)), min(x.shape[2:]) - 1)
    at = torch.arange(-reach, reach + 1, device=x.device, dtype=x.dtype)
    row = torch.exp(-0.5 * (at / sigma_px) ** 2)
    kernel = (row / row.sum()).expand(3, 1, 1, -1)
    wide = F.conv2d(F.pad(x, (reach, reach, 0, 0), mode="reflect"), kernel, groups=3)
    return F.conv2d(F.pad(wide, (0, 0, reach, reach), mode="reflect"), kernel.transpose(2, 3), groups=3)


def quantise(x: Tensor, bits: int) -> Tensor:
    """Round to ``2^bits`` evenly spaced levels from 0 to 255."""
    step = WHITE / (2**bits - 1)
    rounded: Tensor = torch.round(x / step) * step
    return rounded
