"""A picture that is to be optimised, written in numbers that are easy to optimise.

The same picture can be held as one number per pixel and colour, or as waves (its Fourier spectrum) in colours
that vary independently of each other in photographs. Nothing but the coordinates differs; yet a step of gradient
ascent follows the steepest direction *in these coordinates*, and so finds other pictures.

References
----------
Olah, Mordvintsev, Schubert. *Feature visualization.* Distill, 2017 (section "Preconditioning and
parameterization"); the constants are those of its code, Lucid.
"""

import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

START = 0.01  # standard deviation of the first coordinates: a hardly visible grey noise
WAVE_SHARE = 0.25  # Lucid's constant: keeps the first steps on the straight part of the sigmoid
FINE = 0.25  # cycles a pixel: a wave of 4 pixels
EDGE = 1e-4  # a channel at 0 or 1 would need an infinite coordinate

# Square root of the covariance of the colours (R, G, B) of ImageNet's photographs, one column for each direction:
# light against dark, red against blue, green against purple.
COLOUR_ROOT = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))


@dataclass(frozen=True, slots=True)
class Canvas:
    """How a square picture is written.

    Parameters
    ----------
    size_px
        Side S of the picture.
    waves
        Coordinates are amplitudes of waves, ``(3, S, S // 2 + 1, 2)``, each divided by its frequency as in
        photographs; else pixels, ``(3, S, S)``.
    colours
        The three channels are the directions of `COLOUR_ROOT`; else red, green and blue.
    """

    size_px: int = 128
    waves: bool = True
    colours: bool = True

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the coordinates."""
        side = self.size_px
        return (3, side, side // 2 + 1, 2) if self.waves else (3, side, side)

    def start(self, seed: int) -> Tensor:
        """Draw faint noise in these coordinates, ``N(0, 0.01²)``."""
        generator = torch.Generator().manual_seed(seed)
        return START * torch.randn(self.shape, generator=generator)

    def picture(self, z: Tensor) -> Tensor:
        """Draw the picture ``(1, 3, S, S)`` of coordinates `z`, each value in 0…1.

        ``x = σ(C u)``, with ``u = IFFT(z / max(f, 1 / S)) / 4`` for waves of frequency f (cycles a pixel) and
        ``u = z`` for pixels.
        """
        flat = self._flat(z)
        if self.colours:
            flat = torch.einsum("rc,chw->rhw", colour_matrix().to(flat), flat)
        return torch.sigmoid(flat)[None]

    def coordinates(self, picture: Tensor) -> Tensor:
        """Write a picture ``(1, 3, S, S)`` in these coordinates: the inverse of `picture`.

        Values nearer to 0 or 1 than `EDGE` come back as that.
        """
        flat = torch.logit(picture[0], EDGE)
        if self.colours:
            flat = torch.einsum("rc,chw->rhw", torch.linalg.inv(colour_matrix().to(flat)), flat)
        if not self.waves:
            return flat
        spectrum = torch.fft.rfft2(flat / WAVE_SHARE, norm="ortho")
        return torch.view_as_real(spectrum) * frequencies(self.size_px).to(flat)[None, :, :, None]

    def _flat(self, z: Tensor) -> Tensor:
        if not self.waves:
            return z
        scaled = z / frequencies(self.size_px).to(z)[None, :, :, None]
        side = (self.size_px, self.size_px)
        waves: Tensor = torch.fft.irfft2(torch.view_as_complex(scaled.contiguous()), s=side, norm="ortho")
        return WAVE_SHARE * waves


@cache
def colour_matrix() -> Tensor:
    """`COLOUR_ROOT` over the length of its longest column, ``(3, 3) float64``: column d is direction d in RGB."""
    root = torch.tensor(COLOUR_ROOT, dtype=torch.float64)
    matrix: Tensor = root / root.norm(dim=0).max()
    return matrix


@cache
def frequencies(size_px: int) -> Tensor:
    """Frequency of each wave of a half spectrum, ``(S, S // 2 + 1) float64``, in cycles a pixel, at least 1 / S."""
    down = torch.fft.fftfreq(size_px, dtype=torch.float64)[:, None]
    across = torch.fft.rfftfreq(size_px, dtype=torch.float64)[None, :]
    found: Tensor = (down**2 + across**2).sqrt()
    return found.clamp_min(1.0 / size_px)


def moved(picture: Tensor, seed: int, shift: float = 1 / 16, zoom: float = 0.1, turn_deg: float = 8.0) -> Tensor:
    """Shift, scale and turn a picture a little, at random: what the net sees should not hang on single pixels.

    Parameters
    ----------
    picture
        ``(1, 3, S, S)``; what comes in from beyond the edge is mirrored.
    seed
        The same seed, the same move.
    shift, zoom, turn_deg
        Largest shift as a share of S, largest change of scale as a share, largest angle in degrees.
    """
    across, down, scale, angle = (2 * torch.rand(4, generator=torch.Generator().manual_seed(seed)) - 1).tolist()
    size, turn = 1.0 + zoom * scale, math.radians(turn_deg * angle)
    cos, sin = math.cos(turn) / size, math.sin(turn) / size
    # affine_grid's units: the picture runs from -1 to 1, so a shift by the share s is 2 s.
    rows = [[cos, -sin, 2 * shift * across], [sin, cos, 2 * shift * down]]
    where = torch.nn.functional.affine_grid(
        torch.tensor([rows], dtype=picture.dtype, device=picture.device), list(picture.shape), align_corners=False
    )
    return torch.nn.functional.grid_sample(picture, where, padding_mode="reflection", align_corners=False)


def roughness(picture: Tensor) -> Tensor:
    """Total variation: mean of ``|x(i+1, j) − x(i, j)|`` and of ``|x(i, j+1) − x(i, j)|``, added; a scalar ≥ 0."""
    down = (picture[..., 1:, :] - picture[..., :-1, :]).abs().mean()
    return down + (picture[..., :, 1:] - picture[..., :, :-1]).abs().mean()


def fine_share(picture: Tensor) -> float:
    """Share of a picture's contrast that lies in waves shorter than 4 pixels, 0…1; 0 for a plain picture.

    ``Σ_{f > ¼} |X(f)|² / Σ_{f > 0} |X(f)|²`` over all waves of all channels of ``(1, 3, S, S)``, with X the
    Fourier transform. Of white noise ``1 − π/16 ≈ 0.80`` is that fine, of photographs a few hundredths.
    """
    side = picture.shape[-1]
    centred = picture - picture.mean(dim=(2, 3), keepdim=True)
    energy = torch.fft.rfft2(centred.double()).abs().square()[0].sum(dim=0)
    energy[:, 1 : (side + 1) // 2] *= 2  # the other half of the spectrum mirrors these columns
    fine = frequencies(side).to(energy.device) > FINE
    whole = float(energy.sum())
    return float(energy[fine].sum()) / whole if whole > 0 else 0.0


def contrast(picture: Tensor) -> Tensor:
    """L2 penalty: mean of ``(x − ½)²``, a scalar; 0 for plain grey, ¼ for black and white."""
    return (picture - 0.5).square().mean()
