"""Pictures in every mode, depth, layout and orientation that tifffile, Pillow and OpenCV write, with what is right.

`tiff`, `pillow` and `opencv` draw one picture each from a generator of random numbers, so that a property test takes
a few and a fuzzer as many as it likes. What is right is computed here by the formats' definitions, in other words
than the reader's own.
"""

import io
from dataclasses import dataclass, field

import cv2
import numpy as np
import tifffile
from PIL import Image

ORIENTATIONS = {
    1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1), 7: lambda a: np.rot90(a, 2).transpose(1, 0, 2), 8: np.rot90,
}  # fmt: skip
"""What EXIF's eight orientations do to the stored rows, by the standard's table."""
INTEGERS = ("u1", "u2", "u4", "i1", "i2", "i4")
FLOATS = ("f2", "f4", "f8")


@dataclass(frozen=True, eq=False)
class Written:
    """A file's bytes, and the pixels ``(H, W, 3) uint8`` that are right, up to `within` levels.

    `wanted` is ``None`` where only a refusal is right, whose sentence has `word` in it. `how` says how it was made.
    """

    data: bytes
    name: str
    wanted: np.ndarray | None
    how: str
    within: int = 0
    word: str = ""
    options: dict = field(default_factory=dict)


def scaled(values, bits=0):
    """The documented mapping of depths, sample by sample in Python's own integers and floats."""
    flat = [v.item() for v in values.reshape(-1)]
    kind = values.dtype.kind
    if kind == "b":
        shown = [255 * int(v) for v in flat]
    elif kind == "f":
        shown = _floats(flat)
    elif kind == "u" and (bits or 8 * values.dtype.itemsize) <= 16:
        top = 2 ** (bits or 8 * values.dtype.itemsize) - 1
        shown = [round(v * 255 / top) for v in flat]
    else:
        low, high = min(flat), max(flat)
        low, high = (0, 255) if low >= 0 and high <= 255 else (0, 65535) if low >= 0 and high <= 65535 else (low, high)
        shown = [round((v - low) / (high - low or 1) * 255) for v in flat]
    return np.array(shown, np.uint8).reshape(values.shape)


def _floats(flat):
    finite = [v for v in flat if np.isfinite(v)]
    low, high = (min(finite), max(finite)) if finite else (0, 1)
    low, high = (0, 1) if low >= 0 and high <= 1 else (low, high)
    return [round((v - low) / (high - low or 1) * 255) if np.isfinite(v) else 0 for v in flat]


def in_three(shown):
    """Grey three times, or colours as they are."""
    return np.repeat(shown, 3, axis=2) if shown.shape[2] == 1 else shown


def on_white(shown, alpha, multiplied=False):
    opacity = alpha[..., None] / 255
    colours = shown if multiplied else shown * opacity
    return np.clip(np.rint(colours + 255 * (1 - opacity)), 0, 255).astype(np.uint8)


def samples(rng, shape, dtype, low_range=False):
    """Random values over the whole type, or a part of it."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        values = rng.random(shape).astype(kind)
        if rng.random() < 0.3:
            values = (values * 40 - 7).astype(kind)
        if rng.random() < 0.3:
            values.reshape(-1)[rng.integers(values.size)] = rng.choice([np.nan, np.inf, -np.inf])
        return values
    limits = np.iinfo(kind)
    top = int(limits.max) // 16 if low_range else int(limits.max)
    return rng.integers(int(limits.min), top, shape, kind, endpoint=True)


# TIFF ----------------------------------------------------------------------------------------------------

COLOURS = {"miniswhite": 1, "minisblack": 1, "rgb": 3, "separated": 4, "palette": 1, "bands": 5}


def tiff(rng, **fixed) -> Written:
    """Draw a TIFF; `fixed` sets ``photometric, dtype, planar, alpha, compression, order, tiled, orientation``."""
    pick = lambda name, *of: fixed.get(name, of[rng.integers(len(of))])  # noqa: E731
    photometric = pick("photometric", *COLOURS)
    dtype = pick("dtype", *(("u1", "u2") if photometric in ("separated", "palette") else (*INTEGERS, *FLOATS)))
    planar = pick("planar", False, True) and photometric in ("rgb", "separated", "bands")
    alpha = pick("alpha", "", "unassalpha", "assocalpha", "unspecified") if photometric == "rgb" else ""
    compression = pick("compression", None, "lzw", "zlib", "packbits", "zstd")
    orientation = pick("orientation", *ORIENTATIONS)
    packed = pick("bits", 0, 0, 0, 1, 2, 4, 6, 10, 12, 14) if photometric in ("minisblack", "miniswhite") else 0
    dtype = dtype if not packed else "u1" if packed <= 8 else "u2"
    compression = None if packed else compression
    bits = f" {packed} bits" if packed else ""
    how = f"{photometric} {dtype}{bits} planar={planar} {alpha} {compression} orientation={orientation}"
    height, width = int(rng.integers(1, 24)), int(rng.integers(2, 24))
    values = samples(rng, (height, width, COLOURS[photometric] + bool(alpha)), dtype)
    options = {"photometric": "minisblack" if photometric == "bands" else photometric, "compression": compression}
    if packed:
        values, options["bitspersample"] = values % 2**packed, packed
    if photometric == "palette":
        bits = 8 * np.dtype(dtype).itemsize
        options["colormap"] = rng.integers(256, 65536, (3, 2**bits), np.uint16)
    if alpha:
        options["extrasamples"] = [alpha]
    if photometric == "separated" and np.dtype(dtype).kind == "f":
        raise ValueError("no CMYK in floats")
    if values.shape[2] > 1:
        options["planarconfig"] = "separate" if planar else "contig"
    if compression in ("lzw", "zlib", "zstd") and not packed and rng.random() < 0.5:
        options["predictor"] = True
    if rng.random() < 0.3:
        options["tile"] = (16, 16)
    else:
        options["rowsperstrip"] = int(rng.integers(1, height + 1))
    stored = values if values.shape[2] > 1 else values[..., 0]
    out = io.BytesIO()
    # tifffile swaps packed samples that it writes for the other order; those that it reads it reads rightly.
    order, big = ">" if rng.random() < 0.3 and not packed else "<", bool(rng.random() < 0.15)
    with tifffile.TiffWriter(out, byteorder=order, bigtiff=big) as writer:
        extra = [(274, 3, 1, orientation, True)]
        if photometric == "bands":
            options["extrasamples"] = ["unspecified"] * 4
        data = np.moveaxis(stored, -1, 0) if planar else stored
        writer.write(np.ascontiguousarray(data), metadata=None, extratags=extra, **options)
    wanted = ORIENTATIONS[orientation](_tiff_wanted(values, photometric, alpha, options, packed))
    return Written(out.getvalue(), "made.tif", wanted, how, within=1 if alpha else 0)


def _tiff_wanted(values, photometric, alpha, options, packed):
    if photometric == "palette":
        return (options["colormap"].T // 256).astype(np.uint8)[values[..., 0]]
    if photometric == "bands":
        return scaled(values[..., :3])
    if photometric == "separated":
        ink = scaled(values).astype(int)
        return np.rint((255 - ink[..., :3]) * (255 - ink[..., 3:]) / 255).astype(np.uint8)
    shown = in_three(scaled(values[..., : COLOURS[photometric]], packed))
    if photometric == "miniswhite":
        return 255 - shown
    if alpha in ("", "unspecified"):
        return shown
    return on_white(shown, scaled(values[..., 3]), multiplied=alpha == "assocalpha")


# Pillow --------------------------------------------------------------------------------------------------

PILLOW = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "TIFF": ("1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "LA"),
    "WEBP": ("RGB", "RGBA"),
    "BMP": ("1", "L", "P", "RGB"),
    "PPM": ("1", "L", "RGB", "I;16"),
    "GIF": ("L", "P"),
    "ICO": ("RGBA",),
    "JPEG2000": ("L", "RGB"),
    "QOI": ("RGB", "RGBA"),
    "SGI": ("L", "RGB"),
    "DDS": ("RGB", "RGBA", "L"),
}
TURNED = ("PNG", "TIFF", "WEBP")


def pillow(rng, **fixed) -> Written:
    """Draw a picture that Pillow writes; `fixed` sets ``format, mode, orientation``."""
    fmt = fixed.get("format") or list(PILLOW)[rng.integers(len(PILLOW))]
    mode = fixed.get("mode") or PILLOW[fmt][rng.integers(len(PILLOW[fmt]))]
    orientation = fixed.get("orientation") or int(rng.integers(1, 9))
    orientation = orientation if fmt in TURNED else 1
    image, wanted = _pillow_image(rng, mode, 16 if fmt == "ICO" else int(rng.integers(4, 20)))
    options = {"WEBP": {"lossless": True, "exact": True}, "JPEG2000": {"irreversible": False}}.get(fmt, {})
    if fmt == "ICO":
        options = {"sizes": [image.size]}
    if orientation != 1:
        exif = Image.Exif()
        exif[0x0112] = orientation
        options = {**options, "exif": exif}
    out = io.BytesIO()
    image.save(out, fmt, **options)
    within = 1 if "A" in mode else 0
    how = f"{fmt} {mode} orientation={orientation}"
    return Written(out.getvalue(), f"made.{fmt.lower()}", ORIENTATIONS[orientation](wanted), how, within)


def _pillow_image(rng, mode, side):
    shape = (side, side if side == 16 else side + 3)
    if mode in ("I;16", "I", "F"):
        dtype = {"I;16": "u2", "I": "i4", "F": "f4"}[mode]
        values = samples(rng, (*shape, 1), dtype)
        return Image.fromarray(values[..., 0]), in_three(scaled(values))
    if mode == "1":
        bits = rng.random(shape) < 0.5
        return Image.fromarray(bits), in_three(scaled(bits[..., None]))
    if mode == "P":
        table = rng.integers(0, 256, (256, 3), np.uint8)
        chosen = rng.integers(0, 256, shape, np.uint8)
        image = Image.fromarray(chosen)
        image.putpalette(table.tobytes())
        return image, table[chosen]
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}[mode]
    values = rng.integers(0, 256, (*shape, channels), np.uint8)
    image = Image.frombytes(mode, (shape[1], shape[0]), values.tobytes())
    if mode == "CMYK":
        ink = values.astype(int)
        return image, np.rint((255 - ink[..., :3]) * (255 - ink[..., 3:]) / 255).astype(np.uint8)
    colours = in_three(values[..., : 1 if channels < 3 else 3])
    return image, on_white(colours, values[..., -1]) if mode.endswith("A") else colours


# OpenCV --------------------------------------------------------------------------------------------------

OPENCV = {
    ".png": ("u1", "u2"), ".tif": ("u1", "i1", "u2", "i2", "i4", "f4", "f8"), ".jp2": ("u1", "u2"),
    ".pgm": ("u1", "u2"), ".ppm": ("u1", "u2"),
    ".bmp": ("u1",), ".hdr": ("f4",), ".exr": ("f4",), ".pfm": ("f4",), ".ras": ("u1",),
}  # fmt: skip
_REFUSED = {".hdr": "Radiance", ".exr": "OpenEXR", ".pfm": "float map", ".ras": "Sun raster"}


def opencv(rng, **fixed) -> Written | None:
    """Draw a picture that OpenCV writes, ``None`` where it does not; `fixed` sets ``suffix, dtype, channels``."""
    suffix = fixed.get("suffix") or list(OPENCV)[rng.integers(len(OPENCV))]
    dtype = fixed.get("dtype") or OPENCV[suffix][rng.integers(len(OPENCV[suffix]))]
    channels = fixed.get("channels") or int(rng.choice([1, 3, 4]))
    channels = {".pgm": 1, ".ppm": 3, ".hdr": 3, ".jp2": min(channels, 3)}.get(suffix, channels)
    shape = (int(rng.integers(8, 24)), int(rng.integers(8, 24)), channels)
    values = samples(rng, shape, dtype)
    order = [0] if channels == 1 else [2, 1, 0, 3][:channels]
    try:
        good, data = cv2.imencode(suffix, values[..., order])
    except cv2.error:
        return None
    if not good:
        return None
    shown = in_three(scaled(values[..., : min(channels, 3)]))
    wanted = on_white(shown, scaled(values[..., 3])) if channels == 4 else shown
    refused = suffix in _REFUSED and not (suffix == ".pfm" and channels == 1)
    within = 1 if channels == 4 or suffix == ".jp2" else 0
    how = f"OpenCV {suffix} {dtype} × {channels}"
    return Written(data.tobytes(), f"made{suffix}", None if refused else wanted, how, within, _REFUSED.get(suffix, ""))
